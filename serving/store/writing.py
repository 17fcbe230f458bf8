"""Writes a run in one transaction: appends rows of leads that changed, updates none."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from leadlight.features.errors import StoreError
from leadlight.serving.clock import get_now_utc
from leadlight.serving.reasons import TOLERANCE, advance_days, has_equal_reasons, parse_reasons
from leadlight.serving.scoring_run import PresentationContext, ScoringRun, WriteResult
from leadlight.serving.store.tables import CLOSED, nights, scores
from leadlight.serving.store.validation import ScoredLead
from leadlight.serving.store.view import select_current_view

__all__ = ["CHUNK_ROWS", "compare_rerun", "get_run_number", "write_run"]

CHUNK_ROWS = 1000
"""Rows per insert; bounds memory."""

_TEXT_COLUMNS = ("stage", "fit_grade", "engagement_grade", "held_back")
_NUMBER_COLUMNS = ("score", "probability", "base_score")


def write_run(
    connection: Connection, night: ScoringRun, words: PresentationContext, leads: Mapping[str, ScoredLead]
) -> WriteResult:
    """Write a run that is not stored yet.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction of the caller.
    night : ScoringRun
    words : PresentationContext
        Parsed context of the run.
    leads : mapping of str to ScoredLead
        All leads scored, by id.

    Returns
    -------
    WriteResult

    Raises
    ------
    StoreError
        If a newer run is stored, or another job writes at the same time.
    """
    number = _insert_run(connection, night)
    newest = connection.scalar(select(func.max(nights.c.as_of)).where(nights.c.night < number))
    if newest is not None and night.as_of < newest:
        raise StoreError(
            f"The as_of of a new night must be {newest.isoformat()} (the newest stored) or later, "
            f"because the history is append-only. Got {night.as_of.isoformat()}."
        )
    changed, closed = _compare_with_view(connection, number - 1, night.as_of, words, leads)
    common = {"night": number, "run_id": night.run_id, "as_of": night.as_of, "model_version": night.model_version}
    rows = [{**lead._asdict(), **common} for lead in changed]
    empty = dict.fromkeys(ScoredLead._fields)
    rows += [{**empty, **common, "lead_id": lead_id, "stage": CLOSED} for lead_id in closed]
    for start in range(0, len(rows), CHUNK_ROWS):
        connection.execute(insert(scores), rows[start : start + CHUNK_ROWS])
    connection.execute(
        update(nights)
        .where(nights.c.night == number)
        .values(leads=len(leads), rows_written=len(changed), leads_closed=len(closed))
    )
    return _build_result(night, len(leads), len(changed), len(closed), rerun=False)


def compare_rerun(
    connection: Connection, number: int, night: ScoringRun, words: PresentationContext, leads: Mapping[str, ScoredLead]
) -> WriteResult:
    """Compare a stored run with a rerun of it; writes nothing.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    number : int
        Number of the stored run.
    night : ScoringRun
    words : PresentationContext
    leads : mapping of str to ScoredLead

    Returns
    -------
    WriteResult
    """
    changed, closed = _compare_with_view(connection, number, night.as_of, words, leads)
    return _build_result(night, len(leads), len(changed), len(closed), rerun=True)


def _insert_run(connection: Connection, night: ScoringRun) -> int:
    # Write first: a second job then waits or fails instead of comparing with a changing view.
    row = select(
        literal(night.run_id),
        select(func.coalesce(func.max(nights.c.night), 0) + 1).scalar_subquery(),
        literal(night.as_of),
        literal(night.model_version),
        literal(get_now_utc()),
        literal(0),
        literal(0),
        literal(0),
        literal(json.dumps(dict(night.words), ensure_ascii=False, sort_keys=True)),
    )
    names = ["run_id", "night", "as_of", "model_version", "written_at"]
    names += ["leads", "rows_written", "leads_closed", "words"]
    try:
        connection.execute(insert(nights).from_select(names, row))
    except IntegrityError:
        raise StoreError(
            f"The night {night.run_id} must be written by one job at a time. Got another one writing."
        ) from None
    return get_run_number(connection, night)


def get_run_number(connection: Connection, night: ScoringRun) -> int:
    """Get the number of a written run."""
    number = connection.scalar(select(nights.c.night).where(nights.c.run_id == night.run_id))
    return int(number or 0)


def _compare_with_view(
    connection: Connection, number: int, as_of: dt.datetime, words: PresentationContext, leads: Mapping[str, ScoredLead]
) -> tuple[list[ScoredLead], list[str]]:
    """Return the leads that are new or changed, and the ids of those that are gone."""
    unchanged: set[str] = set()
    closed: list[str] = []
    # stream the rows: reasons of all leads take hundreds of megabytes
    for row in connection.execute(select_current_view(number), execution_options={"yield_per": CHUNK_ROWS}):
        lead = leads.get(row.lead_id)
        if lead is None:
            closed.append(row.lead_id)
        elif _is_unchanged(row, lead, as_of, words):
            unchanged.add(row.lead_id)
    return [lead for lead_id, lead in leads.items() if lead_id not in unchanged], closed


def _is_unchanged(row: Row[Any], lead: ScoredLead, as_of: dt.datetime, words: PresentationContext) -> bool:
    old = row._mapping
    if any(old[name] != getattr(lead, name) for name in _TEXT_COLUMNS):
        return False
    if any(abs(old[name] - getattr(lead, name)) > TOLERANCE for name in _NUMBER_COLUMNS):
        return False
    days = (as_of - row.as_of).total_seconds() / 86400
    if days == 0 and row.reasons == lead.reasons:
        return True
    before = [advance_days(reason, words.get_displays(reason.topic), days) for reason in parse_reasons(row.reasons)]
    return has_equal_reasons(before, parse_reasons(lead.reasons))


def _build_result(night: ScoringRun, leads: int, changed: int, closed: int, rerun: bool) -> WriteResult:
    return WriteResult(
        run_id=night.run_id,
        rerun=rerun,
        leads=leads,
        same=leads - changed,
        differing=changed + closed,
        written=0 if rerun else changed,
        closed=0 if rerun else closed,
    )
