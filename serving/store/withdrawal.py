"""Takes the newest run back: its rows go, and an event says when and why."""

import datetime as dt

from sqlalchemy import Connection, delete, func, insert, select

from leadlight.features.errors import StoreError
from leadlight.serving.clock import get_now_utc
from leadlight.serving.store.run_history import RunSummary
from leadlight.serving.store.tables import changes, nights, openings, scores, withdrawn

__all__ = ["was_withdrawn", "withdraw_run"]


def withdraw_run(connection: Connection, as_of: dt.datetime, reason: str) -> RunSummary:
    """Delete the rows of the newest run, so that the view is that of the run before, and record it.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction of the caller.
    as_of : datetime
        As-of time of the run; naive, UTC.
    reason : str

    Returns
    -------
    RunSummary
        The run that was taken back.

    Raises
    ------
    StoreError
        If there is no such run, or a newer one: its rows hold only what changed since.
    """
    now = get_now_utc()
    # write first: a second job then waits
    chosen = select(nights).where(nights.c.night == select(func.max(nights.c.night)).scalar_subquery())
    newest = connection.execute(chosen.with_for_update()).one_or_none()
    if newest is None or newest.as_of != as_of:
        got = "Got a store without nights" if newest is None else f"The newest is of {newest.as_of.isoformat()} UTC"
        raise StoreError(
            f"The night to take back must be the newest, because later ones hold what changed since. {got}. "
            f"Got {as_of.isoformat()} UTC."
        )
    names = ("run_id", "as_of", "model_version", "written_at", "leads")
    event = {name: newest._mapping[name] for name in names}
    connection.execute(insert(withdrawn).values(**event, withdrawn_at=now, reason=reason))
    for table in (scores, changes, openings, nights):
        connection.execute(delete(table).where(table.c.night == newest.night))
    return RunSummary(newest.night, newest.as_of, newest.model_version, newest.leads)


def was_withdrawn(connection: Connection, since: dt.datetime) -> bool:
    """Return whether a run with an as-of time after `since` (naive, UTC) was taken back."""
    return connection.execute(select(withdrawn.c.run_id).where(withdrawn.c.as_of > since).limit(1)).first() is not None
