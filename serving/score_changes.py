"""What a lead's score moved by since the night before, and what would carry it over a threshold."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from leadlight.models.scoring.score_change import CAUSES
from leadlight.serving.text.rounding import display_score, distribute_largest_remainder

__all__ = ["Change", "Recourse", "TopicChange", "round_change"]


@dataclass(frozen=True)
class TopicChange:
    """The share of one topic in one cause.

    Parameters
    ----------
    cause : str
        One of :data:`leadlight.models.scoring.score_change.CAUSES`.
    topic : str
    points : float
        Score points.
    """

    cause: str
    topic: str
    points: float


@dataclass(frozen=True)
class Change:
    """What a score moved by between two nights.

    Parameters
    ----------
    lead_id : str
    since : datetime
        The earlier night; naive, UTC.
    causes : mapping of str to float
        Score points of each of :data:`.CAUSES`; they add up to the difference of the scores.
    topics : tuple of TopicChange
        The largest shares of topics, not all.
    """

    lead_id: str
    since: dt.datetime
    causes: Mapping[str, float]
    topics: tuple[TopicChange, ...] = ()

    @property
    def total(self) -> float:
        """Difference of the scores."""
        return sum(self.causes.values())

    def topics_as_text(self) -> str:
        """Write the topics as JSON."""
        return json.dumps([[t.cause, t.topic, t.points] for t in self.topics], ensure_ascii=False)

    @staticmethod
    def topics_from_text(text: str) -> tuple[TopicChange, ...]:
        """Read what :meth:`dump_topics` wrote."""
        return tuple(TopicChange(cause, topic, points) for cause, topic, points in json.loads(text))


@dataclass(frozen=True)
class Recourse:
    """A small change of behaviour that the model would score at or above the next threshold.

    Parameters
    ----------
    lead_id : str
    stage : str
        ``marketing_qualified`` or ``sales_qualified``: the stage that it would reach.
    topic : str
        The signal.
    times : int
        How many times more.
    score : float
        The score it would have.
    """

    lead_id: str
    stage: Literal["lead", "marketing_qualified", "sales_qualified"]
    topic: str
    times: int
    score: float


def round_change(change: Change, score: float) -> tuple[int, dict[str, int]]:
    """Round a change so that the causes add up to the difference of the printed scores.

    Parameters
    ----------
    change : Change
    score : float
        The later score, 0 to 100.

    Returns
    -------
    total : int
        Difference of the two printed scores.
    causes : dict of str to int
        In the order of :data:`leadlight.models.scoring.score_change.CAUSES`.
    """
    total = display_score(score) - display_score(score - change.total)
    values = [change.causes.get(cause, 0.0) for cause in CAUSES]
    whole = distribute_largest_remainder(values, total)
    if whole is None:  # a score that is printed below its threshold takes a point that no rounding gives
        whole = [round(value) for value in values]
        largest = max(range(len(values)), key=lambda place: abs(values[place]))
        whole[largest] += total - sum(whole)
    return total, dict(zip(CAUSES, whole, strict=True))
