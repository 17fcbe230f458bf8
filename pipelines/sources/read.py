"""Read the raw columns of one source table from CSV, Parquet or a database."""

import codecs
import csv
import gzip
import warnings
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.params.source import ActivitiesTable, DealsTable, HistoryTable, LeadsTable, StagesTable

__all__ = ["AnyTable", "read_all_columns", "read_table"]

AnyTable = LeadsTable | ActivitiesTable | DealsTable | HistoryTable | StagesTable

_UNREADABLE = (UnicodeError, OSError, EOFError, ValueError, LookupError, zlib.error, csv.Error)


def read_table(
    name: str, table: AnyTable, columns: list[str], folder: Path, database: str | None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Read the given columns of a table.

    Parameters
    ----------
    name : str
        Name of the table in params, for messages.
    table : LeadsTable, ActivitiesTable, DealsTable, HistoryTable or StagesTable
        Its mapping.
    columns : list of str
        Columns that must be there.
    folder : Path
        Folder that relative paths start from.
    database : str or None
        SQLAlchemy URL; where given, ``table.path`` is a table of that database.

    Returns
    -------
    frame : pd.DataFrame
        The raw columns in file order: text for CSV, typed for Parquet and SQL.
    too_wide : ndarray of bool, shape (n,)
        Rows of a CSV file with more cells than columns, whose cells cannot be assigned.

    Raises
    ------
    SourceError
        If the file or a column is missing, the file cannot be read, or it has no rows.
    """
    wanted = list(dict.fromkeys(columns))
    frame, too_wide = _read(name, table, folder, database)
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        names = ", ".join(map(str, frame.columns)) or "no column"
        raise SourceError(
            f"The table {name} ({table.path}) must have the column {missing[0]}. Got {names}."
            + _suggest_delimiter(name, table, list(map(str, frame.columns)))
        )
    if frame.empty:
        raise SourceError(f"The table {name} ({table.path}) must have at least one row. Got an empty table.")
    return frame[wanted], too_wide


def read_all_columns(name: str, table: AnyTable, folder: Path, database: str | None) -> pd.DataFrame:
    """Read every column of a table; arguments and errors as :func:`read_table`."""
    frame, _ = _read(name, table, folder, database)
    return frame


def _read(name: str, table: AnyTable, folder: Path, database: str | None) -> tuple[pd.DataFrame, np.ndarray]:
    if not database:
        return _read_file(name, table, folder)
    frame = _read_database(name, table, database)
    return frame, np.zeros(len(frame), dtype=bool)


def _read_file(name: str, table: AnyTable, folder: Path) -> tuple[pd.DataFrame, np.ndarray]:
    path = folder / table.path
    if not path.exists():
        raise SourceError(f"The file of {name} (source.{name}.path) must exist. Got {path}.")
    is_parquet = path.suffix.lower() in (".parquet", ".pq") or path.is_dir()
    try:
        if is_parquet:
            frame = pd.read_parquet(path)
            return frame, np.zeros(len(frame), dtype=bool)
        return _read_csv(path, table.delimiter, table.encoding)
    except pd.errors.EmptyDataError:
        raise SourceError(f"The table {name} ({table.path}) must have at least one row. Got an empty file.") from None
    except _UNREADABLE as error:
        how = "Parquet" if is_parquet else f"CSV (delimiter {table.delimiter!r}, encoding {table.encoding})"
        problem = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise SourceError(f"The file of {name}, {path}, must be readable as {how}. Got {problem}.") from None


def _read_csv(path: Path, delimiter: str, encoding: str) -> tuple[pd.DataFrame, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # pandas would drop cells
        try:
            frame = pd.read_csv(
                path, sep=delimiter, encoding=encoding, dtype=str, keep_default_na=False, index_col=False
            )
        except (pd.errors.ParserError, pd.errors.ParserWarning):
            return _read_uneven_csv(path, delimiter, encoding)
    return frame, np.zeros(len(frame), dtype=bool)


def _read_uneven_csv(path: Path, delimiter: str, encoding: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Read a file with rows wider than the header; empty cells at the end do not count."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    # unlike pandas, csv does not skip a byte order mark
    codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    with opened(path, "rt", encoding=codec, newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=delimiter, strict=True) if row]
    header, body = rows[0], rows[1:]
    width = len(header)
    too_wide = np.array([any(row[width:]) for row in body], dtype=bool)
    cells = [row[:width] + [""] * (width - len(row)) for row in body]
    return pd.DataFrame(cells, columns=header, dtype="str"), too_wide


def _suggest_delimiter(name: str, table: AnyTable, columns: list[str]) -> str:
    likely = [mark for mark in ";,\t|" if len(columns) == 1 and mark in columns[0] and mark != table.delimiter]
    return f" Is source.{name}.delimiter {likely[0]!r}?" if likely else ""


def _read_database(name: str, table: AnyTable, database: str) -> pd.DataFrame:
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        url = make_url(database)
        file = url.database if url.get_backend_name() == "sqlite" else None
        if file and file != ":memory:" and not file.startswith("file:") and not Path(file).exists():
            raise SourceError(f"The file of source.database must exist. Got {file}.")  # SQLite would create it
        engine = create_engine(url)
        try:
            return pd.read_sql_table(table.path, engine)
        finally:
            engine.dispose()
    except (SQLAlchemyError, ValueError, ImportError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise SourceError(
            f"The table {name} must be readable as {table.path} of source.database. Got {reason}."
        ) from None
