"""Open source tables: files of every kind, and tables or queries of a database."""

import csv
import textwrap
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from leadlight.features.errors import SourceError
from leadlight.pipelines.params.table_files import TableFile
from leadlight.pipelines.params.tables import LeadsTable
from leadlight.pipelines.sources.files.csv_damage import CsvDamageError, find_last_line, find_undecodable
from leadlight.pipelines.sources.files.csv_file import open_csv
from leadlight.pipelines.sources.files.database import (
    MissingDatabaseError,
    UnsetVariableError,
    open_database,
    query_files,
)
from leadlight.pipelines.sources.files.file_sets import (
    JSON_LINES,
    PARQUET,
    QUERY,
    TEXT,
    WORKBOOK,
    chain_tables,
    find_file_kind,
    list_files,
)
from leadlight.pipelines.sources.files.json_lines import open_json_lines
from leadlight.pipelines.sources.files.parquet_file import open_parquet
from leadlight.pipelines.sources.files.raw_table import RawTable, iterate_batches
from leadlight.pipelines.sources.files.table_joins import join_table, read_keys
from leadlight.pipelines.sources.files.workbook import open_workbook

__all__ = [
    "count_unknown_accounts",
    "make_empty_error",
    "number_rows",
    "open_table",
    "read_all_columns",
    "read_table",
    "require_columns",
    "require_unique_names",
]

_UNREADABLE = (
    UnicodeError, OSError, EOFError, ValueError, LookupError, TypeError, zlib.error, csv.Error, pa.ArrowException,
    duckdb.Error,
)  # fmt: skip


def open_table(name: str, table: TableFile, folder: Path, database: str | None) -> RawTable:
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
    opened = _open_alone(name, table, folder, database)
    for part in ("through", "attributes_from"):
        if join := getattr(table, part, None):
            other_name = f"{name}.{part}"
            other = open_table(other_name, join, folder, database)
            require_columns(name, table, opened, [join.key])
            require_columns(other_name, join, other, [join.own_key])
            opened = join_table(other_name, opened, other, join)
    return opened


def _open_alone(name: str, table: TableFile, folder: Path, database: str | None) -> RawTable:
    return _open_in_database(name, table, folder, database) if database else _open_files(name, table, folder)


def count_unknown_accounts(leads: LeadsTable, folder: Path, database: str | None) -> dict[str, Any]:
    """Count the leads that name an account, those whose account is not there, and give an example; empty without."""
    join = leads.attributes_from
    if join is None:
        return {}
    accounts = read_keys(_open_alone("leads.attributes_from", join, folder, database), join.own_key)
    named = read_keys(_open_alone("leads", leads, folder, database), join.key).dropna()
    unknown = named[~named.isin(accounts)]
    return {"named": len(named), "unknown": len(unknown), "example": unknown.iloc[0] if len(unknown) else None}


