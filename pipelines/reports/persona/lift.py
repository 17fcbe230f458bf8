"""Lift of a range with its interval, and association of a topic with winning."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, fisher_exact, norm

__all__ = ["RangeLift", "calculate_cramers_v", "compute_lift"]

ERROR = 0.05


class RangeLift(NamedTuple):
    """Counts and lift of one range.

    Parameters
    ----------
    name : str
        The range.
    won, lost : int
        Leads in it.
    share_of_won, share_of_lost : float
        Its share among won leads, and among the others.
    win_rate : float
        Share of its leads that were won.
    lift : float
        Its win rate over that of all.
    low, high : float
        95 % interval of the lift.
    p : float
        Bonferroni-adjusted p-value: at 0.05, 95 of 100 reports without any association name no range.
    """

    name: str
    won: int
    lost: int
    share_of_won: float
    share_of_lost: float
    win_rate: float
    lift: float
    low: float
    high: float
    p: float

    @property
    def significant_direction(self) -> int:
        """1 if significantly more often among won leads, -1 if less often, else 0."""
        return (int(self.low > 1) - int(self.high < 1)) * int(self.p <= ERROR)

    @property
    def log_margin(self) -> float:
        """Log distance of the nearer end of the 95 % interval from 1; negative if it contains 1."""
        return float(max(np.log(max(self.low, 1e-12)), -np.log(self.high)))


def compute_lift(names: pd.Series, won: np.ndarray, looked_at: int) -> list[RangeLift]:
    """Compute the lift of each range over all leads.

    The log of the lift of a range with a wins of n leads, among W wins of N, has by the delta method on
    multinomial counts the variance 1/a - 1/n - 1/W - 1/N + 2a/(nW). It is the log method of Katz and others
    (1978) for a ratio of which one group is part of the other; half a win replaces none (Walter 1975).
    Significance uses Fisher's exact test (1934) with the Bonferroni bound (Dunn 1961), because the log method
    is too liberal in the tails: its intervals, widened to that bound, excluded 1 somewhere in 10 of 100
    reports without any association.

    Parameters
    ----------
    names : pd.Series of str, shape (n,)
        Range of each lead.
    won : ndarray of bool, shape (n,)
        Whether it was won; both values occur.
    looked_at : int
        Number of ranges in the report, for Bonferroni.

    Returns
    -------
    list of RangeLift
        The highest lift first.
    """
    wins, every = int(won.sum()), len(won)
    z = norm.ppf(1 - ERROR / 2)
    rows = []
    for name, in_range in pd.Series(won).groupby(names.to_numpy()):
        n, a = len(in_range), int(in_range.sum())
        wins_or_half = max(a, 0.5)
        middle = np.log(wins_or_half / n) - np.log(wins / every)
        error = np.sqrt(max(1 / wins_or_half - 1 / n - 1 / wins - 1 / every + 2 * wins_or_half / (n * wins), 0.0))
        low, high = (float(np.exp(middle + side * error)) for side in (-z, z))
        chance = fisher_exact([[a, n - a], [wins - a, every - wins - (n - a)]]).pvalue
        rows.append(
            RangeLift(
                name=str(name),
                won=a,
                lost=n - a,
                share_of_won=a / wins,
                share_of_lost=(n - a) / (every - wins),
                win_rate=a / n,
                lift=(a / n) / (wins / every),
                low=low if a else 0.0,
                high=high,
                p=min(1.0, float(chance) * looked_at),
            )
        )
    return sorted(rows, key=lambda row: (-row.lift, row.name))


def calculate_cramers_v(names: pd.Series, won: np.ndarray) -> float:
    """Return Cramér's V of topic and winning, with the bias correction of Bergsma (2013).

    Parameters
    ----------
    names : pd.Series of str, shape (n,)
        Range of each lead.
    won : ndarray of bool, shape (n,)
        Whether it was won.

    Returns
    -------
    float
        0 (no more than chance gives) to 1.
    """
    table = pd.crosstab(names.to_numpy(), won).to_numpy()
    rows, columns = table.shape
    n = table.sum()
    if min(rows, columns) < 2 or n < 2:
        return 0.0
    phi = chi2_contingency(table, correction=False).statistic / n
    beyond = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    sides = (size - (size - 1) ** 2 / (n - 1) for size in (rows, columns))
    smallest = min(sides) - 1
    return float(min(1.0, np.sqrt(beyond / smallest))) if smallest > 0 else 0.0
