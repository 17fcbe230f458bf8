"""The page of one lead: ten seconds to see where it stands and why."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from leadlight.serving.api import require_lead, require_night
from leadlight.serving.change_text import describe_change, describe_recourse
from leadlight.serving.rendering import build_url, render_page
from leadlight.serving.request_params import negotiate_language
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store import Store, StoredRun, StoredScore
from leadlight.serving.text.evidence import format_evidence_note
from leadlight.serving.text.formatting import (
    format_datetime,
    format_lift,
    format_number,
    format_probability,
    format_signed,
)
from leadlight.serving.text.labels import describe_hysteresis, label_held_back, label_stage_long
from leadlight.serving.text.messages import translate
from leadlight.serving.waterfall import Bar, RoundedPoints, build_waterfall
from leadlight.serving.waterfall_text import (
    format_bar_direction,
    format_bar_evidence,
    format_bar_points,
    format_bar_text,
    is_total,
)

__all__ = ["create_lead_router"]

_MINUS = "\N{MINUS SIGN}"


def create_lead_router(store: Store) -> APIRouter:
    """Make the route of a lead's page.

    Parameters
    ----------
    store : Store

    Returns
    -------
    fastapi.APIRouter
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/leads/{lead_id:path}", response_class=HTMLResponse)
    def lead(request: Request, lead_id: str) -> HTMLResponse:
        night = require_night(store)
        language = negotiate_language(request, night.words.language_default)
        score = require_lead(store, lead_id)
        asked = request.query_params.get("language")
        return render_page(
            request,
            "lead.html",
            language,
            night.words,
            back=build_url("/", language=asked),
            **_shown(score, night, store.rank(score), language),
            **_moved(store, score, night, language),
        )

    return router


def _shown(score: StoredScore, night: StoredRun, rank: int, language: str) -> dict[str, Any]:
    words = night.words
    bars = build_waterfall(score)
    return {
        "score": score,
        "printed": bars.printed.score,
        "stage_label": label_stage_long(score.stage, language),
        "held_back": label_held_back(score.held_back, language) if score.held_back else None,
        "kept": describe_hysteresis(score.stage, score.score, words, language),
        "chance": format_probability(score.probability, language) if words.calibrated else None,
        "average": format_probability(words.base_probability, language),
        "ratio": format_lift(score.probability, words.base_probability, language),
        "rank": format_number(rank, language),
        "total": format_number(night.leads, language),
        "grades": [
            ("fit", score.fit_grade, format_signed(bars.printed.select_group(score.reasons, "fit"))),
            (
                "engagement",
                score.engagement_grade,
                format_signed(bars.printed.select_group(score.reasons, "engagement")),
            ),
        ],
        "bars": [_bar(line, words, language) for line in bars.lines],
        "evidence_note": format_evidence_note(words, language),
        "marks": bars.threshold_positions,
        "sum": _sum(bars.printed, score, language),
        "model_version": score.model_version,
        "as_of": format_datetime(score.as_of, words.timezone, language, with_time=True),
        "since": format_datetime(score.since, words.timezone, language)
        if score.since != score.as_of
        else None,
    }


def _moved(store: Store, score: StoredScore, night: StoredRun, language: str) -> dict[str, Any]:
    change = store.read_changes(night.night, [score.lead_id]).get(score.lead_id)
    openings = store.read_recourse(night.night, score.lead_id)
    return {
        "change": describe_change(change, score.score, night.words, language) if change else None,
        "openings": describe_recourse(openings, night.words, language),
    }


def _bar(line: Bar, words: PresentationContext, language: str) -> dict[str, Any]:
    return {
        "line": line,
        "text": format_bar_text(line, words, language),
        "evidence": format_bar_evidence(line, words, language),
        "points": format_bar_points(line),
        "direction": format_bar_direction(line, language),
        "tone": _tone(line),
    }


def _tone(line: Bar) -> str:
    if is_total(line):
        return line.kind
    if line.printed == 0:
        return "none"
    return "up" if line.end >= line.start else "down"


def _sum(printed: RoundedPoints, score: StoredScore, language: str) -> str:
    fit = printed.select_group(score.reasons, "fit")
    engagement = printed.select_group(score.reasons, "engagement")
    return translate(
        language,
        "lead.sum",
        base=printed.base,
        fit=abs(fit),
        fit_sign=_MINUS if fit < 0 else "+",
        engagement=abs(engagement),
        engagement_sign=_MINUS if engagement < 0 else "+",
        score=printed.score,
    )
