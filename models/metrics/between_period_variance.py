"""How much a rate differs from period to period beyond chance, at equal ages.

A bootstrap over leads says how far a window of other leads would lie, had it fallen into the same weeks.
Other weeks have a season, a fair, a campaign of their own. How much such things move a rate is seen in the
periods before: the part of their variance that drawing leads anew does not explain (random effects;
DerSimonian and Laird 1986, Controlled Clinical Trials 7). So that a base that grows older does not count as
such, each period is compared with what its leads would have done at the rates that all periods had at their
ages (indirect standardisation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Rate", "ScoredHistory", "assign_periods", "estimate_between_period_sd"]

#: numerator and denominator of a rate, masks of shape (n,): the first lies within the second
Rate = tuple[np.ndarray, np.ndarray]

#: periods below which nothing can be said of how they differ
MIN_PERIODS = 3
#: parts of equal size that ages are compared in
BANDS = 10


@dataclass(frozen=True)
class ScoredHistory:
    """Scored snapshots of all that came before, with what came of them.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Calibrated probabilities.
    won : ndarray of int, shape (n,)
        Labels.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    grades : mapping of str to ndarray of str, shape (n,)
        Grades in ``fit`` and ``engagement``.
    period : ndarray of int, shape (n,)
        See :func:`assign_periods`.
    ages : ndarray or None, shape (n,)
        Days that each lead had been known for.
    """

    probability: np.ndarray
    won: np.ndarray
    leads: np.ndarray
    grades: Mapping[str, np.ndarray]
    period: np.ndarray
    ages: np.ndarray | None = None


def assign_periods(as_of: pd.Series, length: pd.Timedelta) -> np.ndarray:
    """Cut a span into whole periods, counted back from its end.

    Parameters
    ----------
    as_of : pd.Series, shape (n,)
        Moments.
    length : pd.Timedelta
        Of a period.

    Returns
    -------
    ndarray of int, shape (n,)
        0 is the newest; -1 for what is left over at the beginning, and all where `length` is nothing.
    """
    if length <= pd.Timedelta(0) or as_of.empty:
        return np.full(len(as_of), -1)
    back = ((as_of.max() - as_of) // length).to_numpy(dtype=np.int64)
    whole = (as_of.max() - as_of.min()) // length
    return np.where(back < whole, back, -1)


def estimate_between_period_sd(
    rates: Mapping[str, Sequence[tuple[Rate, ...]]], earlier: ScoredHistory
) -> dict[str, float]:
    """Find the standard deviation of rates between periods, as a share of the rate itself.

    Parameters
    ----------
    rates : mapping of str to sequence of tuple of Rate
        Rates of one kind, which are taken to differ alike: a handful of periods says little of one alone.
        Each is one Rate, or two that stand for the ratio of the first to the second.
    earlier : Earlier
        Where its period is -1 a snapshot is left out.

    Returns
    -------
    dict of str to float
        Of each kind: 0.1 where a usual period lies a tenth above or below; 0 with fewer than three periods,
        and where they differ by no more than chance alone gives.
    """
    kept = earlier.period >= 0
    period = earlier.period[kept]
    if period.max(initial=-1) + 1 < MIN_PERIODS:
        return dict.fromkeys(rates, 0.0)
    band = _bands(len(period), None if earlier.ages is None else earlier.ages[kept])
    # a lead of two periods is two here: each period is compared with the others
    pairs, _ = pd.factorize(pd.MultiIndex.from_arrays([earlier.leads[kept], period]))
    of = np.zeros(pairs.max() + 1, dtype=np.int64)
    of[pairs] = period
    found = {}
    for kind, alike in rates.items():
        sums = np.zeros(2)
        for parts in alike:
            sums += _beyond_chance(*_compared(parts, kept, band, pairs, of))
        found[kind] = float(np.sqrt(max(0.0, sums[0] / sums[1]))) if sums[1] > 0 else 0.0
    return found


def _compared(
    parts: tuple[Rate, ...], kept: np.ndarray, band: np.ndarray, pairs: np.ndarray, of: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compare each period with what its leads would have done at all rates: the ratio, and its variance."""
    ratio, luck = np.ones(of.max() + 1), np.zeros(len(of))
    for sign, (hits, rows) in zip((1, -1), parts, strict=False):
        seen, expected = _seen_and_expected(hits[kept], rows[kept], band, pairs)
        with np.errstate(invalid="ignore", divide="ignore"):
            together = np.bincount(of, seen) / np.bincount(of, expected)
            ratio *= together**sign
            luck += sign * (seen / np.bincount(of, seen)[of] - expected / np.bincount(of, expected)[of])
    # the variance of a ratio whose parts are sums over leads (linearised; Cochran 1977, chapter 6)
    return ratio, ratio**2 * np.bincount(of, luck**2)


def _bands(count: int, ages: np.ndarray | None) -> np.ndarray:
    if ages is None or np.isnan(ages).any():
        return np.zeros(count, dtype=np.int64)
    return np.searchsorted(np.unique(np.quantile(ages, np.arange(1, BANDS) / BANDS)), ages)


def _seen_and_expected(
    hits: np.ndarray, rows: np.ndarray, band: np.ndarray, pairs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Add up for each lead of a period what was seen, and what the rates of all periods would give."""
    every = np.bincount(band, rows)
    rate = np.divide(np.bincount(band, hits), every, out=np.zeros(len(every)), where=every > 0)
    return np.bincount(pairs, hits), np.bincount(pairs, rows * rate[band])


def _beyond_chance(ratio: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return the weighted squares that chance leaves unexplained, and what a variance of one would add."""
    told = np.isfinite(ratio) & np.isfinite(chance) & (chance > 0)
    if told.sum() < MIN_PERIODS:
        return np.zeros(2)
    seen, weight = ratio[told], 1 / chance[told]
    mean = np.average(seen, weights=weight)
    surplus = (weight * (seen - mean) ** 2).sum() - (len(seen) - 1)
    return np.array([surplus, weight.sum() - (weight**2).sum() / weight.sum()])
