"""What candidates learn from, and how."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.models.training.rolling_origin import Origin, newest_quarter

__all__ = ["TrainingSettings", "TrainingWindow"]


@dataclass(frozen=True)
class TrainingSettings:
    """How candidates are trained; the fields mean what they mean in the section ``training`` of params."""

    seed: int = 7
    candidates: tuple[str, ...] = ("points", "logistic", "additive", "interactions", "blend")
    rare_below: int = 30
    learning_rate: float = 0.05
    max_rounds: int = 600
    leaves: int = 8
    trials: int = 8
    tuning_seconds: int = 600
    tuning_snapshots: int = 20_000


@dataclass(frozen=True)
class TrainingWindow:
    """Snapshots to learn from, in time order.

    Parameters
    ----------
    frame : pd.DataFrame, shape (n, features)
        The feature table.
    won : ndarray of int, shape (n,)
        Labels.
    leads : pd.Series, shape (n,)
        Lead of each snapshot.
    origins : tuple of Origin
        By what candidates are tuned and judged; left out, the newest quarter is.
    """

    frame: pd.DataFrame
    won: np.ndarray
    leads: pd.Series
    origins: tuple[Origin, ...] = ()

    def rolling(self) -> tuple[Origin, ...]:
        """Return the origins."""
        return self.origins or (newest_quarter(self.won, self.leads),)

    def rows(self, rows: np.ndarray) -> "TrainingWindow":
        """Return the window of the numbered rows, without origins."""
        return TrainingWindow(
            self.frame.iloc[rows].reset_index(drop=True), self.won[rows], self.leads.iloc[rows]
        )
