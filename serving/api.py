"""The JSON API."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from leadlight.serving.clock import get_now_utc
from leadlight.serving.lead_display import LeadDisplay
from leadlight.serving.request_params import OwnerParam, RequestError, SearchParam, negotiate_language, parse_as_of
from leadlight.serving.schemas import (
    ChangeResponse,
    DisplayResponse,
    ErrorResponse,
    EvidenceResponse,
    HealthResponse,
    LeadListResponse,
    LeadResponse,
    LeadSummary,
    ReasonResponse,
    RecourseResponse,
    StageName,
)
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store import Store, StoredRun, StoredScore
from leadlight.serving.text import Reason, format_sentence, select_top_reasons
from leadlight.serving.text.chance import find_age_group, holds_probability
from leadlight.serving.text.evidence import classify_direction, find_evidence_counts, format_evidence_sentence
from leadlight.serving.text.labels import describe_agreement
from leadlight.serving.waterfall import round_points

__all__ = ["create_api_router"]

_ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorResponse, "description": "A value of the request is not allowed."},
    503: {"model": ErrorResponse, "description": "No scores are stored yet, or the store cannot be reached."},
}
_NOT_FOUND_RESPONSE: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorResponse, "description": "No open lead has this id."}
}
_Language = Annotated[str | None, Query(description="en or de; else as in Accept-Language.")]
_AsOf = Annotated[str | None, Query(description="As it was shown at this ISO date or time; UTC.")]


def create_api_router(store: Store) -> APIRouter:
    """Create the JSON routes.

    Parameters
    ----------
    store : Store

    Returns
    -------
    fastapi.APIRouter
    """
    router = APIRouter(tags=["api"])

    @router.get("/health", responses={503: _ERROR_RESPONSES[503]})
    def get_health() -> HealthResponse:
        """Report whether scores can be shown, of which run, and whether it is old: 200 also for an old one."""
        return _describe_health(store.get_latest_run())

    @router.get("/health/night", responses={503: {"model": HealthResponse, "description": "No run, or an old one."}})
    def get_night_health(response: Response) -> HealthResponse:
        """Report the same, with 503 unless the newest run is as new as it has to be: for monitors."""
        health = _describe_health(store.get_latest_run())
        response.status_code = 200 if health.status == "ok" else 503
        return health

    @router.get("/api/leads", responses=_ERROR_RESPONSES)
    def list_leads(
        limit: Annotated[int, Query(ge=1, le=500, description="Leads to list.")] = 50,
        offset: Annotated[int, Query(ge=0, le=1_000_000_000, description="Leads to skip.")] = 0,
        stage: Annotated[StageName | None, Query(description="Only leads in this stage.")] = None,
        q: SearchParam = None,
        owner: OwnerParam = None,
    ) -> LeadListResponse:
        """List leads, highest score first."""
        night = require_night(store)
        leads = store.list_current(limit, offset, stage, q, owner)
        return LeadListResponse(
            as_of=_mark_utc(night.as_of),
            total=store.count(stage, q, owner),
            limit=limit,
            offset=offset,
            leads=[LeadSummary(**_summarize_lead(lead, night.words)) for lead in leads],
        )

    @router.get("/api/leads/{lead_id:path}", responses=_ERROR_RESPONSES | _NOT_FOUND_RESPONSE)
    def get_lead(request: Request, lead_id: str, language: _Language = None, as_of: _AsOf = None) -> LeadResponse:
        """Get the score of one lead with all its reasons."""
        moment = parse_as_of(as_of)
        night = require_night(store, moment)
        chosen = negotiate_language(request, night.words.language_default)
        score = require_lead(store, lead_id, moment)
        return _build_lead(score, night, chosen, _build_changes(store, score, night))

    return router


def require_night(store: Store, as_of: dt.datetime | None = None) -> StoredRun:
    """Get the latest run, or the run of a moment; raise 503 if there is none."""
    night = store.get_latest_run(as_of)
    if night is None:
        raise RequestError(503, "error.night")
    return night


def require_lead(store: Store, lead_id: str, as_of: dt.datetime | None = None) -> StoredScore:
    """Get the score of an open lead; raise 404 if there is none."""
    score = store.get_lead(lead_id, as_of)
    if score is None:
        raise RequestError(404, "error.lead", lead_id)
    return score


def _describe_health(night: StoredRun | None) -> HealthResponse:
    if night is None:
        return HealthResponse(status="empty", latest_run=None, model_version=None, leads=0, max_age_hours=None)
    return HealthResponse(
        status="old" if night.is_old(get_now_utc()) else "ok",
        latest_run=_mark_utc(night.as_of),
        model_version=night.model_version,
        leads=night.leads,
        max_age_hours=night.words.max_age_hours,
    )


def _mark_utc(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC)


def _summarize_lead(score: StoredScore, words: PresentationContext) -> dict[str, Any]:
    return {
        "lead_id": score.lead_id,
        "display": _build_display(score.display) if score.display else None,
        "score": score.score,
        "probability": score.probability,
        "probability_holds": holds_probability(find_age_group(score.reasons, words), words),
        "rank": score.rank,
        "open_leads": score.open_leads,
        "stage": score.stage,
        "fit_grade": score.fit_grade,
        "engagement_grade": score.engagement_grade,
        "stage_limited_by": score.held_back,
    }


def _build_display(display: LeadDisplay) -> DisplayResponse:
    return DisplayResponse(
        name=display.name,
        company=display.company,
        phone=display.phone,
        email=display.email,
        owner=display.owner,
        link=display.web_link,
    )


def _build_changes(store: Store, score: StoredScore, night: StoredRun) -> dict[str, Any]:
    change = store.read_changes(night.night, [score.lead_id]).get(score.lead_id)
    recourse = store.read_recourse(night.night, score.lead_id)
    return {
        "change": ChangeResponse(since=_mark_utc(change.since), **change.causes) if change else None,
        "recourse": [RecourseResponse(topic=r.topic, times=r.times, score=r.score, stage=r.stage) for r in recourse],
    }


def _build_lead(score: StoredScore, night: StoredRun, language: str, changes: Mapping[str, Any]) -> LeadResponse:
    rounded = round_points(score.base_score, score.reasons, score.score)
    zero = [reason for reason in score.reasons if reason.points == 0]
    return LeadResponse(
        **_summarize_lead(score, night.words),
        **changes,
        as_of=_mark_utc(score.as_of),
        since=_mark_utc(score.since),
        base_score=score.base_score,
        season_points=night.words.season_points,
        base_score_rounded=rounded.base,
        score_rounded=rounded.score,
        base_probability=night.words.base_probability,
        language=language,
        reasons=[
            ReasonResponse(
                topic=reason.topic,
                group="fit" if reason.group == "fit" else "engagement",
                points=reason.points,
                points_rounded=rounded.points[reason.topic],
                direction=classify_direction(reason.points),
                sentence=format_sentence(reason, night.words, language),
                evidence=_build_evidence(reason, night.words, language),
                value=_convert_value(reason),
            )
            for reason in [*select_top_reasons(score.reasons, len(score.reasons)), *zero]
        ],
        model_version=score.model_version,
        simulated=night.words.simulated,
        policy_agreed=describe_agreement(night.words, language)[0],
    )


def _build_evidence(reason: Reason, words: PresentationContext, language: str) -> EvidenceResponse | None:
    counts = find_evidence_counts(reason, words)
    sentence = format_evidence_sentence(reason, words, language)
    if counts is None or sentence is None or words.evidence is None:
        return None
    return EvidenceResponse(
        snapshots=counts.snapshots,
        leads=counts.leads,
        win_rate=counts.win_rate,
        all_win_rate=words.evidence.all.win_rate,
        sentence=sentence,
    )


def _convert_value(reason: Reason) -> str | float | bool | dict[str, str | float | None] | None:
    return dict(reason.value) if isinstance(reason.value, Mapping) else reason.value
