"""Read and validate one source table under clean column names, keeping the raw values."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pyarrow
import pyarrow.compute as pc

from leadlight.pipelines.params.source import Source
from leadlight.pipelines.params.tables import AnyTable, TimeColumn
from leadlight.pipelines.sources.columns.column_checks import ColumnChecks
from leadlight.pipelines.sources.columns.times import to_utc
from leadlight.pipelines.sources.files.raw_table import (
    BATCH_ROWS,
    TOO_FEW_CELLS,
    TOO_MANY_CELLS,
    RawBatch,
    RawTable,
    find_fractional_columns,
    iterate_batches,
)
from leadlight.pipelines.sources.files.read import make_empty_error, open_table, require_columns, require_unique_names
from leadlight.pipelines.sources.rows.quarantine import Quarantine
from leadlight.pipelines.sources.rows.table_ends import count_days
from leadlight.pipelines.workspace.as_of import get_now_utc

__all__ = [
    "TableReader",
    "count_times",
    "make_membership",
    "read_batches",
    "read_whole",
    "require_known_lead",
    "require_not_null",
]

#: column name for problems of a whole row
ROW = "(whole row)"


def require_not_null(reason: str) -> pa.Check:
    """Return a check for missing values; `reason` is recorded in quarantine."""
    return pa.Check(lambda s: s.notna(), error=reason, ignore_na=False)


def make_membership(ids: pd.Series) -> Callable[[pd.Series], pd.Series]:
    """Return a function that masks the values that are among the ids; Series.isin would convert them at each call."""
    known = pyarrow.array(ids, pyarrow.large_string())

    def is_known(values: pd.Series) -> pd.Series:
        found = pc.is_in(pyarrow.array(values, pyarrow.large_string()), value_set=known, skip_nulls=True)
        return pd.Series(found.to_numpy(zero_copy_only=False), index=values.index)

    return is_known


def require_known_lead(leads: pd.DataFrame) -> pa.Column:
    """Return the schema of a column of ids of the given leads."""
    is_known = make_membership(leads["lead_id"])
    return pa.Column(None, pa.Check(is_known, error="lead is not in leads", ignore_na=False), nullable=True)


class TableReader:
    """Converts raw columns to clean ones.

    Parameters
    ----------
    batch : RawBatch
        Rows of a table, or all of them.
    checks : ColumnChecks
        What must hold for whole columns; names the table, its mapping and the source.
    """

    def __init__(self, batch: RawBatch, checks: ColumnChecks) -> None:
        self.name, self.source, self.checks = checks.name, checks.source, checks
        self.raw = batch.frame
        self.clean = pd.DataFrame(index=self.raw.index)
        self._problems = pd.Series(batch.problems, index=self.raw.index)
        self._origin: dict[str, str] = {}
        self._nulled: list[tuple[str, str, pd.Series, str]] = []
        self._present: dict[str, pd.Series] = {}

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
        if pd.api.types.is_float_dtype(values) and not self.checks.is_fractional(column, values):
            values = values.astype("Int64")
        return values.astype("str").str.strip().mask(values.isna())

    def read_text(self, name: str, column: str | None) -> None:
        """Add a raw column as text under a clean name."""
        if name == "lead_id" and column is not None:
            self.checks.check_ids(column, self.mask_missing(column))
        self.clean[name] = self.read_texts(column)
        self._origin[name] = column or name

    def read_number(self, name: str, column: str | None, max_value: float = float("inf")) -> None:
        """Add a raw column as float64; other text and larger absolute values become missing, on record."""
        self.clean[name] = float("nan")
        if column is None:
            return
        values = self.mask_missing(column)
        numbers = self.checks.parse_numbers(column, values)
        self.clean[name] = numbers.where(numbers.abs() <= max_value)
        self.record_nulled(column, values, values.notna() & numbers.isna(), "not a number")
        self.record_nulled(column, values, numbers.abs() > max_value, f"beyond {max_value:,.0f}")

    def record_nulled(
        self, column: str, values: pd.Series, nulled: pd.Series, reason: str, attribute: str | None = None
    ) -> None:
        """Note values of a number column that are read as missing; :meth:`validate` puts them on record.

        In a history, the values are those of one attribute.
        """
        numbers = column if attribute is None else f"{column} ({attribute})"
        self._present[numbers] = values.notna()
        self._nulled.append((column, numbers, values[nulled], reason))

    def read_time(self, name: str, column: TimeColumn) -> None:
        """Add a raw column as UTC times under a clean name."""
        values = self.mask_missing(column.column)
        self.clean[name] = to_utc(values, column, self.source.timezone, self.name)
        self.checks.check_times(column, values, self.clean[name])
        self._origin[name] = column.column

    def read_order(self, name: str, column: str) -> pd.Series:
        """Return a raw column as numbers that grow with time; problems are recorded under its name."""
        self._origin[name] = column
        return self.checks.parse_numbers(column, self.mask_missing(column))

    def require_time(
        self, name: str, *more: pa.Check, reason: str = "no time that fits the format"
    ) -> dict[str, pa.Column]:
        """Return the schema of a required time in the past; a future time would move the cut-off."""
        now = get_now_utc()
        past = pa.Check(lambda s: ~(s > now), error="lies in the future", ignore_na=False)
        return {name: pa.Column(None, [require_not_null(reason), past, *more], nullable=True)}

    def validate(self, schema: dict[str, pa.Column], quarantine: Quarantine) -> pd.DataFrame:
        """Return the valid rows; the others go to quarantine."""
        origin = pd.DataFrame({name: self.raw[column] for name, column in self._origin.items() if column in self.raw})
        columns = {name: self._origin.get(name, name) for name in map(str, self.clean.columns)}
        uneven = self.raw[self._problems > 0].astype("str")
        origin[ROW] = pd.Series(
            [self.checks.table.delimiter.join(row) for row in uneven.to_numpy()], uneven.index, dtype="str"
        )
        frame = self.clean.assign(**{ROW: self._problems})
        widths = [
            pa.Check(lambda s: s != TOO_MANY_CELLS, error="more cells than the header has columns"),
            pa.Check(lambda s: s != TOO_FEW_CELLS, error="fewer cells than the header has columns"),
        ]
        schema = {ROW: pa.Column(None, widths)} | schema
        checked = quarantine.check(self.name, frame, pa.DataFrameSchema(schema), origin, columns | {ROW: ROW})
        if self.checks.has_all_rows:
            quarantine.require_share(self.name)
        for numbers, present in self._present.items():
            self.checks.count_present(numbers, int((present & present.index.isin(checked.index)).sum()))
        for column, numbers, values, reason in self._nulled:
            emptied = values[values.index.isin(checked.index)]
            self.checks.count_emptied(numbers, emptied)
            quarantine.record_nulled(self.name, column, emptied, reason)
        if self.checks.has_all_rows:
            self.checks.require_numbers()
        return checked.drop(columns=ROW)

    def judge_table(self, quarantine: Quarantine) -> None:
        """Raise SourceError if too many rows of all batches were left out, or numbers of a column are not readable."""
        quarantine.require_share(self.name)
        self.checks.require_numbers()


def read_whole(name: str, table: AnyTable, columns: list[str | None], source: Source, folder: Path) -> TableReader:
    """Read all rows of a table into memory.

    Parameters
    ----------
    name : str
        Name of the table in params.
    table : AnyTable
        Its mapping.
    columns : list of str or None
        Required raw columns; None is ignored.
    source : Source
        Time zone, missing values, number format and limits.
    folder : Path
        Folder of relative paths.

    Raises
    ------
    SourceError
        If the table is not as mapped, damaged or empty.
    """
    raw, wanted = _open(name, table, columns, source, folder)
    batch = next(iterate_batches(raw, wanted, None), None)
    if batch is None:
        raise make_empty_error(name, table)
    return TableReader(batch, ColumnChecks(name, table, source))


def read_batches(
    name: str, table: AnyTable, columns: list[str | None], source: Source, folder: Path
) -> Iterator[TableReader]:
    """Yield a reader of each batch of rows; :meth:`TableReader.judge_table` belongs after the last.

    Arguments and errors as :func:`read_whole`.
    """
    raw, wanted = _open(name, table, columns, source, folder)
    checks = ColumnChecks(name, table, source, find_fractional_columns(raw, wanted))
    is_empty = True
    for batch in iterate_batches(raw, wanted, BATCH_ROWS):
        is_empty = False
        yield TableReader(batch, checks)
    if is_empty:
        raise make_empty_error(name, table)


def count_times(name: str, table: AnyTable, column: TimeColumn, source: Source, folder: Path) -> pd.Series:
    """Count the rows of a table by the day of a column of times, which are read alone; future times are left out.

    Other arguments and errors as :func:`read_whole`.
    """
    now = get_now_utc()
    counts = pd.Series(dtype="int64", index=pd.DatetimeIndex([]))
    for reader in read_batches(name, table, [column.column], source, folder):
        reader.read_time("time", column)
        times = reader.clean["time"]
        counts = counts.add(count_days(times[times <= now]), fill_value=0)
    return counts.astype("int64")


def _open(
    name: str, table: AnyTable, columns: list[str | None], source: Source, folder: Path
) -> tuple[RawTable, list[str]]:
    wanted = list(dict.fromkeys(column for column in columns if column))
    raw = open_table(name, table, folder, source.database)
    require_columns(name, table, raw, wanted)
    require_unique_names(name, table, raw, wanted)
    return raw, wanted
