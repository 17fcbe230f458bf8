"""The structure of a booster's trees, read from its dump: how to explain it, and at what cost."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import lightgbm as lgb
import numpy as np

__all__ = ["ZERO", "TreeStructure"]

#: LightGBM treats values within this distance of zero as zero when it predicts
ZERO = float(np.float32(1e-35))


class TreeStructure(NamedTuple):
    """The shape of boosted trees.

    Parameters
    ----------
    thresholds : tuple of ndarray
        Of each column, the sorted distinct numbers it is split at.
    additive : bool
        Whether every tree uses one column at most.
    table_safe : bool
        Whether every split compares a number, only NaN is missing, and every node was reached in training,
        as explaining trees without LightGBM assumes.
    path_columns : tuple of int
        Of each leaf, the number of different columns on the path to it.
    """

    thresholds: tuple[np.ndarray, ...]
    additive: bool
    table_safe: bool
    path_columns: tuple[int, ...]

    @classmethod
    def from_booster(cls, booster: lgb.Booster) -> "TreeStructure":
        """Read the trees of a booster."""
        split_at: list[set[float]] = [set() for _ in range(booster.num_feature())]
        path_columns: list[int] = []
        additive = plain = True
        for tree in booster.dump_model()["tree_info"]:
            used: set[int] = set()
            for node, path in _walk(tree["tree_structure"]):
                if "split_feature" not in node:
                    path_columns.append(len(path))
                    # a tree of one leaf has no count
                    plain = plain and node.get("leaf_count", 1) > 0
                    continue
                used.add(node["split_feature"])
                compares = node["decision_type"] == "<=" and node["missing_type"] in ("None", "NaN")
                plain = plain and compares and node["internal_count"] > 0
                if compares:
                    split_at[node["split_feature"]].add(node["threshold"])
            additive = additive and len(used) <= 1
        thresholds = tuple(np.array(sorted(found), dtype=float) for found in split_at)
        return cls(thresholds, additive, plain, tuple(path_columns))


def _walk(root: dict[str, Any]) -> Iterator[tuple[dict[str, Any], frozenset[int]]]:
    """Go through all nodes, each with the columns on the path to it."""
    waiting: list[tuple[dict[str, Any], frozenset[int]]] = [(root, frozenset())]
    while waiting:
        node, path = waiting.pop()
        yield node, path
        if "split_feature" in node:
            below = path | {node["split_feature"]}
            waiting += [(node["left_child"], below), (node["right_child"], below)]
