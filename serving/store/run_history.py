"""Earlier runs and their scores, rebuilt from the rows that changed."""

import datetime as dt
from typing import NamedTuple

import pandas as pd
from sqlalchemy import Connection, func, select

from leadlight.serving.store.tables import nights, scores
from leadlight.serving.store.view import select_current_view

__all__ = ["RunSummary", "list_runs", "read_scores"]


class RunSummary(NamedTuple):
    """A run without its presentation context.

    Parameters
    ----------
    night : int
        Number of the run, from 1.
    as_of : datetime
        Naive, UTC.
    model_version : str
    leads : int
        Leads in the view after the run.
    """

    night: int
    as_of: dt.datetime
    model_version: str
    leads: int


def list_runs(connection: Connection, until: dt.datetime) -> list[RunSummary]:
    """List runs, newest first; the last written per as-of time.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    until : datetime
        Latest as-of time; naive, UTC.
    """
    last = select(func.max(nights.c.night)).where(nights.c.as_of <= until).group_by(nights.c.as_of)
    query = select(nights.c.night, nights.c.as_of, nights.c.model_version, nights.c.leads)
    rows = connection.execute(query.where(nights.c.night.in_(last)).order_by(nights.c.night.desc()))
    return [RunSummary(*row) for row in rows]


def read_scores(connection: Connection, night: int) -> pd.DataFrame:
    """Read probability, score, base score and stage of all leads after a run, sorted by lead id."""
    columns = [scores.c[name] for name in ("lead_id", "probability", "score", "base_score", "stage")]
    rows = connection.execute(select_current_view(night).with_only_columns(*columns))
    frame = pd.DataFrame(rows.all(), columns=[column.name for column in columns])
    return frame.sort_values("lead_id", ignore_index=True)
