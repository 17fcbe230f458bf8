"""LightGBM with monotone constraints; additive where every tree may use one column only."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import lightgbm as lgb
import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.models.candidates.category_encoding import CategoryEncoder
from leadlight.models.candidates.scorecard import Scorecard
from leadlight.models.candidates.tree_shap import CHUNK, TreeShap, compute_lightgbm_shap
from leadlight.models.candidates.tree_structure import TreeStructure

__all__ = ["BoostedModel", "DesignMatrix"]


class DesignMatrix(NamedTuple):
    """The design matrix of boosted trees: one column per number, one per level of a category.

    Parameters
    ----------
    features : tuple of str
        Feature names in order.
    levels : dict of str to CategoryEncoder
        Of the category features.
    """

    features: tuple[str, ...]
    levels: dict[str, CategoryEncoder]

    @classmethod
    def fit(
        cls, frame: pd.DataFrame, leads: pd.Series, catalogue: Catalogue, min_category_leads: int
    ) -> "DesignMatrix":
        """Find the levels of every category feature; see :meth:`CategoryEncoder.fit`."""
        levels = {
            f.name: CategoryEncoder.fit(frame[f.name], leads, min_category_leads)
            for f in catalogue.features
            if f.kind == "category"
        }
        return cls(tuple(catalogue.names), levels)

    @property
    def feature_index(self) -> np.ndarray:
        """Place of the feature that each column belongs to, shape (columns,)."""
        widths = [self.levels[name].size if name in self.levels else 1 for name in self.features]
        return np.repeat(np.arange(len(self.features)), widths)

    def list_monotone_constraints(self, catalogue: Catalogue) -> list[int]:
        """Return the expected direction of each column: 1, -1 or 0 where there is none."""
        expected = [f.monotonicity if f.kind == "number" else 0 for f in catalogue.features]
        return [int(expected[owner]) for owner in self.feature_index]

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the design matrix, shape (n, columns); NaN where a number is not known."""
        blocks = [
            np.eye(self.levels[name].size)[self.levels[name].transform(frame[name])]
            if name in self.levels
            else frame[name].to_numpy(dtype=float)[:, None]
            for name in self.features
        ]
        return np.hstack(blocks)


@dataclass(frozen=True)
class BoostedModel:
    """Trained boosted trees.

    Parameters
    ----------
    columns : DesignMatrix
        Their design matrix.
    booster : lightgbm.Booster
        The trees.
    """

    kind: ClassVar[str] = "boosted"
    columns: DesignMatrix
    booster: lgb.Booster

    @classmethod
    def fit(
        cls, frame: pd.DataFrame, won: np.ndarray, columns: DesignMatrix, *, settings: Mapping[str, Any], rounds: int
    ) -> "BoostedModel":
        """Grow trees.

        Parameters
        ----------
        frame : pd.DataFrame, shape (n, features)
            The feature table of the training snapshots.
        won : ndarray of int, shape (n,)
            Labels.
        columns : DesignMatrix
            Their design matrix.
        settings : mapping
            LightGBM parameters, constraints among them.
        rounds : int
            Trees.
        """
        data = lgb.Dataset(columns.transform(frame), label=won, params={"verbosity": -1}, free_raw_data=False)
        return cls(columns, lgb.train(dict(settings), data, num_boost_round=rounds))

    @property
    def features(self) -> tuple[str, ...]:
        """Feature names in order."""
        return self.columns.features

    @cached_property
    def trees(self) -> TreeStructure:
        """Shape of the trees."""
        return TreeStructure.from_booster(self.booster)

    @cached_property
    def scorecard(self) -> Scorecard | None:
        """Tables of additive trees; None where trees combine columns or LightGBM alone reads them right."""
        if not (self.trees.additive and self.trees.table_safe):
            return None
        return Scorecard.from_booster(self.booster, self.trees, self.columns.features, self.columns.levels)

    @property
    def explanation_cost(self) -> float:
        """Operations to explain one lead, counted and not timed.

        One look-up per feature for additive trees; else one addition per column on the path to each leaf;
        or, where only LightGBM reads the trees right, the square of their number at each leaf.
        """
        if self.scorecard is not None:
            return float(len(self.columns.features))
        return float(self.trees.table_cost if self.trees.table_safe else self.trees.treeshap_cost)

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the base and the SHAP values of each feature, in log-odds; shape (n, features)."""
        if self.scorecard is not None:
            return self.scorecard.base, self.scorecard.explain(frame, self.columns.levels)
        parts = np.empty((len(frame), len(self.columns.features)))
        for start in range(0, len(frame), CHUNK):
            matrix = self.columns.transform(frame.iloc[start : start + CHUNK])
            parts[start : start + CHUNK] = self._by_feature(self._shap(matrix))
        return self._shap.base, parts

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Compute the same with LightGBM itself: slow, and the reference for :meth:`explain_log_odds`."""
        base, parts = compute_lightgbm_shap(self.booster, self.columns.transform(frame))
        return base, self._by_feature(parts)

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the trees as LightGBM's text; return features and levels."""
        (folder / "trees.txt").write_text(self.booster.model_to_string(), encoding="utf-8")
        levels = {name: list(entry.categories) for name, entry in self.columns.levels.items()}
        return {"features": list(self.columns.features), "levels": levels}

    @cached_property
    def _shap(self) -> TreeShap:
        return TreeShap(self.booster, self.trees)

    def _by_feature(self, parts: np.ndarray) -> np.ndarray:
        # the columns of a feature are adjacent
        starts = np.flatnonzero(np.diff(self.columns.feature_index, prepend=-1))
        return np.add.reduceat(parts, starts, axis=1)
