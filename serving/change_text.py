"""Score changes and recourse as text, for pages and terminal."""

from collections.abc import Iterable
from typing import NamedTuple

from leadlight.serving.score_changes import Change, Recourse, round_change
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.formatting import format_datetime, format_signed
from leadlight.serving.text.labels import label_stage
from leadlight.serving.text.messages import translate, translate_plural
from leadlight.serving.text.reason_text import label_topic
from leadlight.serving.text.rounding import display_score

__all__ = ["Cause", "ChangeText", "RecourseText", "describe_change", "describe_recourse"]


class Cause(NamedTuple):
    """Text of one cause.

    Parameters
    ----------
    label : str
    points : str
        Signed whole points.
    tone : str
        ``up`` or ``down``.
    topics : str
        Topics that contributed most; may be empty.
    """

    label: str
    points: str
    tone: str
    topics: str


class ChangeText(NamedTuple):
    """Text of a score change.

    Parameters
    ----------
    title : str
        The date of the earlier run.
    total : str
        Signed whole points.
    tone : str
        ``up``, ``down`` or ``none``.
    causes : list of Cause
        Causes of at least one point, largest first; they add up to the total.
    short : str
        Total and date, for lists.
    """

    title: str
    total: str
    tone: str
    causes: list[Cause]
    short: str


class RecourseText(NamedTuple):
    """Text of a recourse option: the activity, and the score it leads to."""

    text: str
    score: str


def describe_change(change: Change, score: float, words: PresentationContext, language: str) -> ChangeText:
    """Describe a score change.

    Parameters
    ----------
    change : Change
    score : float
        The later score, 0 to 100.
    words : PresentationContext
        Of the later run.
    language : str

    Returns
    -------
    ChangeText
    """
    total, causes = round_change(change, score)
    day = format_datetime(change.since, words.timezone, language)
    nonzero = sorted((item for item in causes.items() if item[1]), key=lambda item: -abs(item[1]))
    return ChangeText(
        title=translate(language, "change.title", date=day),
        total=format_signed(total),
        tone=_choose_tone(total),
        causes=[
            Cause(
                translate(language, f"change.{cause}"),
                format_signed(points),
                _choose_tone(points),
                ", ".join(
                    label_topic(part.topic, words, language)
                    for part in change.topics
                    if part.cause == cause and part.points * points > 0
                ),
            )
            for cause, points in nonzero
        ],
        short=translate(language, "change.short", points=format_signed(total), date=day),
    )


def describe_recourse(recourse: Iterable[Recourse], words: PresentationContext, language: str) -> list[RecourseText]:
    """Describe recourse options, in the given order."""
    return [
        RecourseText(
            translate_plural(language, "opening.line", option.times, label=label_topic(option.topic, words, language)),
            translate(
                language, "opening.score", score=display_score(option.score), stage=label_stage(option.stage, language)
            ),
        )
        for option in recourse
    ]


def _choose_tone(points: int) -> str:
    return "none" if points == 0 else "up" if points > 0 else "down"
