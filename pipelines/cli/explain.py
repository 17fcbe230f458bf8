"""``leadlight explain``: score and reasons of one stored lead as a table."""

from rich.markup import escape
from rich.table import Table

from leadlight.features.errors import StoreError
from leadlight.pipelines.workspace.as_of import parse_as_of
from leadlight.pipelines.workspace.score_store import open_existing_store
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.change_text import describe_change, describe_recourse
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store import Store, StoredRun, StoredScore
from leadlight.serving.text import labels
from leadlight.serving.text.chance import explain_ranks, find_age_group, format_chance, holds_probability
from leadlight.serving.text.evidence import format_evidence_note
from leadlight.serving.text.formatting import format_datetime, format_probability
from leadlight.serving.text.messages import translate, validate_language
from leadlight.serving.waterfall import build_waterfall
from leadlight.serving.waterfall_text import format_bar_evidence, format_bar_points, format_bar_text, is_total

__all__ = ["explain"]

EMPTY = "Got none: run `leadlight score` first."


def explain(workdir: Workdir, lead_id: str | None, as_of: str | None, language: str, with_name: bool = False) -> Table:
    """Return one lead's reasons as a table whose integers add up to its score.

    Parameters
    ----------
    workdir : Workdir
        Where the store is.
    lead_id : str or None
        The lead; the first of the queue if None.
    as_of : str or None
        Day or moment in the time zone of the newest night; that night itself if None.
    language : str
        Language of the words.
    with_name : bool
        Whether to show what people call the lead, which belongs on no log.

    Raises
    ------
    StoreError
        If the language is not known, or the lead has no score.
    """
    validate_language(language)
    with open_existing_store(workdir) as store:
        if store is None:
            raise StoreError(f"The store must hold a night to explain a lead. {EMPTY}")
        if lead_id is None and (first := store.list_current(1)):
            lead_id = first[0].lead_id
        night = store.get_latest_run()
        asked = parse_as_of(as_of, night.words.timezone).to_pydatetime() if as_of and night else None
        night = store.get_latest_run(asked)
        score = store.get_lead(lead_id, as_of=asked) if lead_id is not None else None
        moved = _describe_changes(store, score, night, language) if score and night else []
    if lead_id is None:
        raise StoreError(f"The store must hold a night to explain a lead. {EMPTY}")
    if score is None or night is None:
        raise StoreError(f"The lead must have a score in the store. Got {lead_id!r}, which has none.")
    return _build_table(score if with_name else score._replace(display=None), night.words, language, moved)


def _describe_changes(store: Store, score: StoredScore, night: StoredRun, language: str) -> list[str]:
    """Describe the change since the run before, and recourse, one line each."""
    lines = []
    change = store.read_changes(night.night, [score.lead_id]).get(score.lead_id)
    if change is not None:
        text = describe_change(change, score.score, night.words, language)
        causes = [
            f"{cause.points} {cause.label}" + (f" ({cause.topics})" if cause.topics else "") for cause in text.causes
        ]
        lines.append(f"{text.title}: {', '.join(causes) or translate(language, 'change.none')}")
    openings = describe_recourse(store.read_recourse(night.night, score.lead_id), night.words, language)
    if openings:
        ways = ", ".join(f"{way.text} ({way.score})" for way in openings)
        lines.append(f"{translate(language, 'opening.title')}: {ways}. {translate(language, 'opening.note')}")
    return lines


def _build_table(score: StoredScore, words: PresentationContext, language: str, moved: list[str]) -> Table:
    bars = build_waterfall(score)
    stage = labels.label_stage_long(score.stage, language)
    if score.held_back:
        stage += f" ({labels.label_held_back(score.held_back, language)})"
    if kept := labels.describe_hysteresis(score.stage, score.score, words, language):
        stage += f" ({kept})"
    grades = f"{score.fit_grade}{score.engagement_grade}"
    facts = [str(bars.rounded.score), stage, grades]
    group = find_age_group(score.reasons, words)
    chance = format_chance(group, score.probability, (score.rank, score.open_leads), words, language)
    if holds_probability(group, words):
        chance += f" (Ø {format_probability(words.base_probability, language)})"
    facts.append(chance)
    facts.append(format_datetime(score.as_of, words.timezone, language))
    caption = "\n".join([*moved, *explain_ranks([group], words, language), translate(language, "page.associated")])
    if any(format_bar_evidence(line, words, language) for line in bars.bars):
        caption += "\n" + format_evidence_note(words, language)
    if words.simulated:
        caption += "\n" + translate(language, "page.simulated")
    name = score.lead_id if score.title == score.lead_id else f"{score.title} ({score.lead_id})"
    table = Table(
        title=escape(f"{name}: ") + " · ".join(facts),
        title_justify="left",
        title_style="bold",
        show_header=False,
        caption=escape(caption),
        caption_justify="left",
    )
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for line in bars.bars:
        style = "bold" if is_total(line) else None
        text = escape(format_bar_text(line, words, language))
        if evidence := format_bar_evidence(line, words, language):
            text += f"\n[dim]{escape(evidence)}[/dim]"
        table.add_row(format_bar_points(line), text, style=style)
    return table
