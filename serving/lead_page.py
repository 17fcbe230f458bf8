"""The HTML page of one lead."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from leadlight.serving.api import require_lead, require_night
from leadlight.serving.change_text import describe_change, describe_recourse
from leadlight.serving.rendering import build_url, render_page
from leadlight.serving.request_params import negotiate_language
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store import Store, StoredRun, StoredScore
from leadlight.serving.text.chance import explain_ranks, find_age_group, format_chance
from leadlight.serving.text.evidence import format_evidence_note
from leadlight.serving.text.formatting import format_datetime, format_lift, format_probability, format_signed
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
    """Create the route of the lead page.

    Parameters
    ----------
    store : Store

    Returns
    -------
    fastapi.APIRouter
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/leads/{lead_id:path}", response_class=HTMLResponse)
    def show_lead(request: Request, lead_id: str) -> HTMLResponse:
        night = require_night(store)
        language = negotiate_language(request, night.words.language_default)
        score = require_lead(store, lead_id)
        language_param = request.query_params.get("language")
        return render_page(
            request,
            "lead.html",
            language,
            night.words,
            back=build_url("/", language=language_param),
            **_build_score_context(score, night, language),
            **_build_change_context(store, score, night, language),
        )

    return router


def _build_score_context(score: StoredScore, night: StoredRun, language: str) -> dict[str, Any]:
    words = night.words
    group = find_age_group(score.reasons, words)
    chart = build_waterfall(score)
    return {
        "score": score,
        "display": score.display,
        "printed": chart.rounded.score,
        "stage_label": label_stage_long(score.stage, language),
        "held_back": label_held_back(score.held_back, language) if score.held_back else None,
        "hysteresis_note": describe_hysteresis(score.stage, score.score, words, language),
        "chance": format_chance(group, score.probability, (score.rank, score.open_leads), words, language),
        "rank_note": next(iter(explain_ranks([group], words, language)), None),
        "average": format_probability(words.base_probability, language),
        "ratio": format_lift(score.probability, words.base_probability, language),
        "grades": [
            ("fit", score.fit_grade, format_signed(chart.rounded.select_group(score.reasons, "fit"))),
            (
                "engagement",
                score.engagement_grade,
                format_signed(chart.rounded.select_group(score.reasons, "engagement")),
            ),
        ],
        "bars": [_build_bar(bar, words, language) for bar in chart.bars],
        "evidence_note": format_evidence_note(words, language),
        "marks": chart.threshold_positions,
        "sum": _format_sum(chart.rounded, score, language),
        "model_version": score.model_version,
        "as_of": format_datetime(score.as_of, words.timezone, language, with_time=True),
        "since": format_datetime(score.since, words.timezone, language) if score.since != score.as_of else None,
    }


def _build_change_context(store: Store, score: StoredScore, night: StoredRun, language: str) -> dict[str, Any]:
    change = store.read_changes(night.night, [score.lead_id]).get(score.lead_id)
    recourse = store.read_recourse(night.night, score.lead_id)
    return {
        "change": describe_change(change, score.score, night.words, language) if change else None,
        "recourse": describe_recourse(recourse, night.words, language),
    }


def _build_bar(bar: Bar, words: PresentationContext, language: str) -> dict[str, Any]:
    return {
        "bar": bar,
        "text": format_bar_text(bar, words, language),
        "evidence": format_bar_evidence(bar, words, language),
        "points": format_bar_points(bar),
        "direction": format_bar_direction(bar, language),
        "tone": _choose_tone(bar),
    }


def _choose_tone(bar: Bar) -> str:
    if is_total(bar):
        return bar.kind
    if bar.rounded == 0:
        return "none"
    return "up" if bar.end >= bar.start else "down"


def _format_sum(rounded: RoundedPoints, score: StoredScore, language: str) -> str:
    fit = rounded.select_group(score.reasons, "fit")
    engagement = rounded.select_group(score.reasons, "engagement")
    return translate(
        language,
        "lead.sum",
        base=rounded.base,
        fit=abs(fit),
        fit_sign=_MINUS if fit < 0 else "+",
        engagement=abs(engagement),
        engagement_sign=_MINUS if engagement < 0 else "+",
        score=rounded.score,
    )