def read_table(
    name: str, table: TableFile, columns: list[str], folder: Path, database: str | None
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


def read_all_columns(name: str, table: TableFile, folder: Path, database: str | None) -> pd.DataFrame:
    """Read every column of a table but lists and records into memory; arguments and errors as :func:`read_table`."""
    raw = open_table(name, table, folder, database)
    columns = [column for column in raw.columns if column not in raw.nested]
    for batch in iterate_batches(raw, columns, None):
        return batch.frame.reset_index(drop=True)
    return pd.DataFrame(columns=columns)


def number_rows(table: pd.DataFrame) -> pd.Series:
    """Return the number of each row, from 1, as text: the id of leads whose table has none."""
    return pd.Series(range(1, len(table) + 1), table.index).astype("str")


def require_columns(name: str, table: TableFile, raw: RawTable, wanted: list[str]) -> None:
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


def require_unique_names(name: str, table: TableFile, raw: RawTable, wanted: list[str]) -> None:
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


def make_empty_error(name: str, table: TableFile) -> SourceError:
    """Return the error for a table without rows."""
    return SourceError(f"The table {name} ({table.path}) must have at least one row. Got an empty table.")


def _open_files(name: str, table: TableFile, folder: Path) -> RawTable:
    def refuse(file: str, column: str) -> SourceError:
        return SourceError(f"Each file of {name} ({table.path}) must have the column {column}. Got none in {file}.")

    try:
        files = list_files(folder / table.path)
    except FileNotFoundError as error:
        raise SourceError(f"The file of {name} (source.{name}.path) must exist. Got {error}.") from None
    except ValueError as error:
        raise SourceError(
            f"The folder of {name}, {folder / table.path}, must hold one kind of file. Got {error}."
        ) from None
    opened = {str(path): _open_file(name, table, path, folder) for path in files}
    return chain_tables(opened, refuse) if len(opened) > 1 else next(iter(opened.values()))


def _open_file(name: str, table: TableFile, path: Path, folder: Path) -> RawTable:
    try:
        kind = PARQUET if path.is_dir() else find_file_kind(path)
    except ValueError as error:
        raise SourceError(f"The file of {name}, {path}, must be readable by its suffix. Got {error}.") from None
    if kind != WORKBOOK and table.sheet is not None:
        raise SourceError(f"The file of {name} must be .xlsx where a sheet is named. Got {path}.")

    def explain(error: Exception) -> SourceError:
        if isinstance(error, CsvDamageError) and not str(error):
            return SourceError(f"The table {name} ({table.path}) must have at least one row. Got an empty file.")
        how = f"CSV (delimiter {table.delimiter!r}, encoding {table.encoding})" if kind == TEXT else kind
        problem = _describe(error)
        if isinstance(error, UnicodeDecodeError) and kind == TEXT:
            problem += find_undecodable(path, table.encoding, table.delimiter)
        elif isinstance(error, EOFError | zlib.error) and kind == TEXT:
            problem += f" after line {find_last_line(path)}"
        return SourceError(f"The file of {name}, {path}, must be readable as {how}. Got {problem}.")

    def open_it() -> RawTable:
        if kind == TEXT:
            return open_csv(path, table.delimiter, table.encoding, pad_rows=table.pad_rows)
        if kind == WORKBOOK:
            return open_workbook(path, table.sheet)
        if kind == QUERY:
            return query_files(path.read_text(encoding="utf-8"), folder)
        return open_json_lines(path) if kind == JSON_LINES else open_parquet(path)

    return _explain_errors(open_it, explain, (*_UNREADABLE, CsvDamageError))


def _suggest_delimiter(name: str, table: TableFile, columns: tuple[str, ...]) -> str:
    likely = [mark for mark in ";,\t|" if len(columns) == 1 and mark in columns[0] and mark != table.delimiter]
    return f" Is source.{name}.delimiter {likely[0]!r}?" if likely else ""


def _open_in_database(name: str, table: TableFile, folder: Path, database: str) -> RawTable:
    from ibis.common.exceptions import IbisError
    from sqlalchemy.exc import SQLAlchemyError

    def explain(error: Exception) -> SourceError:
        if isinstance(error, MissingDatabaseError):
            return SourceError(f"The file of source.database must exist. Got {error}.")
        if isinstance(error, UnsetVariableError):
            return SourceError(
                f"The variable {error} of the environment must be set, which source.database names. Got none."
            )
        return SourceError(
            f"The table {name} must be readable as {table.path} of source.database. Got {_describe(error)}."
        )

    def open_it() -> RawTable:
        if find_file_kind(Path(table.path)) == QUERY:
            return open_database(database, folder, query=(folder / table.path).read_text(encoding="utf-8"))
        return open_database(database, folder, table=table.path)

    unreadable = (SQLAlchemyError, IbisError, ImportError, MissingDatabaseError, UnsetVariableError, *_UNREADABLE)
    return _explain_errors(open_it, explain, unreadable)


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
