"""Leads of a run beside what they were after an earlier one, streamed."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.sql.elements import ColumnElement

from leadlight.serving.store.display_rows import read_display
from leadlight.serving.store.records import ClosedLead, StoredRun, StoredScore
from leadlight.serving.store.tables import CLOSED, scores
from leadlight.serving.store.view import (
    convert_row_to_record,
    convert_row_to_score,
    find_rank,
    select_current_view,
    select_latest_rows,
)
from leadlight.serving.store.writing import CHUNK_ROWS

__all__ = ["ViewChange", "stream_changes"]


class ViewChange(NamedTuple):
    """A lead after a run, and after an earlier run.

    Parameters
    ----------
    now : StoredScore or ClosedLead
        A score has its rank and what is shown of the lead.
    before : StoredScore or None
        None if the lead was not in the view then.
    """

    now: StoredScore | ClosedLead
    before: StoredScore | None


def stream_changes(
    connection: Connection, run: StoredRun, before: StoredRun | None, whole: bool, order: ColumnElement[Any]
) -> Iterator[ViewChange]:
    """Stream leads of a run by lead id, a thousand in memory at a time.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    run : StoredRun
    before : StoredRun or None
        The run to compare with.
    whole : bool
        Whether to stream every lead of the store, closed ones included; else those with a row since `before`.
    order : sqlalchemy.ColumnElement
        The lead id in its collation.

    Yields
    ------
    ViewChange
    """
    probabilities = sorted(connection.scalars(select_current_view(run.night).with_only_columns(scores.c.probability)))
    query = select_latest_rows(run.night)
    if before is not None and not whole:
        query = query.where(scores.c.night > before.night)
    rows = connection.execute(query.order_by(order), execution_options={"yield_per": CHUNK_ROWS})
    for chunk in rows.partitions():
        leads = [row.lead_id for row in chunk]
        earlier = _read_scores(connection, before, leads) if before else {}
        shown = read_display(connection, leads)
        for row in chunk:
            now = convert_row_to_record(row, run.words, run.as_of)
            if isinstance(now, StoredScore):
                rank = find_rank(probabilities, now.probability)
                now = now._replace(rank=rank, open_leads=run.leads, display=shown.get(now.lead_id))
            yield ViewChange(now, earlier.get(row.lead_id))


def _read_scores(connection: Connection, run: StoredRun, leads: Sequence[str]) -> dict[str, StoredScore]:
    rows = connection.execute(select_latest_rows(run.night, leads).where(scores.c.stage != CLOSED))
    return {row.lead_id: convert_row_to_score(row, run.as_of, run.words) for row in rows}
