"""Grades: fit A-D and engagement 1-4, by what leads of the same strength did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from features.catalogue import Catalogue

__all__ = ["GradeScale", "strengths"]

#: A (or 1) won at least twice as often as the average, B (2) at least as often, C (3) at least half
RATIOS = (2.0, 1.0, 0.5)
#: snapshots without which a rate at the top is luck: a monotone fit ends in steps of very few
FEWEST = 20


@dataclass(frozen=True)
class GradeScale:
    """Cuts on the summed log-odds of one group of topics.

    Parameters
    ----------
    names : str
        Four letters, best first.
    cuts : tuple of float
        Lowest strength of the first, second and third grade, falling; infinite where nobody earns it.
    """

    names: str
    cuts: tuple[float, ...]

    @classmethod
    def fit(cls, names: str, strength: np.ndarray, won: np.ndarray) -> "GradeScale":
        """Find the strengths from which leads won that much more often than the average.

        Parameters
        ----------
        names : str
            Four letters, best first.
        strength : ndarray, shape (n,)
            Summed log-odds of the group, out of time.
        won : ndarray of int, shape (n,)
            Labels.
        """
        rate = IsotonicRegression(out_of_bounds="clip").fit(strength, won).predict(strength)
        average = won.mean()
        cuts = []
        for ratio in RATIOS:
            enough = strength[rate >= ratio * average]
            cuts.append(float(enough.min()) if len(enough) >= FEWEST else np.inf)
        return cls(names, tuple(cuts))

    def grade(self, strength: np.ndarray) -> np.ndarray:
        """Return the grade of each strength, shape (n,)."""
        place = (strength[:, None] < np.array(self.cuts)[None, :]).sum(axis=1)
        return np.asarray(np.array(list(self.names))[place])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; an infinite cut is null."""
        return {"names": self.names, "cuts": [cut if np.isfinite(cut) else None for cut in self.cuts]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "GradeScale":
        """Read what :meth:`to_dict` gave."""
        return cls(content["names"], tuple(np.inf if cut is None else cut for cut in content["cuts"]))


def strengths(parts: np.ndarray, catalogue: Catalogue) -> tuple[np.ndarray, np.ndarray]:
    """Sum the log-odds of fit and of engagement features.

    Parameters
    ----------
    parts : ndarray, shape (n, features)
        What each feature adds, in log-odds.
    catalogue : Catalogue
        The features, in the order of the columns.

    Returns
    -------
    fit, engagement : ndarray, shape (n,)
    """
    fit = np.array([feature.group == "fit" for feature in catalogue.features])
    return parts[:, fit].sum(axis=1), parts[:, ~fit].sum(axis=1)
