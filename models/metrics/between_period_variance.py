"""Variance of a rate between periods beyond sampling error, at equal ages (random effects).

A bootstrap over leads gives the sampling error within the same weeks. Other weeks have another season or
campaign. That part of the variance is estimated from earlier periods, as what the sampling error does not
explain (DerSimonian and Laird 1986, Controlled Clinical Trials 7). Each period is compared with the wins
expected at the rates of all periods for the ages of its leads (indirect standardization), so that an ageing
base does not count as a difference.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

__all__ = ["Rate", "assign_periods", "estimate_between_period_sd", "sum_excess"]

#: numerator and denominator of a rate, masks of shape (n,): the first lies within the second
Rate = tuple[np.ndarray, np.ndarray]

#: periods that an estimate needs
MIN_PERIODS = 3
#: age bands of equal size
BANDS = 10


def assign_periods(as_of: pd.Series, length: pd.Timedelta) -> np.ndarray:
    """Divide a span into whole periods, counted back from its end.

    Parameters
    ----------
    as_of : pd.Series, shape (n,)
        Moments.
    length : pd.Timedelta
        Of a period.

    Returns
    -------
    ndarray of int, shape (n,)
        0 is the newest; -1 for the rest at the beginning, and for all where `length` is not positive.
    """
    if length <= pd.Timedelta(0) or as_of.empty:
        return np.full(len(as_of), -1)
    back = ((as_of.max() - as_of) // length).to_numpy(dtype=np.int64)
    whole = (as_of.max() - as_of.min()) // length
    return np.where(back < whole, back, -1)


def estimate_between_period_sd(
    rates: Mapping[str, Sequence[tuple[Rate, ...]]],
    leads: np.ndarray,
    period: np.ndarray,
    ages: np.ndarray | None = None,
) -> dict[str, float]:
    """Estimate the standard deviation of rates between periods, as a share of the rate itself.

    Parameters
    ----------
    rates : mapping of str to sequence of tuple of Rate
        Rates of one kind, pooled because a handful of periods says little about one of them. Each is one
        Rate, or two for the ratio of the first to the second.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    period : ndarray of int, shape (n,)
        See :func:`assign_periods`; -1 leaves a snapshot out.
    ages : ndarray, shape (n,), optional
        Days that each lead had been known for.

    Returns
    -------
    dict of str to float
        Of each kind, e.g. 0.1 for a tenth; 0 with fewer than three periods, and where they differ by no more
        than sampling error.
    """
    kept = period >= 0
    period = period[kept]
    if period.max(initial=-1) + 1 < MIN_PERIODS:
        return dict.fromkeys(rates, 0.0)
    band = _bands(len(period), None if ages is None else ages[kept])
    # a lead in two periods counts as two
    pairs, _ = pd.factorize(pd.MultiIndex.from_arrays([leads[kept], period]))
    of = np.zeros(pairs.max() + 1, dtype=np.int64)
    of[pairs] = period
    deviations = {}
    for kind, pooled in rates.items():
        sums = np.zeros(2)
        for parts in pooled:
            sums += sum_excess(*_compare_periods(parts, kept, band, pairs, of))
        deviations[kind] = float(np.sqrt(max(0.0, sums[0] / sums[1]))) if sums[1] > 0 else 0.0
    return deviations


def _compare_periods(
    parts: tuple[Rate, ...], kept: np.ndarray, band: np.ndarray, pairs: np.ndarray, of: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ratio of observed to expected in each period, and its variance."""
    ratio, residual = np.ones(of.max() + 1), np.zeros(len(of))
    for sign, (hits, rows) in zip((1, -1), parts, strict=False):
        observed, expected = _sum_observed_and_expected(hits[kept], rows[kept], band, pairs)
        with np.errstate(invalid="ignore", divide="ignore"):
            pooled = np.bincount(of, observed) / np.bincount(of, expected)
            ratio *= pooled**sign
            residual += sign * (observed / np.bincount(of, observed)[of] - expected / np.bincount(of, expected)[of])
    # the variance of a ratio whose parts are sums over leads (linearised; Cochran 1977, chapter 6)
    return ratio, ratio**2 * np.bincount(of, residual**2)


def _bands(count: int, ages: np.ndarray | None) -> np.ndarray:
    if ages is None or np.isnan(ages).any():
        return np.zeros(count, dtype=np.int64)
    return np.searchsorted(np.unique(np.quantile(ages, np.arange(1, BANDS) / BANDS)), ages)


def _sum_observed_and_expected(
    hits: np.ndarray, rows: np.ndarray, band: np.ndarray, pairs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sum observed hits per lead and period, and those expected at the rates of all periods."""
    every = np.bincount(band, rows)
    rate = np.divide(np.bincount(band, hits), every, out=np.zeros(len(every)), where=every > 0)
    return np.bincount(pairs, hits), np.bincount(pairs, rows * rate[band])


def sum_excess(values: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return numerator and denominator of the DerSimonian-Laird variance between periods; zeros below 3 periods.

    Parameters
    ----------
    values, variances : ndarray, shape (periods,)
        A figure of each period, and its sampling variance; periods without a finite one are left out.
    """
    known = np.isfinite(values) & np.isfinite(variances) & (variances > 0)
    if known.sum() < MIN_PERIODS:
        return np.zeros(2)
    observed, weight = values[known], 1 / variances[known]
    mean = np.average(observed, weights=weight)
    surplus = (weight * (observed - mean) ** 2).sum() - (len(observed) - 1)
    return np.array([surplus, weight.sum() - (weight**2).sum() / weight.sum()])
