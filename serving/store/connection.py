"""Opening a score store: the engine, its migrations, and errors as sentences."""

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

__all__ = ["connect", "translate_db_errors"]

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_EXAMPLES = "sqlite:///work/store.db or postgresql+psycopg://user:password@host/name"


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
        Where the URL cannot be read or the database cannot be reached or is newer than this code.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        # the text may hold a password, so it is not repeated
        raise StoreError(
            f"The URL of the score store must be like {_EXAMPLES}. Got one that cannot be read."
        ) from None
    shown = _shown(address)
    if address.get_backend_name() == "sqlite" and address.database in {None, "", ":memory:"}:
        raise StoreError(
            f"The URL of the score store must name a file or a server, like {_EXAMPLES}. Got {shown}."
        )
    with translate_db_errors(address):
        try:
            engine = _engine(address)
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
    """Turn what the database says into one sentence, without the password.

    Parameters
    ----------
    address : sqlalchemy.URL
        The database that is spoken to.
    """
    try:
        yield
    except SQLAlchemyError as error:
        said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        said = " ".join(said.split()) or type(error).__name__
        if address.password:
            said = said.replace(str(address.password), "***")
        raise StoreError(
            f"The database of the score store must be reachable, writable and whole: "
            f"{_shown(address)}. Got: {said.rstrip('.')}."
        ) from None


def _shown(address: URL) -> str:
    # PostgreSQL also takes passwords after the question mark, which SQLAlchemy would show
    secrets = [name for name in address.query if "password" in name]
    return address.difference_update_query(secrets).render_as_string(hide_password=True)


def _engine(address: URL) -> Engine:
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True)
    # a reader waits for the nightly job to commit rather than fail
    engine = create_engine(address, connect_args={"timeout": 30})

    # The driver opens transactions late and never for tables; without these two, a migration that
    # is killed half-way would leave half its tables, and two reads would see two nights.
    @event.listens_for(engine, "connect")
    def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _migrate(engine: Engine) -> None:
    config = Config()
    # alembic reads the option through a template in which a percent sign must be doubled
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    for attempt in (1, 2, 3):
        try:
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            return
        except DBAPIError:
            # server and nightly job may open a new store at the same moment: the second finds it made
            if attempt == 3:
                raise
            time.sleep(0.3)
