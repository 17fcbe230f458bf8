"""Read a table of a database through SQLAlchemy, in parts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from leadlight.pipelines.sources.files.raw_table import RawTable
from leadlight.pipelines.sources.files.typed_columns import build_array, normalize_types

__all__ = ["MissingDatabaseError", "open_database"]

ROWS_AT_ONCE = 50_000


class MissingDatabaseError(Exception):
    """The file of an SQLite database does not exist; SQLite would create it."""


def open_database(url: str, name: str) -> RawTable:
    """Open a table of a database.

    Parameters
    ----------
    url : str
        SQLAlchemy URL.
    name : str
        Name of the table.

    Raises
    ------
    MissingDatabaseError
        If it is a file that does not exist.
    sqlalchemy.exc.SQLAlchemyError, ValueError, ImportError
        If the database or its table cannot be opened; also while it is read.
    """
    from sqlalchemy import MetaData, Table, create_engine, inspect, make_url, select

    address = make_url(url)
    file = address.database if address.get_backend_name() == "sqlite" else None
    if file and file != ":memory:" and not file.startswith("file:") and not Path(file).exists():
        raise MissingDatabaseError(file)
    engine = create_engine(address)
    try:
        if not (inspect(engine).has_table(name) or name in inspect(engine).get_view_names()):
            raise ValueError(f"Table {name} not found")
        stored = Table(name, MetaData(), autoload_with=engine)
    finally:
        engine.dispose()

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        engine = create_engine(address)
        try:
            with engine.connect().execution_options(stream_results=True, max_row_buffer=ROWS_AT_ONCE) as connection:
                rows = connection.execute(select(*(stored.c[column] for column in wanted)))
                for part in rows.partitions(ROWS_AT_ONCE):
                    yield _convert(part, wanted)
        finally:
            engine.dispose()

    return RawTable(tuple(column.name for column in stored.columns), {}, scan)


def _convert(rows: Any, columns: list[str]) -> pa.Table:
    arrays = [build_array(list(values)) for values in zip(*rows, strict=True)]
    return normalize_types(pa.table(arrays, names=columns))
