"""``leadlight explain``: one lead's score in words, as it stands in the store."""

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from features.errors import StoreError
from pipelines.moments import parse_as_of
from pipelines.outputs import Workdir
from serving.bar_words import bar_points, bar_text, is_total
from serving.night import NightWords
from serving.store import StoredScore, open_store
from serving.waterfall import waterfall
from serving.words import business
from serving.words.catalogue import known_language, tell
from serving.words.numbers import chance, moment

__all__ = ["explain"]

EMPTY = "Got none: run `leadlight score` first."


def explain(workdir: Workdir, lead_id: str | None, as_of: str | None, language: str) -> Table:
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

    Raises
    ------
    StoreError
        If the language is not known, or the lead has no score.
    """
    known_language(language)
    database = workdir.store_url.removeprefix("sqlite:///")
    if database != workdir.store_url and not Path(database).exists():
        raise StoreError(f"The store must hold a night to explain a lead. {EMPTY}")
    store = open_store(workdir.store_url)
    try:
        if lead_id is None and (first := store.current(1)):
            lead_id = first[0].lead_id
        night = store.newest_night()
        asked = parse_as_of(as_of, night.words.timezone).to_pydatetime() if as_of and night else None
        night = store.newest_night(asked)
        score = store.lead(lead_id, as_of=asked) if lead_id is not None else None
    finally:
        store.close()
    if lead_id is None:
        raise StoreError(f"The store must hold a night to explain a lead. {EMPTY}")
    if score is None or night is None:
        raise StoreError(f"The lead must have a score in the store. Got {lead_id!r}, which has none.")
    return _table(score, night.words, language)


def _table(score: StoredScore, words: NightWords, language: str) -> Table:
    bars = waterfall(score)
    stage = business.stage_long(score.stage, language)
    if score.held_back:
        stage += f" ({business.held_back(score.held_back, language)})"
    grades = f"{score.fit_grade}{score.engagement_grade}"
    facts = [str(bars.printed.score), stage, grades]
    if words.calibrated:
        facts.append(f"{chance(score.probability, language)} (Ø {chance(words.base_probability, language)})")
    facts.append(moment(score.as_of, words.timezone, language))
    caption = tell(language, "page.associated")
    if words.simulated:
        caption += "\n" + tell(language, "page.simulated")
    table = Table(
        title=escape(f"{score.lead_id}: ") + " · ".join(facts),
        title_justify="left",
        title_style="bold",
        show_header=False,
        caption=caption,
        caption_justify="left",
    )
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for line in bars.lines:
        style = "bold" if is_total(line) else None
        table.add_row(bar_points(line), escape(bar_text(line, words, language)), style=style)
    return table
