"""What a score moved by between two nights, cause by cause; the parts add up exactly.

A lead is scored in between: what is known today of the earlier night, then that at the later moment, then
all that became known since, then by the later model. Each step is one cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["CAUSES", "ScoreBreakdown", "ScoreChangeAttribution", "attribute_score_change"]

#: corrected: records of before the earlier night came, went or were changed later;
#: time_passing: what had happened got older; new_activity: what became known since, activity and attributes;
#: new_model: another model, another calibration or other thresholds
CAUSES = ("new_activity", "time_passing", "corrected", "new_model")

#: log-odds closer than this are the same
SAME_PART = 1e-9


@dataclass(frozen=True)
class ScoreBreakdown:
    """What is said of some leads at one state of knowledge.

    Parameters
    ----------
    base : ndarray, shape (n,)
        Base scores.
    points : ndarray, shape (n, topics)
        Points of each topic.
    score : ndarray, shape (n,)
        base + points.sum(axis=1).
    parts : ndarray, shape (n, topics)
        What the points were made of, in log-odds; NaN where that is not known.
    """

    base: np.ndarray
    points: np.ndarray
    score: np.ndarray
    parts: np.ndarray


@dataclass(frozen=True)
class ScoreChangeAttribution:
    """What moved the scores of some leads.

    Parameters
    ----------
    total : ndarray, shape (n, causes)
        Score points of each of :data:`CAUSES`; a row adds up to the difference of the scores shown.
    topics : ndarray, shape (n, causes, topics)
        The share of each topic; what is left of a total is a moved base score.
    moved : ndarray of bool, shape (n, causes, topics)
        Whether the topic itself moved. Where it did not, its points did only because the same log-odds are
        worth more points at another place of the scale.
    """

    total: np.ndarray
    topics: np.ndarray
    moved: np.ndarray


def attribute_score_change(
    earlier: ScoreBreakdown,
    *,
    after_corrections: ScoreBreakdown,
    after_ageing: ScoreBreakdown,
    after_new_data: ScoreBreakdown,
    after_model_change: ScoreBreakdown,
    later: ScoreBreakdown,
) -> ScoreChangeAttribution:
    """Part the difference of two nights.

    Parameters
    ----------
    earlier : Told
        As shown on the earlier night.
    after_corrections : Told
        By the earlier model of the earlier moment, from what is known of it now.
    after_ageing : Told
        The same knowledge, at the later moment.
    after_new_data : Told
        All that is known at the later moment.
    after_model_change : Told
        The same by the later model.
    later : Told
        As shown on the later night. Where it knew less than is known now, what differs from `after_model_change` is a
        correction too.

    Returns
    -------
    Changes
    """
    steps = [
        ("corrected", earlier, after_corrections),
        ("time_passing", after_corrections, after_ageing),
        ("new_activity", after_ageing, after_new_data),
        ("new_model", after_new_data, after_model_change),
        ("corrected", after_model_change, later),
    ]
    moved = np.zeros((len(earlier.score), len(CAUSES), earlier.points.shape[1]), dtype=bool)
    for cause, before, after in steps:
        unmoved = np.abs(after.parts - before.parts) <= SAME_PART
        moved[:, CAUSES.index(cause)] |= ~unmoved
    return ScoreChangeAttribution(_summed(steps, "score"), _summed(steps, "points"), moved)


def _summed(steps: Sequence[tuple[str, ScoreBreakdown, ScoreBreakdown]], name: str) -> np.ndarray:
    first = getattr(steps[0][1], name)
    total = np.zeros((len(first), len(CAUSES), *first.shape[1:]))
    for cause, before, after in steps:
        total[:, CAUSES.index(cause)] += getattr(after, name) - getattr(before, name)
    return total
