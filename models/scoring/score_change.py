"""What a score moved by between two nights, cause by cause; the parts add up exactly.

A lead is scored in between: what is known today of the earlier night, then that at the later moment, then
all that became known since, then by the later model. Each step is one cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["CAUSES", "Changes", "Told", "changes_between"]

#: corrected: records of before the earlier night came, went or were changed later;
#: time_passing: what had happened got older; new_activity: what became known since, activity and attributes;
#: new_model: another model, another calibration or other thresholds
CAUSES = ("new_activity", "time_passing", "corrected", "new_model")

#: log-odds closer than this are the same
SAME_PART = 1e-9


@dataclass(frozen=True)
class Told:
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
class Changes:
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


def changes_between(
    earlier: Told, *, corrected: Told, aged: Told, known: Told, retold: Told, later: Told
) -> Changes:
    """Part the difference of two nights.

    Parameters
    ----------
    earlier : Told
        As shown on the earlier night.
    corrected : Told
        By the earlier model of the earlier moment, from what is known of it now.
    aged : Told
        The same knowledge, at the later moment.
    known : Told
        All that is known at the later moment.
    retold : Told
        The same by the later model.
    later : Told
        As shown on the later night. Where it knew less than is known now, what differs from `retold` is a
        correction too.

    Returns
    -------
    Changes
    """
    steps = [
        ("corrected", earlier, corrected),
        ("time_passing", corrected, aged),
        ("new_activity", aged, known),
        ("new_model", known, retold),
        ("corrected", retold, later),
    ]
    moved = np.zeros((len(earlier.score), len(CAUSES), earlier.points.shape[1]), dtype=bool)
    for cause, before, after in steps:
        unmoved = np.abs(after.parts - before.parts) <= SAME_PART
        moved[:, CAUSES.index(cause)] |= ~unmoved
    return Changes(_summed(steps, "score"), _summed(steps, "points"), moved)


def _summed(steps: Sequence[tuple[str, Told, Told]], name: str) -> np.ndarray:
    first = getattr(steps[0][1], name)
    total = np.zeros((len(first), len(CAUSES), *first.shape[1:]))
    for cause, before, after in steps:
        total[:, CAUSES.index(cause)] += getattr(after, name) - getattr(before, name)
    return total
