"""Score changes between two runs, and recourse: activities that would lift a lead over a threshold."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Literal, NamedTuple

from leadlight.models.scoring.score_change import CAUSES
from leadlight.serving.text.rounding import display_score, distribute_largest_remainder

__all__ = ["Change", "Recourse", "TopicChange", "round_change"]


class TopicChange(NamedTuple):
    """Contribution of one topic to one cause of a change.

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


class Change(NamedTuple):
    """Change of a score between two runs, decomposed by cause.

    Parameters
    ----------
    lead_id : str
    since : datetime
        As-of time of the earlier run; naive, UTC.
    causes : mapping of str to float
        Score points of each of :data:`.CAUSES`; they add up to the difference of the scores.
    topics : tuple of TopicChange
        The largest contributions, not all.
    """

    lead_id: str
    since: dt.datetime
    causes: Mapping[str, float]
    topics: tuple[TopicChange, ...] = ()

    @property
    def total(self) -> float:
        """Total change of the score."""
        return sum(self.causes.values())

    def dump_topics(self) -> str:
        """Serialize the topics as JSON."""
        return json.dumps(self.topics, ensure_ascii=False)

    @staticmethod
    def parse_topics(text: str) -> tuple[TopicChange, ...]:
        """Parse the output of :meth:`dump_topics`."""
        return tuple(TopicChange(*entry) for entry in json.loads(text))


class Recourse(NamedTuple):
    """A small change of activity with a score at or above the next threshold.

    Parameters
    ----------
    lead_id : str
    stage : str
        ``marketing_qualified`` or ``sales_qualified``, the stage it would reach.
    topic : str
        The signal.
    times : int
        Additional activities.
    score : float
        The score it would have.
    """

    lead_id: str
    stage: Literal["lead", "marketing_qualified", "sales_qualified"]
    topic: str
    times: int
    score: float


def round_change(change: Change, score: float) -> tuple[int, dict[str, int]]:
    """Round a change so that its causes add up to the difference of the displayed scores.

    Parameters
    ----------
    change : Change
    score : float
        The later score, 0 to 100.

    Returns
    -------
    total : int
        Difference of the two displayed scores.
    causes : dict of str to int
        In the order of :data:`leadlight.models.scoring.score_change.CAUSES`.
    """
    total = display_score(score) - display_score(score - change.total)
    values = [change.causes.get(cause, 0.0) for cause in CAUSES]
    rounded = distribute_largest_remainder(values, total)
    if rounded is None:  # display_score keeps a score below its threshold, which can cost a point
        rounded = [round(value) for value in values]
        largest = max(range(len(values)), key=lambda place: abs(values[place]))
        rounded[largest] += total - sum(rounded)
    return total, dict(zip(CAUSES, rounded, strict=True))
