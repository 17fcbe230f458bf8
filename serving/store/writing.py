"""Writes a night in one transaction: only what changed, and never over what is there."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from leadlight.features.errors import StoreError
from leadlight.serving.reasons import TOLERANCE, advance_days, has_equal_reasons, parse_reasons
from leadlight.serving.scoring_run import PresentationContext, ScoringRun, WriteResult
from leadlight.serving.store.tables import CLOSED, nights, scores
from leadlight.serving.store.validation import ScoredLead
from leadlight.serving.store.view import select_current_view

__all__ = ["CHUNK_ROWS", "compare_rerun", "get_run_number", "write_run"]

CHUNK_ROWS = 1000
"""Rows handed to the driver at a time: bounds memory, costs no speed."""

_WORDED = ("stage", "fit_grade", "engagement_grade", "held_back")
_NUMBERED = ("score", "probability", "base_score")


@dataclass(frozen=True)
class _Changes:
    same: int
    rows: list[ScoredLead]
    gone: list[str]


def write_run(
    connection: Connection, night: ScoringRun, words: PresentationContext, leads: Mapping[str, ScoredLead]
) -> WriteResult:
    """Write a night that is not stored yet.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction, which the caller commits or rolls back as a whole.
    night : Night
    words : NightWords
        Its words, typed.
    leads : mapping of str to ScoredLead
        All leads scored, by id.

    Returns
    -------
    NightResult

    Raises
    ------
    StoreError
        Where a newer night is stored, or another job writes at the same moment.
    """
    number = _reserve(connection, night)
    newest = connection.scalar(select(func.max(nights.c.as_of)).where(nights.c.night < number))
    if newest is not None and night.as_of < newest:
        raise StoreError(
            f"The as_of of a new night must be {newest.isoformat()} (the newest stored) or later, "
            f"because the history is append-only. Got {night.as_of.isoformat()}."
        )
    changes = _compare(connection, number - 1, night.as_of, words, leads)
    common = {
        "night": number,
        "run_id": night.run_id,
        "as_of": night.as_of,
        "model_version": night.model_version,
    }
    rows = [{**lead.columns(), **common} for lead in changes.rows]
    nothing = dict.fromkeys(leads[next(iter(leads))].columns())
    rows += [{**nothing, **common, "lead_id": lead_id, "stage": CLOSED} for lead_id in changes.gone]
    for start in range(0, len(rows), CHUNK_ROWS):
        connection.execute(insert(scores), rows[start : start + CHUNK_ROWS])
    connection.execute(
        update(nights)
        .where(nights.c.night == number)
        .values(leads=len(leads), rows_written=len(changes.rows), leads_closed=len(changes.gone))
    )
    return _result(night, leads, changes, rerun=False)


def compare_rerun(
    connection: Connection,
    number: int,
    night: ScoringRun,
    words: PresentationContext,
    leads: Mapping[str, ScoredLead],
) -> WriteResult:
    """Compare a night that is stored already with what a rerun of it scored; writes nothing.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    number : int
        Number of the stored night.
    night : Night
    words : NightWords
    leads : mapping of str to ScoredLead

    Returns
    -------
    NightResult
    """
    return _result(night, leads, _compare(connection, number, night.as_of, words, leads), rerun=True)


def _reserve(connection: Connection, night: ScoringRun) -> int:
    # The first statement writes, so that from here on a second job waits or fails instead of comparing
    # with a view that is about to change.
    row = select(
        literal(night.run_id),
        select(func.coalesce(func.max(nights.c.night), 0) + 1).scalar_subquery(),
        literal(night.as_of),
        literal(night.model_version),
        literal(dt.datetime.now(dt.UTC).replace(tzinfo=None)),
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
    """Return the number under which a night was written."""
    number = connection.scalar(select(nights.c.night).where(nights.c.run_id == night.run_id))
    return int(number or 0)


def _compare(
    connection: Connection,
    number: int,
    as_of: dt.datetime,
    words: PresentationContext,
    leads: Mapping[str, ScoredLead],
) -> _Changes:
    unchanged: set[str] = set()
    gone: list[str] = []
    # read in pieces: the reasons of a whole lead base are hundreds of megabytes
    for row in connection.execute(select_current_view(number), execution_options={"yield_per": CHUNK_ROWS}):
        lead = leads.get(row.lead_id)
        if lead is None:
            gone.append(row.lead_id)
        elif _stands(row, lead, as_of, words):
            unchanged.add(row.lead_id)
    rows = [lead for lead_id, lead in leads.items() if lead_id not in unchanged]
    return _Changes(len(unchanged), rows, gone)


def _stands(row: Row[Any], lead: ScoredLead, as_of: dt.datetime, words: PresentationContext) -> bool:
    old = row._mapping
    if any(old[name] != getattr(lead, name) for name in _WORDED):
        return False
    if any(abs(old[name] - getattr(lead, name)) > TOLERANCE for name in _NUMBERED):
        return False
    days = (as_of - row.as_of).total_seconds() / 86400
    if days == 0 and row.reasons == lead.reasons:
        return True
    before = [
        advance_days(reason, words.topics[reason.topic].kind if reason.topic in words.topics else "", days)
        for reason in parse_reasons(row.reasons)
    ]
    return has_equal_reasons(before, parse_reasons(lead.reasons))


def _result(
    night: ScoringRun, leads: Mapping[str, ScoredLead], changes: _Changes, rerun: bool
) -> WriteResult:
    return WriteResult(
        run_id=night.run_id,
        rerun=rerun,
        leads=len(leads),
        same=changes.same,
        differing=len(changes.rows) + len(changes.gone),
        written=0 if rerun else len(changes.rows),
        closed=0 if rerun else len(changes.gone),
    )
