"""Grades: fit A-D and engagement 1-4, by what leads of the same strength did."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import GroupKFold

from leadlight.features.catalogue import Catalogue
from leadlight.models.metrics.bootstrap import (
    Interval,
    bootstrap_cluster_sums,
    percentile_interval,
    proportion_interval,
)

__all__ = ["GradeScale", "GradeStatistics", "compute_grade_statistics", "sum_group_log_odds"]

#: A (or 1) won at least twice as often as the average, B (2) at least as often, C (3) at least half
LIFT_CUTS = (2.0, 1.0, 0.5)
#: snapshots without which a rate at the top is luck: a monotone fit ends in steps of very few
MIN_LEADS = 20
FOLDS = 5


@dataclass(frozen=True)
class GradeStatistics:
    """What the leads of one grade did in one window.

    Parameters
    ----------
    grade : str
        Its letter.
    snapshots, leads : int
        How many there were.
    win_rate, lift : tuple of float
        Share of wins, and that share over the one of all: value, lower and upper end of the 95 % interval
        (bootstrap by lead), which is that of the window alone.
    """

    grade: str
    snapshots: int
    leads: int
    win_rate: Interval
    lift: Interval

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "GradeStatistics":
        """Read what ``asdict`` gave, by way of JSON."""
        fields: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in content.items()}
        return cls(**fields)


@dataclass(frozen=True)
class GradeScale:
    """Cuts on the summed log-odds of one group of topics.

    Parameters
    ----------
    names : str
        Four letters, best first.
    cuts : tuple of float
        Lowest strength of the first, second and third grade, falling; infinite where nobody earns it.
    expected : tuple of Graded
        What leads of each grade did in the window where it was cut, without grades that nobody had; empty
        in bundles that were written before it was kept. Cuts lie where their own leads are at their best:
        for this each lead is graded by the cuts that the others alone would have given.
    """

    names: str
    cuts: tuple[float, ...]
    expected: tuple[GradeStatistics, ...] = ()

    @classmethod
    def fit(
        cls,
        names: str,
        strength: np.ndarray,
        won: np.ndarray,
        leads: np.ndarray | None = None,
        seed: int = 0,
        *,
        weight: np.ndarray | None = None,
    ) -> "GradeScale":
        """Find the strengths from which leads won that much more often than the average.

        Parameters
        ----------
        names : str
            Four letters, best first.
        strength : ndarray, shape (n,)
            Summed log-odds of the group, out of time.
        won : ndarray of int, shape (n,)
            Labels.
        leads : ndarray, shape (n,), optional
            Lead of each snapshot; left out, each is another one.
        seed : int
            Seed of the bootstrap.
        weight : ndarray, shape (n,), optional
            What each snapshot counts for; left out, all count the same.
        """
        weight = np.ones(len(won)) if weight is None else weight
        scale = cls(names, _cuts(strength, won, weight))
        owners = np.arange(len(won)) if leads is None else leads
        grades, folds = scale.assign(strength), min(FOLDS, len(np.unique(owners)))
        if folds > 1:
            for rest, held in GroupKFold(folds).split(strength, won, owners):
                if won[rest].any():
                    others = cls(names, _cuts(strength[rest], won[rest], weight[rest]))
                    grades[held] = others.assign(strength[held])
        return cls(
            names, scale.cuts, compute_grade_statistics(names, grades, won, owners, seed, weight=weight)
        )

    def assign(self, strength: np.ndarray) -> np.ndarray:
        """Return the grade of each strength, shape (n,)."""
        place = (strength[:, None] < np.array(self.cuts)[None, :]).sum(axis=1)
        return np.asarray(np.array(list(self.names))[place])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; an infinite cut is null."""
        return {
            "names": self.names,
            "cuts": [cut if np.isfinite(cut) else None for cut in self.cuts],
            "promised": [asdict(row) for row in self.expected],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "GradeScale":
        """Read what :meth:`to_dict` gave."""
        cuts = tuple(np.inf if cut is None else cut for cut in content["cuts"])
        promised = tuple(GradeStatistics.from_dict(row) for row in content.get("promised", ()))
        return cls(content["names"], cuts, promised)


def _cuts(strength: np.ndarray, won: np.ndarray, weight: np.ndarray) -> tuple[float, ...]:
    rate = IsotonicRegression(out_of_bounds="clip").fit(strength, won, weight).predict(strength)
    average = np.average(won, weights=weight)
    cuts = []
    for ratio in LIFT_CUTS:
        enough = strength[rate >= ratio * average]
        cuts.append(float(enough.min()) if len(enough) >= MIN_LEADS else np.inf)
    return tuple(cuts)


def compute_grade_statistics(
    names: str,
    grades: np.ndarray,
    won: np.ndarray,
    leads: np.ndarray,
    seed: int,
    *,
    weight: np.ndarray | None = None,
) -> tuple[GradeStatistics, ...]:
    """Find what the leads of each grade did.

    Parameters
    ----------
    names : str
        The letters in order.
    grades : ndarray of str, shape (n,)
        Grade of each snapshot.
    won : ndarray of int, shape (n,)
        Labels.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    seed : int
        Seed of the bootstrap.
    weight : ndarray, shape (n,), optional
        What each snapshot counts for in the rates; left out, all count the same.

    Returns
    -------
    tuple of Graded
        Without grades that nobody has; none where nobody has won.
    """
    if not won.any():
        return ()
    counted = np.ones(len(won)) if weight is None else weight
    had = {grade: grades == grade for grade in names if (grades == grade).any()}
    columns = [won, np.ones(len(won)), *(column for own in had.values() for column in (own * won, own))]
    wins, every, *sums = bootstrap_cluster_sums(counted * np.stack(columns), leads, seed).T
    average = float(wins[0] / every[0])
    rows = []
    for (grade, own), hits, chosen in zip(had.items(), sums[::2], sums[1::2], strict=True):
        owners = len(np.unique(leads[own]))
        rate = proportion_interval(hits, chosen, owners)
        ratio = rate[0] / average, rate[1] / average, rate[2] / average
        if 0 < rate[0] < 1:
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = percentile_interval((hits / chosen) / (wins / every))
        rows.append(GradeStatistics(grade, int(own.sum()), owners, rate, ratio))
    return tuple(rows)


def sum_group_log_odds(parts: np.ndarray, catalogue: Catalogue) -> tuple[np.ndarray, np.ndarray]:
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
