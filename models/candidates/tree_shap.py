"""SHAP values of trees with interactions: those of TreeSHAP, by the WOODELF algorithm, in float64.

WOODELF (Nadel and Wettenstein, "From Decision Trees to Boolean Logic: A Fast and Unified SHAP Algorithm",
2026) looks at the path to a leaf as a set of yes-or-no questions, one a column: what the leaf adds is then a
table by the answers, the same for all leads. Routing and tables are those of the package `woodelf`; it adds
up in float32, so that adding up is done here.
"""

from functools import cached_property
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from woodelf.core.decision_patterns import decision_patterns_generator, ignore_right_neighbor
from woodelf.core.path_to_s_vectors.lts_recursive_p2s import (
    improved_linear_tree_shap_magic,
    improved_linear_tree_shap_magic_for_neighbors,
    shapley_values_f_w,
)
from woodelf.core.trees.parse_models import load_decision_tree_ensemble_model
from woodelf.core.utils import get_covers_vector, get_unique_features_in_path

from leadlight.models.candidates.tree_structure import ZERO, TreeStructure

__all__ = ["TreeShap", "compute_lightgbm_shap"]

#: Rows explained at a time. Working memory is then about 120 MiB for 60 columns, and rebuilding the tables
#: for each chunk takes a quarter of the time.
CHUNK = 65_536
#: Below this many rows the tables take longer than LightGBM's own walk.
MIN_TABLE_ROWS = 2_000
#: Columns on a path up to which both agree to 1e-12, so that the number of rows may choose between them. The
#: walk divides by what it multiplied with and loses digits on longer ones: 1e-8 at 34 columns, tables 1e-14.
MAX_TABLE_DEPTH = 24
#: Paths with at most this many columns get a table of all answers, longer ones of those that occur.
WHOLE_TABLE = 10
#: Error in log-odds above which a lead is explained by LightGBM instead.
TOLERANCE = 1e-6


def compute_lightgbm_shap(booster: lgb.Booster, matrix: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the base and the SHAP values of each column as LightGBM computes them (and shap.TreeExplainer).

    Both are log-odds; the values have the shape (n, columns) of `matrix`, which may have no rows.
    """
    rows = matrix if len(matrix) else np.zeros((1, matrix.shape[1]))  # the base comes with a prediction only
    values = np.asarray(booster.predict(rows, pred_contrib=True))
    return float(values[0, -1]), values[: len(matrix), :-1]


class TreeShap:
    """Explains the trees of one booster.

    Parameters
    ----------
    booster : lightgbm.Booster
        The trees.
    trees : TreeStructure
        Their shape. Those that are not plain are explained by LightGBM.
    """

    def __init__(self, booster: lgb.Booster, trees: TreeStructure) -> None:
        self.booster = booster
        self.trees = trees

    @cached_property
    def base(self) -> float:
        """Log-odds that the values add to."""
        return compute_lightgbm_shap(self.booster, np.empty((0, self.booster.num_feature())))[0]

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """Return the SHAP values of each column; with the base they add up to the raw prediction.

        Rounding error is spread in proportion to the size of the parts, so signs and zeros stay. Leads with
        a larger error are explained by LightGBM.

        Parameters
        ----------
        matrix : ndarray, shape (n, columns)
            Design matrix, at best of no more than ``CHUNK`` rows.

        Returns
        -------
        ndarray, shape (n, columns)
            In log-odds.
        """
        walk = len(matrix) < MIN_TABLE_ROWS and max(self.trees.path_columns) <= MAX_TABLE_DEPTH
        if walk or not self.trees.table_safe:
            parts = compute_lightgbm_shap(self.booster, matrix)[1]
        else:
            parts = self._by_tables(matrix)
        if len(matrix) == 0:
            return parts
        margin = np.asarray(self.booster.predict(matrix, raw_score=True))
        missing = margin - self.base - parts.sum(axis=1)
        off = ~(np.abs(missing) <= TOLERANCE)
        if off.any():
            parts[off] = compute_lightgbm_shap(self.booster, matrix[off])[1]
            missing[off] = margin[off] - self.base - parts[off].sum(axis=1)
        size = np.abs(parts)
        total = size.sum(axis=1)
        parts += size * np.divide(missing, total, out=np.zeros_like(total), where=total > 0)[:, None]
        return parts

    @cached_property
    def _ensemble(self) -> Any:
        return load_decision_tree_ensemble_model(self.booster, list(range(self.booster.num_feature())))

    def _by_tables(self, matrix: np.ndarray) -> np.ndarray:
        matrix = np.array(matrix, order="F")
        matrix[np.abs(matrix) <= ZERO] = 0.0
        data = pd.DataFrame(matrix, columns=range(matrix.shape[1]))
        found, added = np.zeros((matrix.shape[1], len(matrix))), np.empty(len(matrix))
        for tree in self._ensemble.trees:
            paths = tree.get_nodes_to_path_dict()
            # True: two leaves that differ in their last question only share a table
            for leaf, answers in decision_patterns_generator(tree, data, False, True):
                path = paths[leaf.index]
                columns = get_unique_features_in_path(path)
                if not columns:
                    continue
                shares = np.array(get_covers_vector([*path, leaf], columns))
                shared = tree.depth > 1 and ignore_right_neighbor(leaf, path, True)
                neighbour = leaf.parent.right.value if shared else None
                places, kinds = _kinds(answers, len(columns))
                table = _table(shares, kinds, leaf.value, neighbour)
                for column, values in zip(columns, table, strict=True):
                    np.take(values, places, out=added, mode="clip")
                    found[column] += added
        return found.T


def _kinds(answers: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each row's answers among the kinds of answers, and those kinds."""
    if columns <= WHOLE_TABLE and 2**columns <= len(answers):
        return answers.astype(np.intp), np.arange(2**columns, dtype=np.uint32)
    places, kinds = pd.factorize(answers)
    return places, np.asarray(kinds)


def _table(shares: np.ndarray, kinds: np.ndarray, value: float, neighbour: float | None) -> np.ndarray:
    """Return what a leaf adds to each column on its path, by the kind of answers; shape (columns, kinds)."""
    weights = shapley_values_f_w(len(shares))
    if neighbour is None:
        found = improved_linear_tree_shap_magic(shares, kinds, weights, value)
    else:
        found = improved_linear_tree_shap_magic_for_neighbors(shares, kinds, weights, value, neighbour)
    return np.ascontiguousarray(found.T)
