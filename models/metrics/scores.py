"""Scored snapshots with their outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["ScoredSnapshots"]


@dataclass(frozen=True)
class ScoredSnapshots:
    """Scored snapshots of one window with their outcomes.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Calibrated probabilities.
    won : ndarray of int, shape (n,)
        Labels.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    weeks : float, optional
        Length of the window in weeks, to choose so many leads per week; None if the source has no dates.
    weight : ndarray, shape (n,), optional
        Weight of each snapshot, with a mean of 1; left out, all are 1. Counts of leads ignore it.
    grades : mapping of str to ndarray of str, shape (n,)
        Grades in ``fit`` and ``engagement``, where they are needed.
    """

    probability: np.ndarray
    won: np.ndarray
    leads: np.ndarray
    weeks: float | None = None
    weight: np.ndarray | None = None
    grades: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def weights(self) -> np.ndarray:
        """Weight of each snapshot, shape (n,)."""
        return np.ones(len(self.won)) if self.weight is None else self.weight

    def drop_zero_weight(self) -> "ScoredSnapshots":
        """Drop snapshots of weight zero (ages that no current lead has)."""
        kept = self.weights > 0
        grades = {group: grade[kept] for group, grade in self.grades.items()}
        return ScoredSnapshots(
            self.probability[kept], self.won[kept], self.leads[kept], self.weeks, self.weights[kept], grades
        )
