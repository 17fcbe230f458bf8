"""What changed since the night before, and what would help: written with a night, read with a lead."""

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


def write_changes(
    connection: Connection, night: int, moved: Iterable[Change], opened: Iterable[Recourse]
) -> None:
    """Write both for a night that is being written.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In the transaction of the night.
    night : int
        Its number.
    moved : iterable of Change
    opened : iterable of Opening
    """
    rows = [
        {
            "lead_id": change.lead_id,
            "night": night,
            "since": change.since,
            "topics": change.topics_as_text(),
            **{cause: float(change.causes[cause]) for cause in CAUSES},
        }
        for change in moved
    ]
    for start in range(0, len(rows), CHUNK_ROWS):
        connection.execute(insert(changes), rows[start : start + CHUNK_ROWS])
    more = [vars(opening) | {"night": night} for opening in opened]
    for start in range(0, len(more), CHUNK_ROWS):
        connection.execute(insert(openings), more[start : start + CHUNK_ROWS])


def read_changes(connection: Connection, night: int, leads: Sequence[str] | None = None) -> dict[str, Change]:
    """Read what changed on a night.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    night : int
    leads : sequence of str, optional
        Only of these; of all if left out.

    Returns
    -------
    dict of str to Change
        By lead id; a lead that was not shown on the night before has none.
    """
    query = select(changes).where(changes.c.night == night)
    if leads is not None:
        query = query.where(changes.c.lead_id.in_(leads))
    return {
        row.lead_id: Change(
            row.lead_id,
            row.since,
            {cause: row._mapping[cause] for cause in CAUSES},
            Change.topics_from_text(row.topics),
        )
        for row in connection.execute(query.order_by(changes.c.lead_id))
    }


def read_recourse(connection: Connection, night: int, lead_id: str) -> list[Recourse]:
    """Read what would carry a lead over the next threshold, the highest score first."""
    query = select(openings).where(openings.c.night == night, openings.c.lead_id == lead_id)
    query = query.order_by(openings.c.score.desc(), openings.c.topic)
    return [
        Recourse(row.lead_id, row.stage, row.topic, row.times, row.score) for row in connection.execute(query)
    ]


def read_points(connection: Connection, night: int, leads: Sequence[str]) -> pd.DataFrame:
    """Give the points of each topic that leads were shown with after a night.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    night : int
    leads : sequence of str

    Returns
    -------
    pandas.DataFrame
        One row a lead, by lead id; one column a topic.
    """
    found: dict[str, dict[str, float]] = {}
    shown = select_current_view(night).with_only_columns(scores.c.lead_id, scores.c.reasons)
    for start in range(0, len(leads), CHUNK_ROWS):
        some = list(leads[start : start + CHUNK_ROWS])
        for row in connection.execute(shown.where(scores.c.lead_id.in_(some))):
            found[row.lead_id] = {r["topic"]: r["points"] for r in json.loads(row.reasons)}
    return pd.DataFrame.from_dict(found, orient="index").sort_index()
