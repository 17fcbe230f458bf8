"""Locations of artifacts in the SQLite registry of a working folder that was moved or copied."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from leadlight.features.errors import BundleError

__all__ = ["update_artifact_locations"]

#: tables and columns in which MLflow stores absolute addresses of artifacts
COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
#: seconds to wait for another process that writes
MAX_WAIT = 30


def update_artifact_locations(database: Path, artifacts: Path, experiment: str) -> int:
    """Point a registry at the artifacts that lie beside it, if its folder was moved or copied.

    MLflow stores absolute addresses only, so that a copy would write into the original, and a moved folder
    would find nothing.

    Parameters
    ----------
    database : Path
        SQLite database of MLflow.
    artifacts : Path
        Folder of its artifacts now.
    experiment : str
        Name of the experiment whose location tells where they were. One that lies elsewhere by choice (no folder
        of the same name on this machine) is left as it is.

    Returns
    -------
    int
        How many addresses were changed; 0 where the folder is where it was.

    Raises
    ------
    BundleError
        If addresses have to be changed and the database may not be written.
    """
    new = artifacts.resolve().as_uri()
    with _open(database) as connection:
        old = _find_location(connection, experiment)
        if old is None or old == new or not (old.startswith("file:") and old.endswith(f"/{artifacts.name}")):
            return 0
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            return sum(_replace_prefix(connection, table, column, old, new) for table, column in COLUMNS)


@contextmanager
def _open(database: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(database, timeout=MAX_WAIT, isolation_level=None)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise BundleError(
            f"The registry {database} must be whole, and writable where its folder was moved or copied. Got {error}."
        ) from None


def _find_location(connection: sqlite3.Connection, experiment: str) -> str | None:
    """Return where an experiment keeps its artifacts; None in a database without tables or experiment."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'experiments'").fetchone():
        return None
    row = connection.execute("SELECT artifact_location FROM experiments WHERE name = ?", [experiment]).fetchone()
    return None if row is None else row[0]


def _replace_prefix(connection: sqlite3.Connection, table: str, column: str, old: str, new: str) -> int:
    return connection.execute(
        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
        f"WHERE {column} = ? OR substr({column}, 1, ?) = ? || '/'",
        [new, len(old) + 1, old, len(old) + 1, old],
    ).rowcount
