"""Tells which lock of another session a statement waited for in vain."""

from typing import Any

from sqlalchemy import URL, NullPool, bindparam, create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from leadlight.serving.store.tables import metadata

__all__ = ["describe_lock_holder", "is_lock_timeout"]

_SQLITE_BUSY = (5, 6)
_LOCK_NOT_AVAILABLE = "55P03"

# readers hold up nobody who reads or writes rows: AccessShareLock is left out
_HOLDERS = text("""
    SELECT DISTINCT session.pid, session.usename, session.application_name, session.xact_start
    FROM pg_locks AS held
    JOIN pg_class AS relation ON relation.oid = held.relation
    JOIN pg_stat_activity AS session ON session.pid = held.pid
    WHERE held.granted AND held.mode <> 'AccessShareLock' AND relation.relname IN :tables
      AND session.datname = current_database() AND session.pid <> pg_backend_pid()
    ORDER BY session.xact_start NULLS LAST
    LIMIT 1
""").bindparams(bindparam("tables", expanding=True))


def is_lock_timeout(error: SQLAlchemyError) -> bool:
    """Return whether a statement ended because another session holds a lock."""
    cause: Any = error.orig if isinstance(error, DBAPIError) else None
    return (
        getattr(cause, "sqlstate", None) == _LOCK_NOT_AVAILABLE
        or getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_BUSY
    )


def describe_lock_holder(address: URL) -> str:
    """Describe the session that holds a lock on a table of the store, the longest transaction first.

    Parameters
    ----------
    address : sqlalchemy.URL
        Of the database; it is asked over a new connection.

    Returns
    -------
    str
        Part of a sentence; where the database cannot tell, without a name.
    """
    if address.get_backend_name() != "postgresql":
        return "another program"
    tables = [*metadata.tables, "alembic_version"]
    try:
        engine = create_engine(address, poolclass=NullPool)
        with engine.connect() as connection:
            row = connection.execute(_HOLDERS, {"tables": tables}).first()
    except SQLAlchemyError:
        row = None
    if row is None:
        return "another session"
    named = f"process {row.pid} of the user {row.usename}"
    named += f" ({row.application_name})" if row.application_name else ""
    return named + (f", in a transaction since {row.xact_start:%Y-%m-%d %H:%M:%S %Z}" if row.xact_start else "")
