"""Rows of an export: what a CRM is told of a lead, and which leads it is told of."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from leadlight.models.scoring.calibration_answers import ALL, NEW, OLDER
from leadlight.serving.lead_display import clean_display_text
from leadlight.serving.reasons import Reason, select_top_reasons
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store import ClosedLead, Store, StoredRun, StoredScore
from leadlight.serving.store.view_changes import ViewChange
from leadlight.serving.text.chance import find_age_group, holds_probability
from leadlight.serving.text.formatting import MAX_PROBABILITY, MIN_PROBABILITY, format_signed
from leadlight.serving.text.reason_text import format_sentence
from leadlight.serving.text.rounding import display_score
from leadlight.serving.waterfall import round_points

__all__ = ["MAX_REASONS", "MAX_REASON_LENGTH", "Comparison", "ExportRow", "choose_comparison", "stream_rows"]

MAX_REASONS = 3
MAX_REASON_LENGTH = 255
"""Characters of a reason: a text field of Salesforce holds no more."""


class ExportRow(NamedTuple):
    """What a CRM is told of one lead.

    Parameters
    ----------
    lead_id : str
    stage : str
        ``lead``, ``marketing_qualified``, ``sales_qualified`` or ``closed``.
    scored_at : datetime
        As-of time of the night, of a closed lead that of the night that closed it; naive, UTC.
    score : int or None
        Whole points as on the pages; None for a closed lead, as all below.
    probability : float or None
        0.001 to 0.99, where the calibration check holds for leads of its age.
    rank : int or None
        Place among the open leads by probability, where it does not hold.
    fit, engagement : str or None
        A to D and 1 to 4.
    reasons : tuple of str
        The three that move the score most, one sentence each with its points.
    email : str or None
    score_before : int or None
        Whole points after the run before; None if the lead was not scored then.
    is_known : bool
        Whether the CRM may hold values of this lead.
    had_other_chance : bool
        Whether it may hold a rank where there is a probability now, or the other way round.
    """

    lead_id: str
    stage: str
    scored_at: dt.datetime
    score: int | None = None
    probability: float | None = None
    rank: int | None = None
    fit: str | None = None
    engagement: str | None = None
    reasons: tuple[str, ...] = ()
    email: str | None = None
    score_before: int | None = None
    is_known: bool = True
    had_other_chance: bool = True

    @property
    def grade(self) -> str | None:
        """Both grades, such as B2."""
        return self.fit + self.engagement if self.fit and self.engagement else None


class Comparison(NamedTuple):
    """The run that an export is compared with, and why it holds every lead if it does.

    Parameters
    ----------
    before : StoredRun or None
        The last run of an earlier as-of time; None if there is none.
    whole : str or None
        Why every lead is written, as the end of a sentence; None if only changed ones are.
    """

    before: StoredRun | None
    whole: str | None


def choose_comparison(store: Store, run: StoredRun, everything: bool) -> Comparison:
    """Choose the run to compare with, and whether changed leads are enough.

    They are not where the CRM may hold values of a night that was replaced or taken back since.

    Parameters
    ----------
    run : StoredRun
        The newest.
    everything : bool
        Whether all leads are asked for.
    """
    earlier = next((known for known in store.list_runs(run.as_of) if known.as_of < run.as_of), None)
    if earlier is None:
        return Comparison(None, "no earlier night is stored")
    before = store.get_latest_run(earlier.as_of)
    if everything:
        return Comparison(before, "--all was given")
    if run.night - earlier.night > 1:
        return Comparison(before, "this moment was scored more than once")
    if store.was_withdrawn(earlier.as_of):
        return Comparison(before, "a night was taken back since")
    return Comparison(before, None)


def stream_rows(store: Store, run: StoredRun, comparison: Comparison) -> Iterator[ExportRow]:
    """Stream the rows of an export by lead id.

    Parameters
    ----------
    run : StoredRun
        The newest.
    comparison : Comparison

    Yields
    ------
    ExportRow
        Every lead, closed ones included; or the leads whose whole points, stage, grades or kind of chance differ from
        the run before, those that are new, and those gone since.
    """
    words = [night.words for night in (run, comparison.before) if night is not None]
    kinds = {holds_probability(group, context) for context in words for group in (ALL, NEW, OLDER)}
    # a probability can become a rank although the lead has no new row in the store
    every = comparison.whole is not None or len(kinds) > 1
    for change in store.stream_changes(run, comparison.before, every):
        row = _build_row(change, run, comparison)
        if comparison.whole is not None or _is_changed(change, row):
            yield row


def _is_changed(change: ViewChange, row: ExportRow) -> bool:
    now, before = change
    if isinstance(now, ClosedLead) or before is None:
        return isinstance(now, ClosedLead) != (before is None)
    return (
        row.had_other_chance
        or row.score != row.score_before
        or (now.stage, now.fit_grade, now.engagement_grade) != (before.stage, before.fit_grade, before.engagement_grade)
    )


def _build_row(change: ViewChange, run: StoredRun, comparison: Comparison) -> ExportRow:
    now, before = change
    if isinstance(now, ClosedLead):
        return ExportRow(now.lead_id, now.stage, now.as_of)
    words = run.words
    holds = holds_probability(find_age_group(now.reasons, words), words)
    held = None
    if before is not None and comparison.before is not None:
        earlier = comparison.before.words
        held = holds_probability(find_age_group(before.reasons, earlier), earlier)
    whole = comparison.whole is not None
    return ExportRow(
        lead_id=now.lead_id,
        stage=now.stage,
        scored_at=run.as_of,
        score=display_score(now.score),
        probability=round(min(max(now.probability, MIN_PROBABILITY), MAX_PROBABILITY), 3) if holds else None,
        rank=None if holds else now.rank,
        fit=now.fit_grade,
        engagement=now.engagement_grade,
        reasons=_format_reasons(now, words),
        email=now.display.email if now.display else None,
        score_before=None if before is None else display_score(before.score),
        is_known=whole or before is not None,
        had_other_chance=whole or (held is not None and held != holds),
    )


def _format_reasons(score: StoredScore, words: PresentationContext) -> tuple[str, ...]:
    points = round_points(score.base_score, score.reasons, score.score).points
    return tuple(
        _format_reason(reason, points[reason.topic], words) for reason in select_top_reasons(score.reasons, MAX_REASONS)
    )


def _format_reason(reason: Reason, points: int, words: PresentationContext) -> str:
    # points stand last: a cell that begins with a sign is a formula to a spreadsheet
    end = f" ({format_signed(points)})"
    sentence = clean_display_text(format_sentence(reason, words, words.language_default)) or reason.topic
    if len(sentence) + len(end) > MAX_REASON_LENGTH:
        sentence = sentence[: MAX_REASON_LENGTH - len(end) - 1].rstrip() + "…"
    return sentence + end
