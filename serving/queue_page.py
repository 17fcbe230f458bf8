"""The HTML queue of leads by score."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from leadlight.models.scoring.anchors import STAGES
from leadlight.serving.api import require_night
from leadlight.serving.change_text import ChangeText, describe_change
from leadlight.serving.lead_display import LeadDisplay, clean_display_text
from leadlight.serving.rendering import build_lead_path, build_url, render_page
from leadlight.serving.request_params import MAX_SEARCH_LENGTH, OwnerParam, SearchParam, negotiate_language
from leadlight.serving.schemas import StageName
from leadlight.serving.score_changes import Change
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store import Store, StoredScore
from leadlight.serving.text import format_phrase, select_top_reasons
from leadlight.serving.text.chance import explain_ranks, find_age_group, format_chance
from leadlight.serving.text.formatting import format_datetime, format_number, format_signed
from leadlight.serving.text.labels import describe_hysteresis, label_held_back, label_stage, label_stage_long
from leadlight.serving.text.messages import translate
from leadlight.serving.waterfall import round_points

__all__ = ["create_queue_router"]

MAX_LEADS_PER_PAGE = 25
MAX_REASONS = 3


class _Row(NamedTuple):
    rank: str
    lead_id: str
    title: str
    display: LeadDisplay | None
    link: str
    printed: int
    score: float
    group: str
    chance: str
    stage: str
    stage_label: str
    stage_title: str
    grade: str
    held_back: str | None
    hysteresis_note: str | None
    change: ChangeText | None
    reasons: list[tuple[str, str, str]]


def create_queue_router(store: Store) -> APIRouter:
    """Create the route of the queue.

    Parameters
    ----------
    store : Store

    Returns
    -------
    fastapi.APIRouter
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/", response_class=HTMLResponse)
    def show_queue(
        request: Request,
        stage: Annotated[StageName | None, Query()] = None,
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        q: SearchParam = None,
        owner: OwnerParam = None,
    ) -> HTMLResponse:
        night = require_night(store)
        language = negotiate_language(request, night.words.language_default)
        search, owner = clean_display_text(q or ""), owner or None
        counts = {name: store.count(name, search, owner) for name in (None, *STAGES)}
        total = counts[stage]
        offset = (page - 1) * MAX_LEADS_PER_PAGE
        leads = store.list_current(MAX_LEADS_PER_PAGE, offset, stage, search, owner)
        changes = store.read_changes(night.night, [lead.lead_id for lead in leads])
        rows = [
            _build_row(lead, offset + place, night.words, language, changes.get(lead.lead_id))
            for place, lead in enumerate(leads, 1)
        ]
        kept = {"q": search, "owner": owner, "language": request.query_params.get("language")}
        return render_page(
            request,
            "queue.html",
            language,
            night.words,
            rows=rows,
            rank_notes=explain_ranks((row.group for row in rows), night.words, language),
            total=total,
            as_of=format_datetime(night.as_of, night.words.timezone, language),
            model_version=night.model_version,
            filters=_build_filters(counts, stage, kept, language),
            search=search,
            owner=owner,
            owner_links={name: build_url("/", **(kept | {"owner": name})) for name in _list_owners(rows)},
            without_search=build_url("/", stage=stage, language=kept["language"]),
            hidden=[(name, value) for name, value in (kept | {"q": None, "stage": stage}).items() if value is not None],
            max_search_length=MAX_SEARCH_LENGTH,
            range=(
                format_number(offset + 1, language),
                format_number(offset + len(rows), language),
                format_number(total, language),
            ),
            previous=build_url("/", stage=stage, page=page - 1, **kept) if page > 1 else None,
            next=build_url("/", stage=stage, page=page + 1, **kept) if offset + MAX_LEADS_PER_PAGE < total else None,
        )

    return router


def _build_filters(
    counts: dict[str | None, int], chosen: str | None, kept: Mapping[str, str | None], language: str
) -> list[tuple[str, str, str, str, bool]]:
    return [
        (
            name or "all",
            label_stage(name, language) if name else translate(language, "queue.all"),
            format_number(count, language),
            build_url("/", stage=name, **kept),
            name == chosen,
        )
        for name, count in [(name, counts[name]) for name in (None, *reversed(STAGES))]
    ]


def _list_owners(rows: Sequence[_Row]) -> list[str]:
    return sorted({row.display.owner for row in rows if row.display and row.display.owner})


def _build_row(score: StoredScore, rank: int, words: PresentationContext, language: str, change: Change | None) -> _Row:
    rounded = round_points(score.base_score, score.reasons, score.score)
    group = find_age_group(score.reasons, words)
    return _Row(
        rank=format_number(rank, language),
        lead_id=score.lead_id,
        title=score.title,
        display=score.display,
        link=build_lead_path(score.lead_id),
        printed=rounded.score,
        score=round(score.score, 3),
        group=group,
        chance=format_chance(group, score.probability, (score.rank, score.open_leads), words, language),
        stage=score.stage,
        stage_label=label_stage(score.stage, language),
        stage_title=label_stage_long(score.stage, language),
        grade=score.fit_grade + score.engagement_grade,
        held_back=label_held_back(score.held_back, language) if score.held_back else None,
        hysteresis_note=describe_hysteresis(score.stage, score.score, words, language),
        change=describe_change(change, score.score, words, language) if change else None,
        reasons=[
            (
                "up" if reason.points > 0 else "down",
                format_signed(rounded.points[reason.topic]),
                format_phrase(reason, words, language),
            )
            for reason in select_top_reasons(score.reasons, MAX_REASONS)
        ],
    )
