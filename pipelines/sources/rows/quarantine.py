"""Record of the rows and cells that cannot be used, each with its reason."""

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from leadlight.features.errors import SourceError
from leadlight.pipelines.findings.source_codes import find_reason_code

__all__ = ["LEFT_OUT", "Quarantine"]

COLUMNS = ["table", "row", "column", "code", "reason", "value", "action"]
#: rows of a table in quarantine from which on the share is judged before the end, which bounds the memory
MAX_LEFT_OUT = 1_000_000
LEFT_OUT, CELL_EMPTIED = "row left out", "value emptied"
#: a spreadsheet takes a cell that begins with one of these for a formula
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")


class Quarantine:
    """Collects rows and cells that cannot be used.

    Parameters
    ----------
    max_bad_share : float
        Share of the rows of a table above which the run stops.
    judges_spans : bool
        Whether times far from the rest of their table are left out: not of records of some leads only.
    """

    def __init__(self, max_bad_share: float, *, judges_spans: bool = True) -> None:
        self.max_bad_share, self.judges_spans = max_bad_share, judges_spans
        self.near_misses: list[dict[str, Any]] = []
        self._entries: list[pd.DataFrame] = []
        self._rows: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def check(
        self, table: str, frame: pd.DataFrame, schema: pa.DataFrameSchema, raw: pd.DataFrame, columns: dict[str, str]
    ) -> pd.DataFrame:
        """Return the rows that pass the schema and record the others; some or all rows of a table.

        Parameters
        ----------
        table : str
            Name of the table.
        frame : pd.DataFrame
            The clean table, indexed by row number of the source from 1.
        schema : pandera schema
            The name of a check is the recorded reason.
        raw : pd.DataFrame
            The same rows with the values of the source, under the clean names.
        columns : dict
            Clean name -> name of the column in the source.

        Raises
        ------
        SourceError
            If very many rows were left out, more than `max_bad_share` of those so far.
        """
        self._rows[table] += len(frame)
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
        sources = cases["column"].map(columns)
        self._record(table, LEFT_OUT, row=rows, column=sources, reason=cases["check"], value=values)
        self._left_out[table] += len(rows)
        if self._left_out[table] > MAX_LEFT_OUT:
            self.require_share(table)
        kept: pd.DataFrame = frame.drop(index=rows)
        return kept

    def require_share(self, table: str) -> None:
        """Raise SourceError if more than `max_bad_share` of the rows of a table so far were left out."""
        bad, total = self._left_out[table], self._rows[table]
        if bad <= self.max_bad_share * total:
            return
        cases = pd.concat(
            [entry[(entry["table"] == table) & (entry["action"] == LEFT_OUT)] for entry in self._entries],
            ignore_index=True,
        )
        first = cases[cases["reason"] == cases["reason"].mode()[0]].iloc[0]
        value = "an empty cell" if first["value"] in ("", "nan", "None", "NaT", "<NA>") else repr(first["value"])
        raise SourceError(
            f"The share of unusable rows of {table} must be at most {self.max_bad_share:g} "
            f"(source.max_bad_share). Got {bad} unusable of {total}, most often because "
            f"in column {first['column']}: {first['reason']} (such as {value} in row {first['row']})."
            + self.describe_near_misses(table)
        )

    def record_nulled(self, table: str, column: str, values: pd.Series, reason: str = "not a number") -> None:
        """Record cells that are read as missing, in rows that stay."""
        if len(values):
            same = len(values) * [column], len(values) * [reason]
            self._record(table, CELL_EMPTIED, row=values.index, column=same[0], reason=same[1], value=values)

    def describe_near_misses(self, table: str) -> str:
        """Say how ids of a table would match leads; empty text if none nearly does."""
        return "".join(
            f" Its id {miss['value']!r} is {miss['lead']!r} in leads but for {miss['kind']}: {miss['write']} matches "
            f"{miss['rows']} rows."
            for miss in self.near_misses
            if miss["table"] == table
        )

    def _record(self, table: str, action: str, **columns: Any) -> None:
        entries = pd.DataFrame({name: list(values) for name, values in columns.items()})
        codes = {reason: find_reason_code(str(reason)) for reason in entries["reason"].unique()}
        entries = entries.assign(table=table, action=action, code=entries["reason"].map(codes))
        self._entries.append(entries.astype({"value": "str"})[COLUMNS])

    @property
    def frame(self) -> pd.DataFrame:
        """All entries: table, row (from 1, without the header), column, code, reason, value, action."""
        return pd.concat(self._entries, ignore_index=True) if self._entries else pd.DataFrame(columns=COLUMNS)

    def write_csv(self, path: Path) -> None:
        """Write all entries; text that a spreadsheet would take for a formula begins with an apostrophe."""
        frame = self.frame
        for name in frame.columns.drop("row"):
            # a return alone would end a line that the csv module does not quote
            text = frame[name].astype("str").str.replace(r"\r\n?", "\n", regex=True)
            frame[name] = text.mask(frame[name].astype("str").str.startswith(FORMULA_MARKS), "'" + text)
        frame.to_csv(path, index=False)

    def count_rows(self) -> list[dict[str, object]]:
        """Count entries by table, column, code, reason and action."""
        keys = ["table", "column", "code", "reason", "action"]
        counted = self.frame.groupby(keys, sort=True).size().rename("rows").reset_index()
        return [{str(k): v for k, v in row.items()} for row in counted.to_dict("records")]
