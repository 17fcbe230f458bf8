"""What changed, and what would help, in words and numbers: the same on a page and in a terminal."""

from collections.abc import Iterable
from dataclasses import dataclass

from leadlight.serving.score_changes import Change, Opening, printed_change
from leadlight.serving.scoring_run import NightWords
from leadlight.serving.text.formatting import moment, signed
from leadlight.serving.text.labels import stage
from leadlight.serving.text.messages import tell, tell_count
from leadlight.serving.text.reason_text import label
from leadlight.serving.text.rounding import printed_score

__all__ = ["Cause", "ChangeTold", "OpeningTold", "change_told", "openings_told"]


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
class ChangeTold:
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
class OpeningTold:
    """What would help, in words: what, and what score it would come with."""

    text: str
    score: str


def change_told(change: Change, score: float, words: NightWords, language: str) -> ChangeTold:
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
    total, causes = printed_change(change, score)
    day = moment(change.since, words.timezone, language)
    moved = sorted((item for item in causes.items() if item[1]), key=lambda item: -abs(item[1]))
    return ChangeTold(
        title=tell(language, "change.title", date=day),
        total=signed(total),
        tone=_tone(total),
        causes=[
            Cause(
                tell(language, f"change.{cause}"),
                signed(points),
                _tone(points),
                ", ".join(
                    label(moved.topic, words, language)
                    for moved in change.topics
                    if moved.cause == cause and moved.points * points > 0
                ),
            )
            for cause, points in moved
        ],
        short=tell(language, "change.short", points=signed(total), date=day),
    )


def openings_told(openings: Iterable[Opening], words: NightWords, language: str) -> list[OpeningTold]:
    """Tell what would carry a lead over its next threshold, in the order given."""
    return [
        OpeningTold(
            tell_count(language, "opening.line", opening.times, label=label(opening.topic, words, language)),
            tell(
                language,
                "opening.score",
                score=printed_score(opening.score),
                stage=stage(opening.stage, language),
            ),
        )
        for opening in openings
    ]


def _tone(points: int) -> str:
    return "none" if points == 0 else "up" if points > 0 else "down"
