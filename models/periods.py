"""How much a rate differs from period to period beyond chance, at equal ages.

A bootstrap over leads says how far a window of other leads would lie, had it fallen into the same weeks.
Other weeks have a season, a fair, a campaign of their own. How much such things move a rate is seen in the
periods before: the part of their variance that drawing leads anew does not explain (random effects;
DerSimonian and Laird 1986, Controlled Clinical Trials 7). So that a base that grows older does not count as
such, each period is compared with what its leads would have done at the rates that all periods had at their
ages (indirect standardisation).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.resampling import sums_by_lead

__all__ = ["Earlier", "Rate", "between_periods", "periods_of"]

#: numerator and denominator of a rate, masks of shape (n,): the first lies within the second
Rate = tuple[np.ndarray, np.ndarray]

#: periods below which nothing can be said of how they differ
FEWEST = 3
#: parts of equal size that ages are compared in
BANDS = 10


@dataclass(frozen=True)
class Earlier:
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
        See :func:`periods_of`.
    ages : ndarray or None, shape (n,)
        Days that each lead had been known for.
    """

    probability: np.ndarray
    won: np.ndarray
    leads: np.ndarray
    grades: Mapping[str, np.ndarray]
    period: np.ndarray
    ages: np.ndarray | None = None


def periods_of(as_of: pd.Series, length: pd.Timedelta) -> np.ndarray:
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


def between_periods(rates: Mapping[str, tuple[Rate, ...]], earlier: Earlier, seed: int) -> dict[str, float]:
    """Find the standard deviation of rates between periods, as a share of the rate itself.

    Parameters
    ----------
    rates : mapping of str to tuple of Rate
        One, or two that stand for the ratio of the first to the second.
    earlier : Earlier
        Where its period is -1 a snapshot is left out.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict of str to float
        0.1 where a usual period lies a tenth above or below; 0 with fewer than three periods, and where they
        differ by no more than chance alone gives.
    """
    kept = earlier.period >= 0
    period = earlier.period[kept]
    count = int(period.max(initial=-1)) + 1
    if count < FEWEST:
        return dict.fromkeys(rates, 0.0)
    band = _bands(None if earlier.ages is None else earlier.ages[kept])
    columns = [
        column
        for parts in rates.values()
        for hits, rows in parts
        for column in _seen_and_expected(hits[kept], rows[kept], band, period)
    ]
    sums = sums_by_lead(np.stack(columns), earlier.leads[kept], seed)
    found, place = {}, 0
    for name, parts in rates.items():
        ratios = []
        for _ in parts:
            seen, expected = sums[:, place : place + count], sums[:, place + count : place + 2 * count]
            with np.errstate(invalid="ignore", divide="ignore"):
                ratios.append(seen / expected)
            place += 2 * count
        with np.errstate(invalid="ignore", divide="ignore"):
            found[name] = _beyond_chance(ratios[0] if len(ratios) == 1 else ratios[0] / ratios[1])
    return found


def _bands(ages: np.ndarray | None) -> np.ndarray:
    if ages is None or np.isnan(ages).any():
        return np.zeros(0 if ages is None else len(ages), dtype=np.int64)
    return np.searchsorted(np.unique(np.quantile(ages, np.arange(1, BANDS) / BANDS)), ages)


def _seen_and_expected(
    hits: np.ndarray, rows: np.ndarray, band: np.ndarray, period: np.ndarray
) -> list[np.ndarray]:
    """One column a period of what was seen, then one a period of what the rates of all ages would give."""
    band = band if len(band) else np.zeros(len(rows), dtype=np.int64)
    every = np.bincount(band, rows)
    rate = np.divide(np.bincount(band, hits), every, out=np.zeros(len(every)), where=every > 0)
    own = [period == number for number in range(int(period.max()) + 1)]
    return [mask * hits * 1.0 for mask in own] + [mask * rows * rate[band] for mask in own]


def _beyond_chance(ratios: np.ndarray) -> float:
    """Take chance out of the spread of ratios, shape (1 + draws, periods): those seen, then resamples."""
    seen = ratios[0]
    chance = np.nanvar(np.where(np.isfinite(ratios[1:]), ratios[1:], np.nan), axis=0)
    told = np.isfinite(seen) & (chance > 0)
    if told.sum() < FEWEST:
        return 0.0
    seen, weight = seen[told], 1 / chance[told]
    mean = np.average(seen, weights=weight)
    surplus = (weight * (seen - mean) ** 2).sum() - (len(seen) - 1)
    return float(np.sqrt(max(0.0, surplus / (weight.sum() - (weight**2).sum() / weight.sum()))))
