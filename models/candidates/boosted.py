"""LightGBM with monotone constraints, explained by exact SHAP values."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import lightgbm as lgb
import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.models.candidates.category_encoding import CategoryEncoder
from leadlight.models.candidates.tree_shap import CHUNK, TreeShap, compute_lightgbm_shap

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
    start : float
        Log-odds that they add to.
    """

    kind: ClassVar[str] = "boosted"
    columns: DesignMatrix
    booster: lgb.Booster
    start: float = 0.0

    @property
    def features(self) -> tuple[str, ...]:
        """Feature names in order."""
        return self.columns.features

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the base and the SHAP values of each feature, in log-odds; shape (n, features)."""
        parts = np.empty((len(frame), len(self.columns.features)))
        for start in range(0, len(frame), CHUNK):
            matrix = self.columns.transform(frame.iloc[start : start + CHUNK])
            parts[start : start + CHUNK] = self._by_feature(self._shap(matrix))
        return self.start + self._shap.base, parts

    def predict_log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the sum of base and SHAP values, shape (n,), by the trees themselves."""
        found = [
            self.booster.predict(self.columns.transform(frame.iloc[start : start + CHUNK]), raw_score=True)
            for start in range(0, len(frame), CHUNK)
        ]
        return self.start + np.concatenate(found or [np.zeros(0)])

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Compute the same with LightGBM itself: slow, and the reference for :meth:`explain_log_odds`."""
        base, parts = compute_lightgbm_shap(self.booster, self.columns.transform(frame))
        return self.start + base, self._by_feature(parts)

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the trees as LightGBM's text; return features and levels."""
        (folder / "trees.txt").write_text(self.booster.model_to_string(), encoding="utf-8")
        levels = {name: list(entry.categories) for name, entry in self.columns.levels.items()}
        return {"features": list(self.columns.features), "levels": levels, "start": self.start}

    @cached_property
    def _shap(self) -> TreeShap:
        return TreeShap(self.booster)

    def _by_feature(self, parts: np.ndarray) -> np.ndarray:
        # the columns of a feature are adjacent
        starts = np.flatnonzero(np.diff(self.columns.feature_index, prepend=-1))
        return np.add.reduceat(parts, starts, axis=1)
