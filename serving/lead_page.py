"""The page of one lead: ten seconds to see where it stands and why."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from leadlight.serving.api import require_lead, require_night
from leadlight.serving.change_text import change_told, openings_told
from leadlight.serving.rendering import address, render
from leadlight.serving.request_params import language_of
from leadlight.serving.scoring_run import NightWords
from leadlight.serving.store import Store, StoredNight, StoredScore
from leadlight.serving.text.evidence import evidence_note
from leadlight.serving.text.formatting import chance, moment, number, ratio, signed
from leadlight.serving.text.labels import held_back, kept, stage_long
from leadlight.serving.text.messages import tell
from leadlight.serving.waterfall import Line, Printed, waterfall
from leadlight.serving.waterfall_text import bar_direction, bar_evidence, bar_points, bar_text, is_total

__all__ = ["lead_router"]

_MINUS = "\N{MINUS SIGN}"


def lead_router(store: Store) -> APIRouter:
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
        language = language_of(request, night.words.language_default)
        score = require_lead(store, lead_id)
        asked = request.query_params.get("language")
        return render(
            request,
            "lead.html",
            language,
            night.words,
            back=address("/", language=asked),
            **_shown(score, night, store.rank(score), language),
            **_moved(store, score, night, language),
        )

    return router


def _shown(score: StoredScore, night: StoredNight, rank: int, language: str) -> dict[str, Any]:
    words = night.words
    bars = waterfall(score)
    return {
        "score": score,
        "printed": bars.printed.score,
        "stage_label": stage_long(score.stage, language),
        "held_back": held_back(score.held_back, language) if score.held_back else None,
        "kept": kept(score.stage, score.score, words, language),
        "chance": chance(score.probability, language) if words.calibrated else None,
        "average": chance(words.base_probability, language),
        "ratio": ratio(score.probability, words.base_probability, language),
        "rank": number(rank, language),
        "total": number(night.leads, language),
        "grades": [
            ("fit", score.fit_grade, signed(bars.printed.of_group(score.reasons, "fit"))),
            (
                "engagement",
                score.engagement_grade,
                signed(bars.printed.of_group(score.reasons, "engagement")),
            ),
        ],
        "bars": [_bar(line, words, language) for line in bars.lines],
        "evidence_note": evidence_note(words, language),
        "marks": bars.marks,
        "sum": _sum(bars.printed, score, language),
        "model_version": score.model_version,
        "as_of": moment(score.as_of, words.timezone, language, with_time=True),
        "since": moment(score.since, words.timezone, language) if score.since != score.as_of else None,
    }


def _moved(store: Store, score: StoredScore, night: StoredNight, language: str) -> dict[str, Any]:
    change = store.changes(night.night, [score.lead_id]).get(score.lead_id)
    openings = store.openings(night.night, score.lead_id)
    return {
        "change": change_told(change, score.score, night.words, language) if change else None,
        "openings": openings_told(openings, night.words, language),
    }


def _bar(line: Line, words: NightWords, language: str) -> dict[str, Any]:
    return {
        "line": line,
        "text": bar_text(line, words, language),
        "evidence": bar_evidence(line, words, language),
        "points": bar_points(line),
        "direction": bar_direction(line, language),
        "tone": _tone(line),
    }


def _tone(line: Line) -> str:
    if is_total(line):
        return line.kind
    if line.printed == 0:
        return "none"
    return "up" if line.end >= line.start else "down"


def _sum(printed: Printed, score: StoredScore, language: str) -> str:
    fit = printed.of_group(score.reasons, "fit")
    engagement = printed.of_group(score.reasons, "engagement")
    return tell(
        language,
        "lead.sum",
        base=printed.base,
        fit=abs(fit),
        fit_sign=_MINUS if fit < 0 else "+",
        engagement=abs(engagement),
        engagement_sign=_MINUS if engagement < 0 else "+",
        score=printed.score,
    )
