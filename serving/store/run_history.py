"""What was scored on earlier nights: of history rows that changed only, every lead of a night."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection, func, select

from leadlight.serving.store.tables import nights, scores
from leadlight.serving.store.view import select_current_view

__all__ = ["RunSummary", "list_runs", "read_scores"]


@dataclass(frozen=True)
class RunSummary:
    """A night without its words.

    Parameters
    ----------
    night : int
        Counts the nights written, from 1.
    as_of : datetime
        Naive, UTC.
    model_version : str
    leads : int
        Leads in the view after it.
    """

    night: int
    as_of: dt.datetime
    model_version: str
    leads: int


def list_runs(connection: Connection, until: dt.datetime) -> list[RunSummary]:
    """List nights, newest first; of several of one moment the one written last.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    until : datetime
        Nights after it are not seen; naive, UTC.
    """
    last = select(func.max(nights.c.night)).where(nights.c.as_of <= until).group_by(nights.c.as_of)
    query = select(nights.c.night, nights.c.as_of, nights.c.model_version, nights.c.leads)
    rows = connection.execute(query.where(nights.c.night.in_(last)).order_by(nights.c.night.desc()))
    return [RunSummary(*row) for row in rows]


def read_scores(connection: Connection, night: int) -> pd.DataFrame:
    """Give probability, score, base score and stage of every lead in the view after a night, by lead id."""
    columns = [scores.c[name] for name in ("lead_id", "probability", "score", "base_score", "stage")]
    rows = connection.execute(select_current_view(night).with_only_columns(*columns))
    frame = pd.DataFrame(rows.all(), columns=[column.name for column in columns])
    return frame.sort_values("lead_id", ignore_index=True)
