"""Intervals by drawing whole leads anew: snapshots of one lead go together."""

import numpy as np
from scipy.stats import binomtest

__all__ = [
    "BLOCK",
    "DRAWS",
    "Interval",
    "bootstrap_cluster_sums",
    "percentile_interval",
    "proportion_interval",
]

#: value, lower and upper end of a 95 % interval
Interval = tuple[float, float, float]

DRAWS = 500
#: resamples held at a time, so that a base of any size fits into memory
BLOCK = 50


def bootstrap_cluster_sums(columns: np.ndarray, leads: np.ndarray, seed: int) -> np.ndarray:
    """Add up columns over all rows, and over resamples of as many whole leads (Field and Welsh 2007).

    Parameters
    ----------
    columns : ndarray, shape (k, n)
        What is added up.
    leads : ndarray, shape (n,)
        Lead of each row.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    ndarray, shape (1 + draws, k)
        The sums themselves first.
    """
    _, group = np.unique(leads, return_inverse=True)
    count = group.max() + 1
    sums = np.stack([np.bincount(group, column, count) for column in columns])
    generator = np.random.default_rng(seed)
    parts = [sums.sum(axis=1)]
    for start in range(0, DRAWS, BLOCK):
        size = min(BLOCK, DRAWS - start)
        parts.append(generator.multinomial(count, np.full(count, 1 / count), size=size) @ sums.T)
    return np.vstack(parts)


def percentile_interval(values: np.ndarray) -> Interval:
    """Return a figure and its 95 % percentile interval.

    Parameters
    ----------
    values : ndarray, shape (1 + draws,)
        The figure, then that of each resample; NaN where a resample has none.
    """
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return float(values[0]), float(low), float(high)


def proportion_interval(hits: np.ndarray, rows: np.ndarray, leads: int) -> Interval:
    """Return a share and its 95 % interval.

    Parameters
    ----------
    hits, rows : ndarray, shape (1 + draws,)
        Numerator and denominator, see :func:`bootstrap_cluster_sums`.
    leads : int
        Leads among the rows. Where none or all are hits every resample says the same, and the interval is
        that of Wilson (1927) for as many independent leads.
    """
    share = float(hits[0] / rows[0])
    if 0 < share < 1:
        with np.errstate(invalid="ignore", divide="ignore"):
            return percentile_interval(hits / rows)
    ends = binomtest(round(share * leads), leads).proportion_ci(method="wilson")
    return share, float(ends.low), float(ends.high)
