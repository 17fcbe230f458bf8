"""One source table under its clean column names, remembering what stood in the source."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from leadlight.pipelines.params.source import Source, TimeColumn
from leadlight.pipelines.sources.quarantine import Quarantine
from leadlight.pipelines.sources.read import AnyTable, read_table
from leadlight.pipelines.sources.text_cleaning import convert_to_float
from leadlight.pipelines.sources.times import to_utc

__all__ = ["TableReader", "match_any", "require_known_lead", "require_not_null"]

#: clean name that stands for a row as a whole
ROW = "(whole row)"


def require_not_null(reason: str) -> pa.Check:
    """Return a check that a value is there; `reason` is what quarantine says where it is not."""
    return pa.Check(lambda s: s.notna(), error=reason, ignore_na=False)


def require_known_lead(leads: pd.DataFrame) -> pa.Column:
    """Return the schema of a column whose values must be ids of those leads."""
    known = set(leads["lead_id"])
    return pa.Column(
        None, pa.Check(lambda s: s.isin(known), error="lead is not in leads", ignore_na=False), nullable=True
    )


def match_any(words: pd.Series, texts: Iterable[str]) -> pd.Series:
    """Tell which words are among the texts; true and false are so in any case of letters."""
    forms = {form for text in texts for form in _forms(text)}
    return words.isin(forms)


def _forms(text: str) -> set[str]:
    return {text, text.lower(), text.upper()} if text in ("True", "False") else {text}


class TableReader:
    """Turns raw columns into clean ones.

    Parameters
    ----------
    name : str
        Name of the table in params.
    table : AnyTable
        Its mapping.
    columns : list of str or None
        Raw columns that must be there; None entries are passed over.
    source : Source
        Time zone and missing values.
    folder : Path
        Folder that relative paths start from.
    """

    def __init__(
        self, name: str, table: AnyTable, columns: list[str | None], source: Source, folder: Path
    ) -> None:
        self.name, self.source = name, source
        self.raw, too_wide = read_table(name, table, [c for c in columns if c], folder, source.database)
        self.raw.index = pd.RangeIndex(1, len(self.raw) + 1)
        self.clean = pd.DataFrame(index=self.raw.index)
        self._delimiter = table.delimiter
        self._too_wide = pd.Series(too_wide, index=self.raw.index)
        self._origin: dict[str, str] = {}
        self._emptied: list[tuple[str, pd.Series, str]] = []

    def filter_known(self, column: str) -> pd.Series:
        """Return a raw column with missing values as NA."""
        values = self.raw[column]
        if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_bool_dtype(values):
            return values
        if pd.api.types.is_numeric_dtype(values):
            missing = pd.to_numeric(pd.Series(self.source.missing, dtype="str"), errors="coerce").dropna()
            nowhere = values.isin(missing)
            return values.mask(nowhere) if nowhere.any() else values
        as_text = values.astype("str").str.strip()
        return values.mask(as_text.isin(["", *self.source.missing]) | values.isna())

    def read_texts(self, column: str | None) -> pd.Series:
        """Return a raw column as text; whole numbers have no decimal point."""
        if column is None:
            return pd.Series(None, index=self.raw.index, dtype="str")
        values = self.filter_known(column)
        if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
            values = values.astype("Int64")
        return values.astype("str").str.strip().mask(values.isna())

    def read_text(self, name: str, column: str | None) -> None:
        """Take a raw column as text under a clean name."""
        self.clean[name] = self.read_texts(column)
        self._origin[name] = column or name

    def read_number(self, name: str, column: str | None, most: float = float("inf")) -> None:
        """Take a raw column as float64; other text, and what is beyond `most`, is unknown and noted."""
        self.clean[name] = float("nan")
        if column is None:
            return
        values = self.filter_known(column)
        found = convert_to_float(values)
        self.clean[name] = found.where(found.abs() <= most)
        self._emptied.append((column, values[values.notna() & found.isna()], "not a number"))
        self._emptied.append((column, values[found.abs() > most], f"beyond {most:,.0f}"))

    def read_time(self, name: str, column: TimeColumn) -> None:
        """Take a raw column as UTC times under a clean name."""
        values = self.filter_known(column.column)
        self.clean[name] = to_utc(values, column, self.source.timezone, self.name)
        self._origin[name] = column.column

    def order(self, name: str, column: str) -> pd.Series:
        """Take a raw column as numbers that grow with time; they stand for the clean name."""
        self._origin[name] = column
        return convert_to_float(self.filter_known(column))

    def time_schema(
        self, name: str, *more: pa.Check, reason: str = "no time that fits the format"
    ) -> dict[str, pa.Column]:
        """Return the schema of a time that must be there, and past: a later one would move the cut-off."""
        now = pd.Timestamp.now(tz="UTC").tz_localize(None)
        past = pa.Check(lambda s: ~(s > now), error="lies in the future", ignore_na=False)
        return {name: pa.Column(None, [require_not_null(reason), past, *more], nullable=True)}

    def validate(self, schema: dict[str, pa.Column], quarantine: Quarantine) -> pd.DataFrame:
        """Return the rows that hold; the others go to quarantine."""
        origin = pd.DataFrame(
            {name: self.raw[column] for name, column in self._origin.items() if column in self.raw}
        )
        columns = {name: self._origin.get(name, name) for name in map(str, self.clean.columns)}
        wide = self.raw[self._too_wide].astype("str")
        origin[ROW] = pd.Series(
            [self._delimiter.join(row) for row in wide.to_numpy()], wide.index, dtype="str"
        )
        frame = self.clean.assign(**{ROW: self._too_wide})
        narrow = pa.Check(lambda s: ~s, error="more cells than the header has columns")
        schema = {ROW: pa.Column(None, narrow)} | schema
        checked = quarantine.check(self.name, frame, pa.DataFrameSchema(schema), origin, columns | {ROW: ROW})
        for column, values, reason in self._emptied:
            quarantine.record_nulled(self.name, column, values[values.index.isin(checked.index)], reason)
        return checked.drop(columns=ROW)
