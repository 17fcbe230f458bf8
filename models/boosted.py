"""LightGBM with monotone constraints; additive where every tree may use one column only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from models.levels import Levels

__all__ = ["BoostedModel", "Columns"]


@dataclass(frozen=True)
class Columns:
    """The design matrix of boosted trees: one column a number, one a level of a category.

    Parameters
    ----------
    features : tuple of str
        Feature names in order.
    levels : dict of str to Levels
        Levels of the category features.
    """

    features: tuple[str, ...]
    levels: dict[str, Levels]

    @classmethod
    def fit(cls, frame: pd.DataFrame, leads: pd.Series, catalogue: Catalogue, rare_below: int) -> "Columns":
        """Find the levels of every category feature; see :meth:`Levels.fit`."""
        levels = {
            f.name: Levels.fit(frame[f.name], leads, rare_below)
            for f in catalogue.features
            if f.kind == "category"
        }
        return cls(tuple(catalogue.names), levels)

    @property
    def owners(self) -> np.ndarray:
        """Place of the feature that each column belongs to, shape (columns,)."""
        widths = [self.levels[name].size if name in self.levels else 1 for name in self.features]
        return np.repeat(np.arange(len(self.features)), widths)

    def directions(self, catalogue: Catalogue) -> list[int]:
        """Return the expected direction of each column: 1, -1 or 0 where there is none."""
        expected = [f.direction if f.kind == "number" else 0 for f in catalogue.features]
        return [int(expected[owner]) for owner in self.owners]

    def matrix(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the design matrix, shape (n, columns); NaN where a number is not known."""
        blocks = [
            np.eye(self.levels[name].size)[self.levels[name].codes(frame[name])]
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
    columns : Columns
        Their design matrix.
    booster : lightgbm.Booster
        The trees.
    """

    columns: Columns
    booster: lgb.Booster

    @classmethod
    def fit(
        cls,
        frame: pd.DataFrame,
        won: np.ndarray,
        columns: Columns,
        *,
        settings: Mapping[str, Any],
        rounds: int,
    ) -> "BoostedModel":
        """Grow trees.

        Parameters
        ----------
        frame : pd.DataFrame, shape (n, features)
            The feature table of the training snapshots.
        won : ndarray of int, shape (n,)
            Labels.
        columns : Columns
            Their design matrix.
        settings : mapping
            LightGBM parameters, constraints among them.
        rounds : int
            Trees.
        """
        data = lgb.Dataset(columns.matrix(frame), label=won, params={"verbosity": -1}, free_raw_data=False)
        return cls(columns, lgb.train(dict(settings), data, num_boost_round=rounds))

    def contributions(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the base and the SHAP values of each feature, in log-odds; shape (n, features)."""
        by_feature = np.zeros((len(frame), len(self.columns.features)))
        if frame.empty:  # LightGBM cannot predict nothing, and only tells its base with a prediction
            return 0.0, by_feature
        by_column = np.asarray(self.booster.predict(self.columns.matrix(frame), pred_contrib=True))
        np.add.at(by_feature.T, self.columns.owners, by_column[:, :-1].T)
        return float(by_column[0, -1]), by_feature
