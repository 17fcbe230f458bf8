"""Rows and cells that cannot be used, each with the reason, so that none is lost without saying so."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from leadlight.features.errors import SourceError

__all__ = ["LEFT_OUT", "Quarantine"]

COLUMNS = ["table", "row", "column", "reason", "value", "action"]
LEFT_OUT, CELL_EMPTIED = "row left out", "value emptied"


@dataclass
class Quarantine:
    """Collects what could not be used.

    Parameters
    ----------
    max_bad_share : float
        Share of rows of one table above which the run stops.
    """

    max_bad_share: float
    _found: list[pd.DataFrame] = field(default_factory=list)

    def check(
        self,
        table: str,
        frame: pd.DataFrame,
        schema: pa.DataFrameSchema,
        raw: pd.DataFrame,
        columns: dict[str, str],
    ) -> pd.DataFrame:
        """Leave out the rows that break the schema.

        Parameters
        ----------
        table : str
            Name of the table.
        frame : pd.DataFrame
            The clean table, indexed by row number of the source from 1.
        schema : pandera schema
            Its checks; the name of a check is the reason that is written down.
        raw : pd.DataFrame
            The same rows with the values as they stood in the source, under the clean names.
        columns : dict
            Clean name -> name of the column in the source.

        Returns
        -------
        pd.DataFrame
            The rows that hold.

        Raises
        ------
        SourceError
            If more than `max_bad_share` of the rows break it.
        """
        try:
            schema.validate(frame, lazy=True)
        except SchemaErrors as errors:
            cases = errors.failure_cases.drop_duplicates("index")
        else:
            return frame
        rows = cases["index"].astype(int).to_numpy()
        values = [
            raw.at[row, column] if column in raw.columns else None
            for row, column in zip(rows, cases["column"], strict=True)
        ]
        named = cases["column"].map(columns)
        self._note(table, LEFT_OUT, row=rows, column=named, reason=cases["check"], value=values)
        if len(rows) > self.max_bad_share * len(frame):
            reason = cases["check"].mode()[0]
            place = list(cases["check"]).index(reason)
            value = (
                "an empty cell" if str(values[place]) in ("", "nan", "None", "NaT") else f"{values[place]!r}"
            )
            raise SourceError(
                f"The rows of {table} must be usable but for a share of {self.max_bad_share:g} "
                f"(source.max_bad_share). Got {len(rows)} unusable of {len(frame)}, most often because "
                f"in column {named.iloc[place]}: {reason} (such as {value} in row {rows[place]})."
            )
        kept: pd.DataFrame = frame.drop(index=rows)
        return kept

    def record_nulled(self, table: str, column: str, values: pd.Series, reason: str = "not a number") -> None:
        """Note cells that could not be used and are taken as unknown, in rows that stay."""
        if len(values):
            same = len(values) * [column], len(values) * [reason]
            self._note(table, CELL_EMPTIED, row=values.index, column=same[0], reason=same[1], value=values)

    def _note(self, table: str, action: str, **columns: Any) -> None:
        found = pd.DataFrame({name: list(values) for name, values in columns.items()})
        found = found.assign(table=table, action=action)
        self._found.append(found.astype({"value": "str"})[COLUMNS])

    @property
    def frame(self) -> pd.DataFrame:
        """Everything found: table, row (from 1, without the header), column, reason, value, action."""
        return pd.concat(self._found, ignore_index=True) if self._found else pd.DataFrame(columns=COLUMNS)

    def count_rows(self) -> list[dict[str, object]]:
        """Count what was found by table, column, reason and action."""
        keys = ["table", "column", "reason", "action"]
        counted = self.frame.groupby(keys, sort=True).size().rename("rows").reset_index()
        return [{str(k): v for k, v in row.items()} for row in counted.to_dict("records")]
