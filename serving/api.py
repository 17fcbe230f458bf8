"""The JSON API."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from leadlight.serving.request_params import RequestError, negotiate_language, parse_as_of
from leadlight.serving.schemas import (
    ChangeAnswer,
    ErrorResponse,
    EvidenceAnswer,
    Health,
    LeadList,
    LeadResponse,
    LeadSummary,
    OpeningAnswer,
    ReasonAnswer,
    StageName,
)
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store import Store, StoredRun, StoredScore
from leadlight.serving.text import Reason, format_sentence, select_top_reasons
from leadlight.serving.text.evidence import classify_direction, find_evidence_counts, format_evidence_sentence
from leadlight.serving.text.labels import describe_agreement
from leadlight.serving.waterfall import round_points

__all__ = ["create_api_router"]

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorResponse, "description": "A value of the request is not allowed."},
    503: {
        "model": ErrorResponse,
        "description": "No night of scores is stored yet, or the store is out of reach.",
    },
}
_UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorResponse, "description": "No open lead has this id."}
}
_Language = Annotated[str | None, Query(description="en or de; else as in Accept-Language.")]
_AsOf = Annotated[str | None, Query(description="As it was shown at this ISO date or time; UTC.")]


def create_api_router(store: Store) -> APIRouter:
    """Make the routes that answer in JSON.

    Parameters
    ----------
    store : Store

    Returns
    -------
    fastapi.APIRouter
    """
    router = APIRouter(tags=["api"])

    @router.get("/health", responses={503: _PROBLEMS[503]})
    def health() -> Health:
        """Tell whether the counter is open, and how fresh its scores are."""
        night = store.get_latest_run()
        if night is None:
            return Health(status="empty", newest_night=None, model_version=None, leads=0)
        return Health(
            status="ok", newest_night=_utc(night.as_of), model_version=night.model_version, leads=night.leads
        )

    @router.get("/api/leads", responses=_PROBLEMS)
    def leads(
        limit: Annotated[int, Query(ge=1, le=500, description="Leads to list.")] = 50,
        offset: Annotated[int, Query(ge=0, le=1_000_000_000, description="Leads to skip.")] = 0,
        stage: Annotated[StageName | None, Query(description="Only leads in this stage.")] = None,
    ) -> LeadList:
        """List leads, highest score first."""
        night = require_night(store)
        listed = store.list_current(limit, offset, stage)
        return LeadList(
            as_of=_utc(night.as_of),
            total=store.count(stage),
            limit=limit,
            offset=offset,
            leads=[LeadSummary(**_in_list(lead, night.words)) for lead in listed],
        )

    @router.get("/api/leads/{lead_id:path}", responses=_PROBLEMS | _UNKNOWN)
    def lead(request: Request, lead_id: str, language: _Language = None, as_of: _AsOf = None) -> LeadResponse:
        """Tell the score of one lead and all its reasons."""
        moment = parse_as_of(as_of)
        night = require_night(store, moment)
        spoken = negotiate_language(request, night.words.language_default)
        score = require_lead(store, lead_id, moment)
        return _lead_answer(
            score, night, spoken, store.rank(score) if moment is None else None, _moved(store, score, night)
        )

    return router


def require_night(store: Store, as_of: dt.datetime | None = None) -> StoredRun:
    """Find a night; without one, refuse with 503."""
    night = store.get_latest_run(as_of)
    if night is None:
        raise RequestError(503, "error.night")
    return night


def require_lead(store: Store, lead_id: str, as_of: dt.datetime | None = None) -> StoredScore:
    """Find a lead; without it, refuse with 404."""
    score = store.get_lead(lead_id, as_of)
    if score is None:
        raise RequestError(404, "error.lead", lead_id)
    return score


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC)


def _in_list(score: StoredScore, words: PresentationContext) -> dict[str, Any]:
    return {
        "lead_id": score.lead_id,
        "score": score.score,
        "probability": score.probability if words.calibrated else None,
        "stage": score.stage,
        "fit_grade": score.fit_grade,
        "engagement_grade": score.engagement_grade,
        "held_back": score.held_back,
    }


def _moved(store: Store, score: StoredScore, night: StoredRun) -> dict[str, Any]:
    change = store.read_changes(night.night, [score.lead_id]).get(score.lead_id)
    openings = store.read_recourse(night.night, score.lead_id)
    return {
        "change": ChangeAnswer(since=_utc(change.since), **change.causes) if change else None,
        "openings": [
            OpeningAnswer(topic=o.topic, times=o.times, score=o.score, stage=o.stage) for o in openings
        ],
    }


def _lead_answer(
    score: StoredScore, night: StoredRun, language: str, rank: int | None, moved: Mapping[str, Any]
) -> LeadResponse:
    printed = round_points(score.base_score, score.reasons, score.score)
    unmoved = [reason for reason in score.reasons if reason.points == 0]
    return LeadResponse(
        **_in_list(score, night.words),
        **moved,
        as_of=_utc(score.as_of),
        since=_utc(score.since),
        base_score=score.base_score,
        base_score_printed=printed.base,
        score_printed=printed.score,
        base_probability=night.words.base_probability,
        rank=rank,
        language=language,
        reasons=[
            ReasonAnswer(
                topic=reason.topic,
                group="fit" if reason.group == "fit" else "engagement",
                points=reason.points,
                points_printed=printed.points[reason.topic],
                direction=classify_direction(reason.points),
                sentence=format_sentence(reason, night.words, language),
                evidence=_evidence(reason, night.words, language),
                value=_value(reason),
            )
            for reason in [*select_top_reasons(score.reasons, len(score.reasons)), *unmoved]
        ],
        model_version=score.model_version,
        simulated=night.words.simulated,
        agreed=describe_agreement(night.words, language)[0],
    )


def _evidence(reason: Reason, words: PresentationContext, language: str) -> EvidenceAnswer | None:
    counts, told = find_evidence_counts(reason, words), format_evidence_sentence(reason, words, language)
    if counts is None or told is None or words.evidence is None:
        return None
    return EvidenceAnswer(
        snapshots=counts.snapshots,
        leads=counts.leads,
        win_rate=counts.win_rate,
        all_win_rate=words.evidence.all.win_rate,
        sentence=told,
    )


def _value(reason: Reason) -> str | float | bool | dict[str, str | float | None] | None:
    return dict(reason.value) if isinstance(reason.value, Mapping) else reason.value
