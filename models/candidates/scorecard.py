"""Additive trees as a scorecard: the SHAP value of a feature is looked up by its value alone.

Where every tree uses one column, what a column adds depends on nothing else, and it is constant between two
neighbouring thresholds. LightGBM itself is asked once for the value of each such interval, of all columns at
a time; after that there is nothing to compute.
"""

from collections.abc import Mapping
from typing import NamedTuple

import lightgbm as lgb
import numpy as np
import pandas as pd

from leadlight.models.candidates.category_encoding import CategoryEncoder
from leadlight.models.candidates.tree_structure import ZERO, TreeStructure

__all__ = ["Scorecard", "StepFunction"]

#: with at most this many edges, comparing with each is faster than a search
MAX_SCANNED_EDGES = 64
#: rows compared with all edges at a time, so that they stay in the cache
BLOCK = 8192


class StepFunction(NamedTuple):
    """The log-odds that one number feature adds, as a step function.

    Parameters
    ----------
    edges : ndarray, shape (edges,)
        Upper ends of the intervals, each part of its own; the last is infinity.
    values : ndarray, shape (edges + 1,)
        Log-odds by the number of edges that a value does not exceed, so that the first is for NaN.
    """

    edges: np.ndarray
    values: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the log-odds added by each value, shape (n,)."""
        if not self.values.any():
            return np.zeros(len(x))
        blocks = [self.values[self._not_exceeded(x[i : i + BLOCK])] for i in range(0, len(x), BLOCK)]
        return np.concatenate(blocks) if blocks else np.zeros(0)

    def _not_exceeded(self, x: np.ndarray) -> np.ndarray:
        if len(self.edges) > MAX_SCANNED_EDGES:  # NaN sorts after infinity
            return len(self.edges) - np.searchsorted(self.edges, x)
        count = np.zeros(len(x), dtype=np.uint8)
        for edge in self.edges:
            count += x <= edge
        return count


class Scorecard(NamedTuple):
    """Tables of all features.

    Parameters
    ----------
    features : tuple of str
        Feature names in order.
    base : float
        Log-odds that the values add to.
    numbers : dict of str to StepFunction
        Of each number feature.
    categories : dict of str to ndarray, shape (levels,)
        Of each category feature, the log-odds by level code.
    """

    features: tuple[str, ...]
    base: float
    numbers: dict[str, StepFunction]
    categories: dict[str, np.ndarray]

    @classmethod
    def from_booster(
        cls,
        booster: lgb.Booster,
        trees: TreeStructure,
        features: tuple[str, ...],
        levels: Mapping[str, CategoryEncoder],
    ) -> "Scorecard":
        """Ask LightGBM for the values of all intervals.

        Parameters
        ----------
        booster : lightgbm.Booster
            Additive trees.
        trees : TreeStructure
            Their shape: additive and plain.
        features : tuple of str
            Feature names in order.
        levels : mapping of str to CategoryEncoder
            Of the category features, which have one column a level: 1 there and 0 elsewhere.
        """
        edges = [_edges(thresholds) for thresholds in trees.thresholds]
        grid = np.full((max(map(len, edges)) + 1, len(edges)), np.nan)
        for column, ends in enumerate(edges):
            grid[: len(ends), column] = ends
        values = np.asarray(booster.predict(grid, pred_contrib=True))
        tables = [StepFunction(ends, values[: len(ends) + 1, j][::-1].copy()) for j, ends in enumerate(edges)]
        numbers, categories, place = {}, {}, 0
        for name in features:
            if name not in levels:
                numbers[name], place = tables[place], place + 1
                continue
            size = levels[name].size
            off_on = np.array([table(np.array([0.0, 1.0])) for table in tables[place : place + size]])
            categories[name] = np.where(np.eye(size, dtype=bool), off_on[:, 1], off_on[:, 0]).sum(axis=1)
            place += size
        return cls(features, float(values[0, -1]), numbers, categories)

    def explain(self, frame: pd.DataFrame, levels: Mapping[str, CategoryEncoder]) -> np.ndarray:
        """Return what each feature adds, in log-odds; shape (n, features)."""
        parts = np.empty((len(self.features), len(frame)))
        for row, name in zip(parts, self.features, strict=True):
            if name in self.categories:
                row[:] = self.categories[name][levels[name].transform(frame[name])]
            else:
                row[:] = self.numbers[name](frame[name].to_numpy(dtype=float))
        return parts.T


def _edges(thresholds: np.ndarray) -> np.ndarray:
    """Return the upper ends of the intervals, such that what LightGBM takes for zero stays in one of them."""
    below, above = np.nextafter(-ZERO, -np.inf), ZERO
    near = np.abs(thresholds) <= ZERO
    ends = np.where(near, np.where(thresholds < 0, below, above), thresholds)
    return np.unique(np.append(ends, np.inf))
