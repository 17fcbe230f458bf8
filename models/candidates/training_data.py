"""Training data and settings."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from leadlight.models.candidates.rolling_origin import Fold, split_newest_quarter

__all__ = ["TrainingData", "TrainingSettings"]


class TrainingSettings(NamedTuple):
    """How candidates are trained; fields and defaults are in the section ``training`` of params."""

    seed: int
    candidates: tuple[str, ...]
    min_category_leads: int
    learning_rate: float
    max_rounds: int
    metric: str


class TrainingData(NamedTuple):
    """Training snapshots in time order.

    Parameters
    ----------
    frame : pd.DataFrame, shape (n, features)
        The feature table; with as_of, where the source has dates.
    won : ndarray of int, shape (n,)
        Labels.
    leads : pd.Series, shape (n,)
        Lead of each snapshot.
    folds : tuple of Fold
        For tuning and comparing candidates; left out, the newest quarter is the test side.
    offset : ndarray, shape (n,), optional
        Log-odds that a model adds to: the season; left out, zero.
    """

    frame: pd.DataFrame
    won: np.ndarray
    leads: pd.Series
    folds: tuple[Fold, ...] = ()
    offset: np.ndarray | None = None

    def get_folds(self) -> tuple[Fold, ...]:
        """Return the folds."""
        return self.folds or (split_newest_quarter(len(self.won)),)

    def get_offset(self) -> np.ndarray:
        """Return the offset, shape (n,)."""
        return np.zeros(len(self.won)) if self.offset is None else self.offset

    def take(self, rows: np.ndarray) -> "TrainingData":
        """Return the data of the numbered rows, without folds."""
        offset = None if self.offset is None else self.offset[rows]
        return TrainingData(
            self.frame.iloc[rows].reset_index(drop=True), self.won[rows], self.leads.iloc[rows], (), offset
        )
