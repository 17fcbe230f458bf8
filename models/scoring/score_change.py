"""Exact decomposition of the score change between two runs by cause.

A lead is scored at intermediate states: the earlier time with today's records, the later time with the same
records, the later time with all records, and the same by the later model. Each step is one cause.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["CAUSES", "ScoreBreakdown", "ScoreChangeAttribution", "attribute_score_change"]

#: corrected: records from before the earlier run were added, removed or changed later;
#: time_passing: known activity got older; new_activity: activity and attributes recorded since;
#: new_model: another model, calibration or thresholds
CAUSES = ("new_activity", "time_passing", "corrected", "new_model")

#: log-odds that differ by less are equal
SAME_PART = 1e-9


class ScoreBreakdown(NamedTuple):
    """Scores of some leads and the points of each topic, at one state.

    Parameters
    ----------
    base : ndarray, shape (n,)
        Base scores.
    points : ndarray, shape (n, topics)
        Points of each topic.
    score : ndarray, shape (n,)
        base + points.sum(axis=1).
    parts : ndarray, shape (n, topics)
        Contributions in log-odds that the points were converted from; NaN where not known.
    """

    base: np.ndarray
    points: np.ndarray
    score: np.ndarray
    parts: np.ndarray


class ScoreChangeAttribution(NamedTuple):
    """Score changes of some leads by cause and topic.

    Parameters
    ----------
    total : ndarray, shape (n, causes)
        Score points of each of :data:`CAUSES`; a row adds up to the difference of the scores shown.
    topics : ndarray, shape (n, causes, topics)
        Score points by topic; the rest of a total is the change of the base score.
    moved : ndarray of bool, shape (n, causes, topics)
        Whether the log-odds of the topic changed. Where they did not, its points changed only because the
        scale is steeper or flatter at the new score.
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
    """Decompose the score change between two runs by cause.

    Parameters
    ----------
    earlier : ScoreBreakdown
        As shown in the earlier run.
    after_corrections : ScoreBreakdown
        Earlier model and time, with the records known now.
    after_ageing : ScoreBreakdown
        The same records at the later time.
    after_new_data : ScoreBreakdown
        All records at the later time.
    after_model_change : ScoreBreakdown
        The same by the later model.
    later : ScoreBreakdown
        As shown in the later run. A difference to `after_model_change` is a correction too: the run had fewer
        records than are known now.

    Returns
    -------
    ScoreChangeAttribution
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
    return ScoreChangeAttribution(_sum_by_cause(steps, "score"), _sum_by_cause(steps, "points"), moved)


def _sum_by_cause(steps: Sequence[tuple[str, ScoreBreakdown, ScoreBreakdown]], name: str) -> np.ndarray:
    first = getattr(steps[0][1], name)
    total = np.zeros((len(first), len(CAUSES), *first.shape[1:]))
    for cause, before, after in steps:
        total[:, CAUSES.index(cause)] += getattr(after, name) - getattr(before, name)
    return total
