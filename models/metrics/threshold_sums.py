"""Sums over what lies at or above each of many thresholds, with resamples of whole leads."""

from collections.abc import Mapping

import numpy as np
from scipy.sparse import csr_array

from leadlight.models.metrics.bootstrap import BLOCK, DRAWS

__all__ = ["WeightedColumn", "bootstrap_sums_above", "count_leads_above"]

#: the value that is compared with the thresholds, and what a row counts; both of shape (n,)
WeightedColumn = tuple[np.ndarray, np.ndarray]


def bootstrap_sums_above(
    columns: Mapping[str, WeightedColumn], thresholds: np.ndarray, groups: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Add up columns over the rows at or above each threshold, and over resamples of as many whole leads.

    All columns and thresholds see the same resamples (Field and Welsh 2007), so that differences and ratios
    of them can be taken draw by draw.

    Parameters
    ----------
    columns : mapping of str to (value, weight)
        What is added up.
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
    _, group = np.unique(groups, return_inverse=True)
    count, bins = int(group.max()) + 1, len(thresholds) + 1
    by_lead = {}
    for name, (value, weight) in columns.items():
        passed = np.searchsorted(thresholds, value, side="right")
        cells = (np.asarray(weight, dtype=float), (passed, group))
        by_lead[name] = csr_array(cells, shape=(bins, count))
    generator = np.random.default_rng(seed)
    parts: dict[str, list[np.ndarray]] = {
        name: [_sums(m, np.ones((count, 1)))] for name, m in by_lead.items()
    }
    for start in range(0, DRAWS, BLOCK):
        size = min(BLOCK, DRAWS - start)
        draws = generator.multinomial(count, np.full(count, 1 / count), size=size).T.astype(float)
        for name, matrix in by_lead.items():
            parts[name].append(_sums(matrix, draws))
    return {name: np.vstack(found) for name, found in parts.items()}


def _sums(by_bin: csr_array, times: np.ndarray) -> np.ndarray:
    """Weigh leads by the times they were drawn; what passed one threshold passed all lower ones."""
    drawn = np.asarray(by_bin @ times)
    return np.cumsum(drawn[::-1], axis=0)[::-1][1:].T


def count_leads_above(value: np.ndarray, groups: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Count the different leads that ever stand at or above each threshold.

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
