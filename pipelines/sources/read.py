"""Read one table of the source as it stands, with the columns that the mapping names."""

from pathlib import Path

import pandas as pd

from features.errors import SourceError
from pipelines.params.source import ActivitiesTable, DealsTable, HistoryTable, LeadsTable, StagesTable

__all__ = ["read_table"]

AnyTable = LeadsTable | ActivitiesTable | DealsTable | HistoryTable | StagesTable


def read_table(
    name: str, table: AnyTable, columns: list[str], folder: Path, database: str | None
) -> pd.DataFrame:
    """Read the named columns of a table.

    Parameters
    ----------
    name : str
        What the table is called in params, for messages.
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
    pd.DataFrame
        The columns as read: all text for CSV, typed for Parquet and SQL. One row a record, in file order.

    Raises
    ------
    SourceError
        If the file or a column is missing, the file cannot be read, or it has no rows.
    """
    wanted = list(dict.fromkeys(columns))
    frame = _from_database(name, table, database) if database else _from_file(name, table, folder)
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise SourceError(
            f"The table {name} ({table.path}) must have the column {missing[0]}. "
            f"Got {', '.join(map(str, frame.columns))}."
        )
    if frame.empty:
        raise SourceError(f"The table {name} ({table.path}) must have at least one row. Got an empty table.")
    return frame[wanted]


def _from_file(name: str, table: AnyTable, folder: Path) -> pd.DataFrame:
    path = folder / table.path
    if not path.exists():
        raise SourceError(f"The file of {name} must exist. Got {path}.")
    try:
        if path.suffix.lower() in (".parquet", ".pq") or path.is_dir():
            return pd.read_parquet(path)
        return pd.read_csv(
            path,
            sep=table.delimiter,
            encoding=table.encoding,
            dtype=str,
            keep_default_na=False,
            on_bad_lines="error",
        )
    except pd.errors.EmptyDataError:
        raise SourceError(
            f"The table {name} ({path}) must have at least one row. Got an empty file."
        ) from None
    except (pd.errors.ParserError, UnicodeError, OSError, ValueError, LookupError) as error:
        raise SourceError(
            f"The file of {name} must be readable as mapped (delimiter {table.delimiter!r}, "
            f"encoding {table.encoding}). Got {str(error).splitlines()[0]} in {path}."
        ) from None


def _from_database(name: str, table: AnyTable, database: str) -> pd.DataFrame:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return pd.read_sql_table(table.path, create_engine(database))
    except (SQLAlchemyError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise SourceError(f"The table {name} must be readable as {table.path}. Got {reason}.") from None
