"""The score store: append-only history of scores, and the current view derived from it."""

from leadlight.serving.scoring_run import ScoringRun, WriteResult
from leadlight.serving.store.connection import connect
from leadlight.serving.store.records import ClosedLead, StoredRun, StoredScore
from leadlight.serving.store.store import Store

__all__ = ["ClosedLead", "ScoringRun", "Store", "StoredRun", "StoredScore", "WriteResult", "open_store"]


def open_store(url: str) -> Store:
    """Open a score store; create or migrate its tables.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of a SQLite file or a PostgreSQL database.

    Returns
    -------
    Store

    Raises
    ------
    StoreError
        If it cannot be opened; the message never contains the password.
    """
    return Store(connect(url))
