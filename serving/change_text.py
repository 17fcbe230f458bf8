"""What changed, and what would help, in words and numbers: the same on a page and in a terminal."""

from collections.abc import Iterable
from dataclasses import dataclass

from leadlight.serving.score_changes import Change, Recourse, round_change
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.formatting import format_datetime, format_signed
from leadlight.serving.text.labels import label_stage
from leadlight.serving.text.messages import translate, translate_plural
from leadlight.serving.text.reason_text import label_topic
from leadlight.serving.text.rounding import display_score

__all__ = ["Cause", "ChangeText", "RecourseText", "describe_change", "describe_recourse"]


@dataclass(frozen=True)
class Cause:
    """One cause in words.

    Parameters
    ----------
    label : str
    points : str
        Whole points with their sign.
    tone : str
        ``up`` or ``down``.
    topics : str
        The topics that did most of it; may be empty.
    """

    label: str
    points: str
    tone: str
    topics: str


@dataclass(frozen=True)
class ChangeText:
    """A change in words.

    Parameters
    ----------
    title : str
        Since when.
    total : str
        Whole points with their sign.
    tone : str
        ``up``, ``down`` or ``none``.
    causes : list of Cause
        Those of at least one printed point, the largest first; they add up to the total.
    short : str
        The total and the day, for lists.
    """

    title: str
    total: str
    tone: str
    causes: list[Cause]
    short: str


@dataclass(frozen=True)
class RecourseText:
    """What would help, in words: what, and what score it would come with."""

    text: str
    score: str


def describe_change(change: Change, score: float, words: PresentationContext, language: str) -> ChangeText:
    """Tell a change.

    Parameters
    ----------
    change : Change
    score : float
        The later score, 0 to 100.
    words : NightWords
        Of the later night.
    language : str

    Returns
    -------
    ChangeTold
    """
    total, causes = round_change(change, score)
    day = format_datetime(change.since, words.timezone, language)
    moved = sorted((item for item in causes.items() if item[1]), key=lambda item: -abs(item[1]))
    return ChangeText(
        title=translate(language, "change.title", date=day),
        total=format_signed(total),
        tone=_tone(total),
        causes=[
            Cause(
                translate(language, f"change.{cause}"),
                format_signed(points),
                _tone(points),
                ", ".join(
                    label_topic(moved.topic, words, language)
                    for moved in change.topics
                    if moved.cause == cause and moved.points * points > 0
                ),
            )
            for cause, points in moved
        ],
        short=translate(language, "change.short", points=format_signed(total), date=day),
    )


def describe_recourse(
    openings: Iterable[Recourse], words: PresentationContext, language: str
) -> list[RecourseText]:
    """Tell what would carry a lead over its next threshold, in the order given."""
    return [
        RecourseText(
            translate_plural(
                language, "opening.line", opening.times, label=label_topic(opening.topic, words, language)
            ),
            translate(
                language,
                "opening.score",
                score=display_score(opening.score),
                stage=label_stage(opening.stage, language),
            ),
        )
        for opening in openings
    ]


def _tone(points: int) -> str:
    return "none" if points == 0 else "up" if points > 0 else "down"
