"""Reads and writes score changes and recourse."""

import json
from collections.abc import Iterable, Sequence

import pandas as pd
from sqlalchemy import Connection, insert, select

from leadlight.models.scoring.score_change import CAUSES
from leadlight.serving.score_changes import Change, Recourse
from leadlight.serving.store.tables import changes, openings, scores
from leadlight.serving.store.view import select_current_view
from leadlight.serving.store.writing import CHUNK_ROWS

__all__ = ["read_changes", "read_points", "read_recourse", "write_changes"]


def write_changes(connection: Connection, night: int, changed: Iterable[Change], recourse: Iterable[Recourse]) -> None:
    """Write score changes and recourse of a run.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In the transaction of the run.
    night : int
        Number of the run.
    changed : iterable of Change
    recourse : iterable of Recourse
    """
    rows = [
        {
            "lead_id": change.lead_id,
            "night": night,
            "since": change.since,
            "topics": change.dump_topics(),
            **{cause: float(change.causes[cause]) for cause in CAUSES},
        }
        for change in changed
    ]
    for start in range(0, len(rows), CHUNK_ROWS):
        connection.execute(insert(changes), rows[start : start + CHUNK_ROWS])
    rows = [option._asdict() | {"night": night} for option in recourse]
    for start in range(0, len(rows), CHUNK_ROWS):
        connection.execute(insert(openings), rows[start : start + CHUNK_ROWS])


def read_changes(connection: Connection, night: int, leads: Sequence[str] | None = None) -> dict[str, Change]:
    """Read the score changes of a run.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    night : int
    leads : sequence of str, optional
        Only these leads; default all.

    Returns
    -------
    dict of str to Change
        By lead id; only leads that were shown after the run before.
    """
    query = select(changes).where(changes.c.night == night)
    if leads is not None:
        query = query.where(changes.c.lead_id.in_(leads))
    return {
        row.lead_id: Change(
            row.lead_id, row.since, {cause: row._mapping[cause] for cause in CAUSES}, Change.parse_topics(row.topics)
        )
        for row in connection.execute(query.order_by(changes.c.lead_id))
    }


def read_recourse(connection: Connection, night: int, lead_id: str) -> list[Recourse]:
    """Read the recourse of a lead, highest score first."""
    query = select(openings).where(openings.c.night == night, openings.c.lead_id == lead_id)
    query = query.order_by(openings.c.score.desc(), openings.c.topic)
    return [Recourse(row.lead_id, row.stage, row.topic, row.times, row.score) for row in connection.execute(query)]


def read_points(connection: Connection, night: int, leads: Sequence[str]) -> pd.DataFrame:
    """Read the points per topic of leads after a run.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    night : int
    leads : sequence of str

    Returns
    -------
    pandas.DataFrame
        One row per lead, sorted by lead id; one column per topic.
    """
    points: dict[str, dict[str, float]] = {}
    shown = select_current_view(night).with_only_columns(scores.c.lead_id, scores.c.reasons)
    for start in range(0, len(leads), CHUNK_ROWS):
        chunk = list(leads[start : start + CHUNK_ROWS])
        for row in connection.execute(shown.where(scores.c.lead_id.in_(chunk))):
            points[row.lead_id] = {r["topic"]: r["points"] for r in json.loads(row.reasons)}
    return pd.DataFrame.from_dict(points, orient="index").sort_index()
