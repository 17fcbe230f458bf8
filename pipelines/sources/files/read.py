"""Open source tables: CSV and Parquet files, and tables of a database."""

import csv
import textwrap
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from leadlight.features.errors import SourceError
from leadlight.pipelines.params.tables import ActivitiesTable, DealsTable, HistoryTable, LeadsTable, StagesTable
from leadlight.pipelines.sources.files.csv_damage import CsvDamageError, find_last_line, find_undecodable
from leadlight.pipelines.sources.files.csv_file import open_csv
from leadlight.pipelines.sources.files.database import MissingDatabaseError, open_database
from leadlight.pipelines.sources.files.raw_table import RawTable, iterate_batches
from leadlight.pipelines.sources.files.typed_columns import describe_nested, normalize_types

__all__ = [
    "AnyTable",
    "make_empty_error",
    "number_rows",
    "open_table",
    "read_all_columns",
    "read_table",
    "require_columns",
    "require_unique_names",
]

AnyTable = LeadsTable | ActivitiesTable | DealsTable | HistoryTable | StagesTable

_UNREADABLE = (
    UnicodeError, OSError, EOFError, ValueError, LookupError, TypeError, zlib.error, csv.Error, pa.ArrowException,
)  # fmt: skip
_PARQUET_ROWS = 65_536


def open_table(name: str, table: AnyTable, folder: Path, database: str | None) -> RawTable:
    """Open a table for reading in batches.

    Parameters
    ----------
    name : str
        Name of the table in params, for messages.
    table : LeadsTable, ActivitiesTable, DealsTable, HistoryTable or StagesTable
        Its mapping.
    folder : Path
        Folder that relative paths start from.
    database : str or None
        SQLAlchemy URL; where given, ``table.path`` is a table of that database.

    Returns
    -------
    RawTable
        Text for CSV, typed for Parquet and SQL. Its ``scan`` raises SourceError too.

    Raises
    ------
    SourceError
        If the file is missing or cannot be read.
    """
    return _open_in_database(name, table, database) if database else _open_file(name, table, folder)


