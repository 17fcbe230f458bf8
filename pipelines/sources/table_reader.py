"""Read and validate one source table under clean column names, keeping the raw values."""

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from leadlight.pipelines.params.source import Source, TimeColumn
from leadlight.pipelines.sources.quarantine import Quarantine
from leadlight.pipelines.sources.read import AnyTable, read_table
from leadlight.pipelines.sources.text_cleaning import convert_to_float
from leadlight.pipelines.sources.times import to_utc

__all__ = ["TableReader", "require_known_lead", "require_not_null"]

#: column name for problems of a whole row
ROW = "(whole row)"


def require_not_null(reason: str) -> pa.Check:
    """Return a check for missing values; `reason` is recorded in quarantine."""
    return pa.Check(lambda s: s.notna(), error=reason, ignore_na=False)


def require_known_lead(leads: pd.DataFrame) -> pa.Column:
    """Return the schema of a column of ids of the given leads."""
    known = set(leads["lead_id"])
    return pa.Column(
        None, pa.Check(lambda s: s.isin(known), error="lead is not in leads", ignore_na=False), nullable=True
    )


class TableReader:
    """Converts raw columns to clean ones.

    Parameters
    ----------
    name : str
        Name of the table in params.
    table : AnyTable
        Its mapping.
    columns : list of str or None
        Required raw columns; None is ignored.
    source : Source
        Time zone and missing values.
    folder : Path
        Folder of relative paths.
    """

    def __init__(self, name: str, table: AnyTable, columns: list[str | None], source: Source, folder: Path) -> None:
        self.name, self.source = name, source
        self.raw, too_wide = read_table(name, table, [c for c in columns if c], folder, source.database)
        self.raw.index = pd.RangeIndex(1, len(self.raw) + 1)
        self.clean = pd.DataFrame(index=self.raw.index)
        self._delimiter = table.delimiter
        self._too_wide = pd.Series(too_wide, index=self.raw.index)
        self._origin: dict[str, str] = {}
        self._nulled: list[tuple[str, pd.Series, str]] = []

    def mask_missing(self, column: str) -> pd.Series:
        """Return a raw column with missing values as NA."""
        values = self.raw[column]
        if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_bool_dtype(values):
            return values
        if pd.api.types.is_numeric_dtype(values):
            missing = pd.to_numeric(pd.Series(self.source.missing, dtype="str"), errors="coerce").dropna()
            is_missing = values.isin(missing)
            return values.mask(is_missing) if is_missing.any() else values
        as_text = values.astype("str").str.strip()
        return values.mask(as_text.isin(["", *self.source.missing]) | values.isna())

    def read_texts(self, column: str | None) -> pd.Series:
        """Return a raw column as text; whole numbers have no decimal point."""
        if column is None:
            return pd.Series(None, index=self.raw.index, dtype="str")
        values = self.mask_missing(column)
        if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
            values = values.astype("Int64")
        return values.astype("str").str.strip().mask(values.isna())

    def read_text(self, name: str, column: str | None) -> None:
        """Add a raw column as text under a clean name."""
        self.clean[name] = self.read_texts(column)
        self._origin[name] = column or name

    def read_number(self, name: str, column: str | None, max_value: float = float("inf")) -> None:
        """Add a raw column as float64; other text and larger absolute values become missing, on record."""
        self.clean[name] = float("nan")
        if column is None:
            return
        values = self.mask_missing(column)
        numbers = convert_to_float(values)
        self.clean[name] = numbers.where(numbers.abs() <= max_value)
        self._nulled.append((column, values[values.notna() & numbers.isna()], "not a number"))
        self._nulled.append((column, values[numbers.abs() > max_value], f"beyond {max_value:,.0f}"))

    def read_time(self, name: str, column: TimeColumn) -> None:
        """Add a raw column as UTC times under a clean name."""
        values = self.mask_missing(column.column)
        self.clean[name] = to_utc(values, column, self.source.timezone, self.name)
        self._origin[name] = column.column

    def read_order(self, name: str, column: str) -> pd.Series:
        """Return a raw column as numbers that grow with time; problems are recorded under its name."""
        self._origin[name] = column
        return convert_to_float(self.mask_missing(column))

    def require_time(
        self, name: str, *more: pa.Check, reason: str = "no time that fits the format"
    ) -> dict[str, pa.Column]:
        """Return the schema of a required time in the past; a future time would move the cut-off."""
        now = pd.Timestamp.now(tz="UTC").tz_localize(None)
        past = pa.Check(lambda s: ~(s > now), error="lies in the future", ignore_na=False)
        return {name: pa.Column(None, [require_not_null(reason), past, *more], nullable=True)}

    def validate(self, schema: dict[str, pa.Column], quarantine: Quarantine) -> pd.DataFrame:
        """Return the valid rows; the others go to quarantine."""
        origin = pd.DataFrame({name: self.raw[column] for name, column in self._origin.items() if column in self.raw})
        columns = {name: self._origin.get(name, name) for name in map(str, self.clean.columns)}
        wide = self.raw[self._too_wide].astype("str")
        origin[ROW] = pd.Series([self._delimiter.join(row) for row in wide.to_numpy()], wide.index, dtype="str")
        frame = self.clean.assign(**{ROW: self._too_wide})
        narrow = pa.Check(lambda s: ~s, error="more cells than the header has columns")
        schema = {ROW: pa.Column(None, narrow)} | schema
        checked = quarantine.check(self.name, frame, pa.DataFrameSchema(schema), origin, columns | {ROW: ROW})
        for column, values, reason in self._nulled:
            quarantine.record_nulled(self.name, column, values[values.index.isin(checked.index)], reason)
        return checked.drop(columns=ROW)
