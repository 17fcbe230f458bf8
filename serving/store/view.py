"""The current view, derived from the history: each lead's latest row, unless that row closes it."""

import datetime as dt
import json
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select

from leadlight.serving.reasons import advance_days, parse_reasons
from leadlight.serving.scoring_run import PresentationContext, parse_context
from leadlight.serving.store.records import ClosedLead, StoredRun, StoredScore
from leadlight.serving.store.tables import CLOSED, nights, scores

__all__ = [
    "convert_row_to_record",
    "convert_row_to_score",
    "find_rank",
    "find_run",
    "rank_scores",
    "select_current_view",
    "select_latest_rows",
]


def select_latest_rows(night: int, leads: Sequence[str] | None = None) -> Select[Any]:
    """Select the latest row of each lead up to a run, closed leads included.

    Parameters
    ----------
    night : int
        Number of the run; rows of later runs are ignored.
    leads : sequence of str, optional
        Only these leads; default all.

    Returns
    -------
    sqlalchemy.Select
        All columns of `scores`, one row per lead.
    """
    grouped = select(scores.c.lead_id, func.max(scores.c.night).label("night")).where(scores.c.night <= night)
    if leads is not None:
        grouped = grouped.where(scores.c.lead_id.in_(leads))
    latest = grouped.group_by(scores.c.lead_id).subquery("latest")
    is_latest = and_(scores.c.lead_id == latest.c.lead_id, scores.c.night == latest.c.night)
    return select(scores).join(latest, is_latest)


def select_current_view(night: int) -> Select[Any]:
    """Select the leads in the view after a run: their latest rows, closed leads left out.

    Parameters
    ----------
    night : int
        Number of the run; rows of later runs are ignored.

    Returns
    -------
    sqlalchemy.Select
        All columns of `scores`, one row per lead.
    """
    return select_latest_rows(night).where(scores.c.stage != CLOSED)


def find_run(connection: Connection, as_of: dt.datetime | None = None) -> StoredRun | None:
    """Find the latest run, or the latest up to a time.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    as_of : datetime, optional
        Naive, UTC; later runs are ignored.

    Returns
    -------
    StoredRun or None
        None if there is no run.
    """
    query = select(nights).order_by(nights.c.night.desc()).limit(1)
    if as_of is not None:
        query = query.where(nights.c.as_of <= as_of)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    columns = dict(row._mapping)
    return StoredRun(**{**columns, "words": parse_context(json.loads(columns["words"]))})


def convert_row_to_score(row: Row[Any], as_of: dt.datetime, words: PresentationContext) -> StoredScore:
    """Convert a row of `scores`, with times advanced to `as_of`.

    Parameters
    ----------
    row : sqlalchemy.Row
        Of a lead that is not closed.
    as_of : datetime
        As-of time of the view; naive, UTC.
    words : PresentationContext
        Of the run.

    Returns
    -------
    StoredScore
    """
    columns = dict(row._mapping)
    del columns["night"]
    since = columns["as_of"]
    days = (as_of - since).total_seconds() / 86400
    reasons = tuple(
        advance_days(reason, words.get_displays(reason.topic), days) for reason in parse_reasons(columns["reasons"])
    )
    return StoredScore(**{**columns, "as_of": as_of, "since": since, "reasons": reasons})


def rank_scores(connection: Connection, night: StoredRun, found: Sequence[StoredScore]) -> list[StoredScore]:
    """Add to scores of the view after a run their ranks among its open leads by probability."""
    if not found:
        return []
    lowest = min(score.probability for score in found)
    higher = select_current_view(night.night).where(scores.c.probability > lowest)
    above = sorted(connection.scalars(higher.with_only_columns(scores.c.probability)))
    return [score._replace(rank=find_rank(above, score.probability), open_leads=night.leads) for score in found]


def find_rank(probabilities: Sequence[float], probability: float) -> int:
    """Return the rank of a probability among ascending ones, from the highest; ties share the best."""
    return len(probabilities) - bisect_right(probabilities, probability) + 1


def convert_row_to_record(
    row: Row[Any], words: PresentationContext, as_of: dt.datetime | None = None
) -> StoredScore | ClosedLead:
    """Convert a row of `scores`.

    Parameters
    ----------
    row : sqlalchemy.Row
    words : PresentationContext
    as_of : datetime, optional
        As-of time of the view, see :func:`convert_row_to_score`; that of the row, as it was written, if left out.

    Returns
    -------
    StoredScore or ClosedLead
    """
    if row.stage == CLOSED:
        return ClosedLead(row.run_id, row.lead_id, row.as_of, row.model_version)
    return convert_row_to_score(row, as_of or row.as_of, words)
