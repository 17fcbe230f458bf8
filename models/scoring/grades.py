"""Grades: fit A-D and engagement 1-4, by the lift of leads with the same log-odds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import GroupKFold

from leadlight.models.metrics.bootstrap import ClusterBootstrap, Interval, percentile_interval, proportion_interval

__all__ = ["GradeScale", "GradeStatistics", "compute_grade_statistics"]

#: A (or 1) won at least twice as often as the average, B (2) at least as often, C (3) at least half
LIFT_CUTS = (2.0, 1.0, 0.5)
#: snapshots that a grade needs: the last steps of an isotonic fit have very few
MIN_LEADS = 20
FOLDS = 5


class GradeStatistics(NamedTuple):
    """Win rate and lift of one grade in one window.

    Parameters
    ----------
    grade : str
        Its letter.
    snapshots, leads : int
        Their numbers.
    win_rate, lift : tuple of float
        Share of wins, and its ratio to the share of all leads: value, lower and upper end of the 95 %
        interval (bootstrap by lead) within the window.
    """

    grade: str
    snapshots: int
    leads: int
    win_rate: Interval
    lift: Interval


@dataclass(frozen=True)
class GradeScale:
    """Cuts on the summed log-odds of one group of topics.

    Parameters
    ----------
    names : str
        Four letters, best first.
    cuts : tuple of float
        Lowest summed log-odds of the first, second and third grade, falling; infinite for an empty grade.
    expected : tuple of GradeStatistics
        Cross-fitted figures of each grade in the window of the cuts: each lead is graded by cuts fitted on
        other leads, because cuts are optimistic for their own. Without empty grades; empty in older bundles.
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
        """Fit cuts at the lifts of :data:`LIFT_CUTS` by isotonic regression.

        Parameters
        ----------
        names : str
            Four letters, best first.
        strength : ndarray, shape (n,)
            Summed log-odds of the group, out of time.
        won : ndarray of int, shape (n,)
            Labels.
        leads : ndarray, shape (n,), optional
            Lead of each snapshot; left out, all differ.
        seed : int
            Seed of the bootstrap.
        weight : ndarray, shape (n,), optional
            Weight of each snapshot; left out, all are equal.
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
        return cls(names, scale.cuts, compute_grade_statistics(names, grades, won, owners, seed, weight=weight))

    def assign(self, strength: np.ndarray) -> np.ndarray:
        """Return the grade of each strength, shape (n,)."""
        place = (strength[:, None] < np.array(self.cuts)[None, :]).sum(axis=1)
        return np.asarray(np.array(list(self.names))[place])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; an infinite cut is null."""
        return {
            "names": self.names,
            "cuts": [cut if np.isfinite(cut) else None for cut in self.cuts],
            "promised": [row._asdict() for row in self.expected],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "GradeScale":
        """Read what :meth:`to_dict` gave."""
        cuts = tuple(np.inf if cut is None else cut for cut in content["cuts"])
        promised = tuple(
            GradeStatistics(**row | {name: tuple(row[name]) for name in ("win_rate", "lift")})
            for row in content.get("promised", ())
        )
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
    names: str, grades: np.ndarray, won: np.ndarray, leads: np.ndarray, seed: int, *, weight: np.ndarray | None = None
) -> tuple[GradeStatistics, ...]:
    """Compute win rate and lift of each grade.

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
        Weight of each snapshot in the rates; left out, all are equal.

    Returns
    -------
    tuple of GradeStatistics
        Without empty grades; none without wins.
    """
    if not won.any():
        return ()
    counted = np.ones(len(won)) if weight is None else weight
    members = {grade: grades == grade for grade in names if (grades == grade).any()}
    columns = [won, np.ones(len(won)), *(column for rows in members.values() for column in (rows * won, rows))]
    wins, every, *sums = ClusterBootstrap(leads, seed).resample_sums(counted * np.stack(columns)).T
    average = float(wins[0] / every[0])
    statistics = []
    for (grade, rows), hits, chosen in zip(members.items(), sums[::2], sums[1::2], strict=True):
        owners = len(np.unique(leads[rows]))
        rate = proportion_interval(hits, chosen, owners)
        ratio = rate[0] / average, rate[1] / average, rate[2] / average
        if 0 < rate[0] < 1:
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = percentile_interval((hits / chosen) / (wins / every))
        statistics.append(GradeStatistics(grade, int(rows.sum()), owners, rate, ratio))
    return tuple(statistics)
