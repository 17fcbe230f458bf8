"""Opens a score store: engine, migrations, and translation of database errors."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from leadlight.features.errors import StoreError
from leadlight.serving.store.locks import describe_lock_holder, is_lock_timeout

__all__ = ["MAX_LOCK_SECONDS", "connect", "translate_db_errors"]

MAX_LOCK_SECONDS = 30
"""Longest time that a statement waits for a lock of another session."""

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_EXAMPLES = "sqlite:///work/store.db or postgresql+psycopg://user:password@host/name"
_SECRET = r"\w*(?:password|secret)\w*"
_PASSWORD = re.compile(r"[^:/]+://[^:/]*:(?P<password>[^@]*)@(?P<rest>.*)", re.DOTALL)


def connect(url: str) -> Engine:
    """Connect to a database and bring its tables up to date.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of a SQLite file or a PostgreSQL database.

    Returns
    -------
    sqlalchemy.Engine

    Raises
    ------
    StoreError
        If the URL is invalid, or the database cannot be reached or is newer than this code.
    """
    address = _read_address(url)
    shown = _hide_password(address)
    if address.get_backend_name() == "sqlite" and address.database in {None, "", ":memory:"}:
        raise StoreError(f"The URL of the score store must name a file or a server, like {_EXAMPLES}. Got {shown}.")
    with translate_db_errors(address):
        try:
            engine = _create_engine(address)
        except (NoSuchModuleError, ImportError) as error:
            raise StoreError(
                f"The URL of the score store must name an installed driver. Got {shown} ({error})."
            ) from None
        try:
            _migrate(engine)
        except CommandError:
            raise StoreError(
                f"The tables of the score store {shown} must be of this version or an earlier one. "
                "Got a revision that this version does not know."
            ) from None
    return engine


@contextmanager
def translate_db_errors(address: URL) -> Iterator[None]:
    """Raise errors of the database at `address` as StoreError, without the password."""
    try:
        yield
    except SQLAlchemyError as error:
        if is_lock_timeout(error):
            raise StoreError(
                f"The tables of the score store {_hide_password(address)} must be free within {MAX_LOCK_SECONDS} s. "
                f"Got a lock that is held by {describe_lock_holder(address)}: wait for it or end it, and try again."
            ) from None
        message = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        # drivers name host, user and database, never the password: it is hidden in the address alone, not in words
        message = " ".join(message.split()) or type(error).__name__
        raise StoreError(
            f"The database of the score store must be reachable, writable and whole: "
            f"{_hide_password(address)}. Got: {message.rstrip('.')}."
        ) from None


def _read_address(url: str) -> URL:
    # an @, : or / of a password that is not encoded puts the rest of it where host, port or name are shown
    found = _PASSWORD.match(url)
    is_clear = not found or ("@" not in found["rest"] and not re.search(f"[?&]{_SECRET}=", found["password"]))
    try:
        if is_clear:
            return make_url(url)
    except (ValueError, ArgumentError):
        pass
    raise StoreError(
        f"The URL of the score store must be like {_EXAMPLES}, with the password percent-encoded: @ as %40, : as %3A, "
        "/ as %2F, % as %25. Got one that cannot be read; it is not shown, for it may hold the password."
    )


def _hide_password(address: URL) -> str:
    # SQLAlchemy hides no passwords in the query of a PostgreSQL URL
    secrets = [name for name in address.query if re.fullmatch(_SECRET, name)]
    return address.difference_update_query(secrets).render_as_string(hide_password=True)


def _create_engine(address: URL) -> Engine:
    if address.get_backend_name() == "sqlite":
        return _create_sqlite_engine(address)
    engine = create_engine(address, pool_pre_ping=True)
    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "begin")
        def _limit_waiting(connection: Connection) -> None:
            # by transaction, which holds behind a pooler of connections too
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MAX_LOCK_SECONDS}s'")

    return engine


def _create_sqlite_engine(address: URL) -> Engine:
    # readers wait for a running job to commit
    engine = create_engine(address, connect_args={"timeout": MAX_LOCK_SECONDS})

    # The sqlite3 driver begins transactions late and never for DDL. These two listeners make migrations
    # atomic and reads consistent.
    @event.listens_for(engine, "connect")
    def _disable_driver_transactions(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        # what is erased leaves no bytes in the file
        connection.execute("PRAGMA secure_delete = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _migrate(engine: Engine) -> None:
    config = Config()
    # alembic interpolates the option: double the percent signs
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    began = time.monotonic()
    for attempt in (1, 2, 3):
        try:
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            return
        except DBAPIError:
            # another process may create the tables of a new store at the same time
            if attempt == 3 or time.monotonic() - began >= MAX_LOCK_SECONDS:
                raise
            time.sleep(0.3)
