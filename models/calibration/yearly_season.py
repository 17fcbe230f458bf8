"""One sine and cosine of the day of the year."""

from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["DAYS_A_YEAR", "YearlySeason", "build_season_columns"]

DAYS_A_YEAR = 365.25


def build_season_columns(as_of: pd.Series) -> np.ndarray:
    """Return sine and cosine of the day of the year, shape (n, 2)."""
    days = (as_of - pd.Timestamp("2000-01-01")) / pd.Timedelta(days=1)
    angle = 2 * np.pi * days.to_numpy(dtype=float) / DAYS_A_YEAR
    return np.column_stack([np.sin(angle), np.cos(angle)])


class YearlySeason(NamedTuple):
    """Log-odds that a night adds for every lead.

    Parameters
    ----------
    sine, cosine : float
        Coefficients of :func:`build_season_columns`.
    mean : float
        Mean over the training snapshots, which is taken off.
    """

    sine: float
    cosine: float
    mean: float

    def calculate(self, as_of: pd.Series) -> np.ndarray:
        """Return the log-odds of each moment, shape (n,)."""
        return np.asarray(build_season_columns(as_of) @ np.array([self.sine, self.cosine]) - self.mean)
