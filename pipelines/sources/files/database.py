"""Read a table or a query of a database, in parts.

PostgreSQL, SQLite, MySQL and what else has a dialect of SQLAlchemy are read through it, DuckDB by itself, and
warehouses through Ibis (docs/decisions/0031).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from leadlight.pipelines.params.source import VARIABLE
from leadlight.pipelines.sources.files.raw_table import RawTable
from leadlight.pipelines.sources.files.typed_columns import build_array, describe_nested, normalize_types

__all__ = ["MissingDatabaseError", "UnsetVariableError", "fill_in_variables", "open_database", "query_files"]

BATCH_ROWS = 50_000
#: schemes of URLs that Ibis opens, each an extra of Leadlight
WAREHOUSES = ("bigquery", "databricks", "snowflake")


class MissingDatabaseError(Exception):
    """The file of a database does not exist; SQLite and DuckDB would create it."""


class UnsetVariableError(Exception):
    """A variable of the environment that an address names is not set."""


def fill_in_variables(url: str) -> str:
    """Replace ``${NAME}`` with variables of the environment, quoted for a URL.

    Raises
    ------
    UnsetVariableError
        If one is not set.
    """
    from urllib.parse import quote

    def find(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise UnsetVariableError(match[1])
        return quote(os.environ[match[1]], safe="")

    return VARIABLE.sub(find, url)


def open_database(url: str, folder: Path, *, table: str | None = None, query: str | None = None) -> RawTable:
    """Open a table or a query.

    Parameters
    ----------
    url : str
        Address; ``${NAME}`` is a variable of the environment. The file of SQLite or DuckDB is relative to `folder`.
    folder : Path
        Folder of the params file.
    table : str, optional
        Name of the table or view, with its schema before a point where it needs one.
    query : str, optional
        A SELECT, in place of a table.

    Raises
    ------
    MissingDatabaseError, UnsetVariableError
        If it is a file that does not exist, or its address is not complete.
    sqlalchemy.exc.SQLAlchemyError, duckdb.Error, ibis.common.exceptions.IbisError, ValueError, ImportError
        If the database, table or query cannot be opened; also while it is read.
    """
    complete = fill_in_variables(url)
    scheme, _, place = complete.partition("://")
    if scheme in WAREHOUSES:
        return _open_warehouse(complete, table, query)
    if scheme == "duckdb":
        name = ".".join(map(_quote, (table or "").split(".")))
        return _open_duckdb(_find_file(place.removeprefix("/"), folder), folder, query or f"FROM {name}")
    return _open_sqlalchemy(complete, folder, table, query)


def query_files(query: str, folder: Path) -> RawTable:
    """Open a query of DuckDB over files, whose names are relative to the folder; errors as :func:`open_database`."""
    return _open_duckdb(":memory:", folder, query)


def _find_file(name: str, folder: Path) -> str:
    path = folder / name
    if not path.is_file():
        raise MissingDatabaseError(str(path))
    return str(path)


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _open_duckdb(database: str, folder: Path, query: str) -> RawTable:
    import duckdb

    def connect() -> duckdb.DuckDBPyConnection:
        # with one thread the rows of a join come in the same order each time
        connection = duckdb.connect(database, read_only=database != ":memory:", config={"threads": 1})
        connection.execute("SET file_search_path = ?", [str(folder)])
        return connection

    statement = query.strip().rstrip(";")
    with connect() as connection:
        schema = connection.execute(f"SELECT * FROM (\n{statement}\n) LIMIT 0").to_arrow_table().schema
    nested = {field.name: kind for field in schema if (kind := describe_nested(field.type))}

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        columns = ", ".join(map(_quote, wanted))
        with connect() as connection:
            found = connection.execute(f"SELECT {columns} FROM (\n{statement}\n)")
            for batch in found.to_arrow_reader(BATCH_ROWS):
                yield normalize_types(pa.Table.from_batches([batch]))

    return RawTable(tuple(schema.names), {}, scan, nested)


def _open_warehouse(url: str, table: str | None, query: str | None) -> RawTable:
    import ibis

    def find() -> Any:
        connection = ibis.connect(url)
        if query is not None:
            return connection.sql(query.strip().rstrip(";"))
        schema, _, name = (table or "").rpartition(".")
        return connection.table(name, database=schema or None)

    schema = find().schema().to_pyarrow()
    nested = {field.name: kind for field in schema if (kind := describe_nested(field.type))}

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        for batch in find().select(*wanted).to_pyarrow_batches(chunk_size=BATCH_ROWS):
            yield normalize_types(pa.Table.from_batches([batch]))

    return RawTable(tuple(schema.names), {}, scan, nested)


def _open_sqlalchemy(url: str, folder: Path, table: str | None, query: str | None) -> RawTable:
    from sqlalchemy import MetaData, Table, column, create_engine, inspect, make_url, select, text

    address = make_url(url)
    file = address.database if address.get_backend_name() == "sqlite" else None
    if file and file != ":memory:" and not file.startswith("file:"):
        address = address.set(database=_find_file(file, folder))
    engine = create_engine(address)
    try:
        if query is not None:
            statement = query.strip().rstrip(";").replace(":", "\\:")  # no parameters
            with engine.connect() as connection:
                empty = connection.execute(text(f"SELECT * FROM (\n{statement}\n) AS source WHERE 1 = 0"))
                names = tuple(empty.keys())
            stored: Any = text(f"{statement}\n").columns(*map(column, names)).subquery("source")
        else:
            schema, _, name = (table or "").rpartition(".")
            inspector = inspect(engine)
            if not inspector.has_table(name, schema=schema or None) and name not in inspector.get_view_names():
                raise ValueError(f"Table {table} not found")
            stored = Table(name, MetaData(), autoload_with=engine, schema=schema or None)
            names = tuple(column.name for column in stored.columns)
    finally:
        engine.dispose()

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        engine = create_engine(address)
        try:
            with engine.connect().execution_options(stream_results=True, max_row_buffer=BATCH_ROWS) as connection:
                rows = connection.execute(select(*(stored.c[column] for column in wanted)))
                for part in rows.partitions(BATCH_ROWS):
                    arrays = [build_array(list(values)) for values in zip(*part, strict=True)]
                    yield normalize_types(pa.table(arrays, names=wanted))
        finally:
            engine.dispose()

    return RawTable(names, {}, scan)
