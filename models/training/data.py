"""What candidates learn from, and how."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.models.training.rolling_origin import Fold, split_newest_quarter

__all__ = ["TrainingData", "TrainingSettings"]


@dataclass(frozen=True)
class TrainingSettings:
    """How candidates are trained; the fields mean what they mean in the section ``training`` of params."""

    seed: int = 7
    candidates: tuple[str, ...] = ("points", "logistic", "additive", "interactions", "blend")
    min_category_leads: int = 30
    learning_rate: float = 0.05
    max_rounds: int = 600
    leaves: int = 8
    trials: int = 8
    tuning_seconds: int = 600
    tuning_snapshots: int = 20_000


@dataclass(frozen=True)
class TrainingData:
    """Snapshots to learn from, in time order.

    Parameters
    ----------
    frame : pd.DataFrame, shape (n, features)
        The feature table.
    won : ndarray of int, shape (n,)
        Labels.
    leads : pd.Series, shape (n,)
        Lead of each snapshot.
    folds : tuple of Origin
        By what candidates are tuned and judged; left out, the newest quarter is.
    """

    frame: pd.DataFrame
    won: np.ndarray
    leads: pd.Series
    folds: tuple[Fold, ...] = ()

    def get_folds(self) -> tuple[Fold, ...]:
        """Return the origins."""
        return self.folds or (split_newest_quarter(self.won, self.leads),)

    def take(self, rows: np.ndarray) -> "TrainingData":
        """Return the window of the numbered rows, without origins."""
        return TrainingData(
            self.frame.iloc[rows].reset_index(drop=True), self.won[rows], self.leads.iloc[rows]
        )
