"""Sums over rows at or above each of many thresholds, with a cluster bootstrap."""

from collections.abc import Mapping

import numpy as np
from scipy.sparse import csr_array

from leadlight.models.metrics.bootstrap import ClusterBootstrap

__all__ = ["WeightedColumn", "bootstrap_sums_above", "count_leads_above"]

#: value compared with the thresholds, and weight of each row; both of shape (n,)
WeightedColumn = tuple[np.ndarray, np.ndarray]


def bootstrap_sums_above(
    columns: Mapping[str, WeightedColumn], thresholds: np.ndarray, groups: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Sum columns over the rows at or above each threshold, over all rows and over every resample.

    See :class:`~leadlight.models.metrics.bootstrap.ClusterBootstrap`.

    Parameters
    ----------
    columns : mapping of str to (value, weight)
        What is summed.
    thresholds : ndarray, shape (k,)
        Ascending; minus infinity for all rows.
    groups : ndarray, shape (n,)
        Lead of each row.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict of str to ndarray, shape (1 + draws, k)
        The sums themselves first.
    """
    bootstrap = ClusterBootstrap(groups, seed)
    group = bootstrap.group
    count, bins = int(group.max()) + 1, len(thresholds) + 1
    by_lead = {}
    for name, (value, weight) in columns.items():
        passed = np.searchsorted(thresholds, value, side="right")
        cells = (np.asarray(weight, dtype=float), (passed, group))
        by_lead[name] = csr_array(cells, shape=(bins, count))
    sums: dict[str, list[np.ndarray]] = {
        name: [_sum_above(matrix, np.ones((1, count)))] for name, matrix in by_lead.items()
    }
    for times in bootstrap.draw_multiplicities():
        for name, matrix in by_lead.items():
            sums[name].append(_sum_above(matrix, times.astype(float)))
    return {name: np.vstack(blocks) for name, blocks in sums.items()}


def _sum_above(by_bin: csr_array, times: np.ndarray) -> np.ndarray:
    """Weight by bootstrap multiplicity; cumulate from the highest threshold down."""
    drawn = np.asarray(by_bin @ times.T)
    return np.cumsum(drawn[::-1], axis=0)[::-1][1:].T


def count_leads_above(value: np.ndarray, groups: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Count the different leads with any row at or above each threshold.

    Parameters
    ----------
    value : ndarray, shape (n,)
    groups : ndarray, shape (n,)
        Lead of each row.
    thresholds : ndarray, shape (k,)

    Returns
    -------
    ndarray of int, shape (k,)
    """
    _, group = np.unique(groups, return_inverse=True)
    highest = np.full(int(group.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(highest, group, value)
    return np.asarray(len(highest) - np.searchsorted(np.sort(highest), thresholds, side="left"))
