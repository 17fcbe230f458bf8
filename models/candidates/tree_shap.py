"""SHAP values of small trees with interactions: those of TreeSHAP, by the WOODELF algorithm, in float64.

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

__all__ = ["TreeShap", "can_explain_by_tables", "compute_lightgbm_shap"]

#: Rows explained at a time. Working memory is then about 120 MiB for 60 columns, and rebuilding the tables
#: for each chunk takes a quarter of the time.
CHUNK = 65_536
#: Below this many rows the tables take longer than LightGBM's own walk.
MIN_TABLE_ROWS = 2_000
#: Leaves of a tree up to which a table of all answers to the questions on a path, at most 2 ** 10, is small.
MAX_LEAVES = 11
#: LightGBM treats values within this distance of zero as zero when it predicts.
ZERO = float(np.float32(1e-35))
#: Error in log-odds above which a lead is explained by LightGBM instead.
TOLERANCE = 1e-6


def compute_lightgbm_shap(booster: lgb.Booster, matrix: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the base and the SHAP values of each column as LightGBM computes them (and shap.TreeExplainer).

    Both are log-odds; the values have the shape (n, columns) of `matrix`, which may have no rows.
    """
    rows = matrix if len(matrix) else np.zeros((1, matrix.shape[1]))  # the base comes with a prediction only
    values = np.asarray(booster.predict(rows, pred_contrib=True))
    return float(values[0, -1]), values[: len(matrix), :-1]


def can_explain_by_tables(booster: lgb.Booster) -> bool:
    """Return whether the trees are small, compare only numbers, take only NaN for missing, and have no empty node."""
    nodes = booster.trees_to_dataframe()
    splits = nodes[nodes["split_feature"].notna()]
    return bool(
        splits["decision_type"].eq("<=").all()
        and splits["missing_type"].isin(["None", "NaN"]).all()
        and nodes["count"].fillna(1).gt(0).all()  # a tree of one leaf has no count
        and (splits.groupby("tree_index").size() < MAX_LEAVES).all()
    )


class TreeShap:
    """Explains the trees of one booster.

    Parameters
    ----------
    booster : lightgbm.Booster
        The trees. LightGBM explains those for which :func:`can_explain_by_tables` is false.
    """

    def __init__(self, booster: lgb.Booster) -> None:
        self.booster = booster
        self.by_tables = can_explain_by_tables(booster)

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
        if self.by_tables and len(matrix) >= MIN_TABLE_ROWS:
            parts = self._by_tables(matrix)
        else:
            parts = compute_lightgbm_shap(self.booster, matrix)[1]
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
                table = _table(shares, leaf.value, neighbour)
                for column, values in zip(columns, table, strict=True):
                    np.take(values, answers.astype(np.intp), out=added, mode="clip")
                    found[column] += added
        return found.T


def _table(shares: np.ndarray, value: float, neighbour: float | None) -> np.ndarray:
    """Return what a leaf adds to each column on its path, by the answers as bits; shape (columns, 2 ** columns)."""
    kinds, weights = np.arange(2 ** len(shares), dtype=np.uint32), shapley_values_f_w(len(shares))
    if neighbour is None:
        found = improved_linear_tree_shap_magic(shares, kinds, weights, value)
    else:
        found = improved_linear_tree_shap_magic_for_neighbors(shares, kinds, weights, value, neighbour)
    return np.ascontiguousarray(found.T)