def read_table(
    name: str, table: AnyTable, columns: list[str], folder: Path, database: str | None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Read the given columns of a table into memory; other arguments as :func:`open_table`.

    Returns
    -------
    frame : pd.DataFrame
        The raw columns in file order.
    uneven : ndarray of bool, shape (n,)
        Rows of a CSV file with more or fewer cells than columns, whose cells cannot be assigned.

    Raises
    ------
    SourceError
        If the file or a column is missing, the file cannot be read, or it has no rows.
    """
    raw, wanted = open_table(name, table, folder, database), list(dict.fromkeys(columns))
    require_columns(name, table, raw, wanted)
    for batch in iterate_batches(raw, wanted, None):
        return batch.frame.reset_index(drop=True), batch.problems > 0
    raise make_empty_error(name, table)


def read_all_columns(name: str, table: AnyTable, folder: Path, database: str | None) -> pd.DataFrame:
    """Read every column of a table but lists and records into memory; arguments and errors as :func:`read_table`."""
    raw = open_table(name, table, folder, database)
    columns = [column for column in raw.columns if column not in raw.nested]
    for batch in iterate_batches(raw, columns, None):
        return batch.frame.reset_index(drop=True)
    return pd.DataFrame(columns=columns)


def number_rows(table: pd.DataFrame) -> pd.Series:
    """Return the number of each row, from 1, as text: the id of leads whose table has none."""
    return pd.Series(range(1, len(table) + 1), table.index).astype("str")


def require_columns(name: str, table: AnyTable, raw: RawTable, wanted: list[str]) -> None:
    """Raise SourceError unless the table has the wanted columns, each with one value in a cell."""
    missing = [column for column in wanted if column not in raw.columns]
    if missing:
        raise SourceError(
            f"The table {name} ({table.path}) must have the column {missing[0]}. "
            f"Got {', '.join(map(_shorten, raw.columns)) or 'no column'}."
            + _suggest_delimiter(name, table, raw.columns)
        )
    for column in wanted:
        if column in raw.nested:
            raise SourceError(
                f"The column {column} of {name} ({table.path}) must hold one text, number or time in each cell. "
                f"Got {raw.nested[column]}."
            )


def require_unique_names(name: str, table: AnyTable, raw: RawTable, wanted: list[str]) -> None:
    """Raise SourceError if a wanted column stands more than once in the header."""
    for column in wanted:
        if places := raw.repeated.get(column):
            raise SourceError(
                f"The header of {name} ({table.path}) must have the column {column} once. "
                f"Got it as columns {', '.join(map(str, places))}."
            )


def _shorten(column: str) -> str:
    """Return a name on one line; a broken header may hold half a file."""
    return textwrap.shorten(column, 80, placeholder="...") if len(column) > 80 or "\n" in column else column


def make_empty_error(name: str, table: AnyTable) -> SourceError:
    """Return the error for a table without rows."""
    return SourceError(f"The table {name} ({table.path}) must have at least one row. Got an empty table.")


def _open_file(name: str, table: AnyTable, folder: Path) -> RawTable:
    path = folder / table.path
    if not path.exists():
        raise SourceError(f"The file of {name} (source.{name}.path) must exist. Got {path}.")
    is_parquet = path.suffix.lower() in (".parquet", ".pq") or path.is_dir()

    def explain(error: Exception) -> SourceError:
        if isinstance(error, CsvDamageError) and not str(error):
            return SourceError(f"The table {name} ({table.path}) must have at least one row. Got an empty file.")
        how = "Parquet" if is_parquet else f"CSV (delimiter {table.delimiter!r}, encoding {table.encoding})"
        problem = _describe(error)
        if isinstance(error, UnicodeDecodeError) and not is_parquet:
            problem += find_undecodable(path, table.encoding, table.delimiter)
        elif isinstance(error, EOFError | zlib.error) and not is_parquet:
            problem += f" after line {find_last_line(path)}"
        return SourceError(f"The file of {name}, {path}, must be readable as {how}. Got {problem}.")

    def open_it() -> RawTable:
        if is_parquet:
            return _open_parquet(path)
        return open_csv(path, table.delimiter, table.encoding, pad_rows=table.pad_rows)

    return _explain_errors(open_it, explain, (*_UNREADABLE, CsvDamageError))


def _open_parquet(path: Path) -> RawTable:
    schema = pq.read_schema(path) if path.is_file() else ds.dataset(path, format="parquet", partitioning="hive").schema
    names = tuple(name for name in schema.names if not name.startswith("__index_level_"))
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"the column {repeated[0]} more than once")
    nested = {name: kind for name in names if (kind := describe_nested(schema.field(name).type))}

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        for batch in _scan_file(path, wanted) if path.is_file() else _scan_folder(path, wanted):
            if batch.num_rows:
                yield normalize_types(pa.Table.from_batches([batch]))

    return RawTable(names, {}, scan, nested)


def _scan_file(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    # without read-ahead, which holds row groups in memory
    with pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as file:
        yield from file.iter_batches(_PARQUET_ROWS, columns=columns)


def _scan_folder(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    options = ds.ParquetFragmentScanOptions(pre_buffer=False, page_checksum_verification=True)
    yield from ds.dataset(path, format="parquet", partitioning="hive").to_batches(
        columns=columns,
        batch_size=_PARQUET_ROWS,
        batch_readahead=0,
        fragment_readahead=0,
        fragment_scan_options=options,
        use_threads=False,
    )


def _suggest_delimiter(name: str, table: AnyTable, columns: tuple[str, ...]) -> str:
    likely = [mark for mark in ";,\t|" if len(columns) == 1 and mark in columns[0] and mark != table.delimiter]
    return f" Is source.{name}.delimiter {likely[0]!r}?" if likely else ""


def _open_in_database(name: str, table: AnyTable, database: str) -> RawTable:
    from sqlalchemy.exc import SQLAlchemyError

    def explain(error: Exception) -> SourceError:
        if isinstance(error, MissingDatabaseError):
            return SourceError(f"The file of source.database must exist. Got {error}.")
        return SourceError(
            f"The table {name} must be readable as {table.path} of source.database. Got {_describe(error)}."
        )

    kinds = (SQLAlchemyError, ImportError, MissingDatabaseError, *_UNREADABLE)
    return _explain_errors(lambda: open_database(database, table.path), explain, kinds)


def _explain_errors(
    open_it: Callable[[], RawTable], explain: Callable[[Exception], SourceError], kinds: tuple[type[Exception], ...]
) -> RawTable:
    """Open a table; errors of opening and of reading it become sentences."""
    try:
        raw = open_it()
    except kinds as error:
        raise explain(error) from None

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        try:
            yield from raw.scan(wanted)
        except kinds as error:
            raise explain(error) from None

    return replace(raw, scan=scan)


def _describe(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
