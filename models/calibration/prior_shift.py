"""Prior shift: an offset to the log-odds from the newest matured leads, and whether it would have helped.

At each moment the offset is fitted by maximum likelihood to the newest snapshots with a known outcome, and
shrunk towards zero by its standard error. It is evaluated only on later snapshots.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from leadlight.models.calibration.parametric import calculate_log_losses, solve_intercept
from leadlight.models.calibration.selection import calculate_cluster_robust_se

__all__ = ["PriorShiftCorrection", "estimate_prior_shift", "estimate_rolling_prior_shifts", "evaluate_correction"]

#: wins, and losses, that the newest snapshots must contain
NEWEST_WINS = 50
#: prior standard deviation of the shift, in log-odds
PRIOR_SD = 0.5
STEPS = 20


class PriorShiftCorrection(NamedTuple):
    """Effect of correcting forward in time.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Corrected forward in time.
    log_loss_reduction : float
        Mean log loss saved, in nats.
    standard_error : float
        Its standard error, by lead.
    """

    log_odds: np.ndarray
    log_loss_reduction: float
    standard_error: float

    @property
    def helps(self) -> bool:
        """Whether the saving is above its standard error."""
        return self.log_loss_reduction > self.standard_error

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, without the log-odds."""
        return {"saved": self.log_loss_reduction, "error": self.standard_error, "helps": self.helps}


def estimate_prior_shift(log_odds: np.ndarray, won: np.ndarray) -> float:
    """Estimate the shift from the newest rows.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Calibrated log-odds of matured snapshots, in time order.
    won : ndarray of int, shape (n,)
        Labels.

    Returns
    -------
    float
        In log-odds; 0 where all rows together have too few wins or losses.
    """
    wins, losses = np.cumsum(won[::-1]), np.cumsum(1 - won[::-1])
    enough = (wins >= NEWEST_WINS) & (losses >= NEWEST_WINS)
    if not enough.any():
        return 0.0
    count = int(np.argmax(enough)) + 1
    newest, outcome = log_odds[-count:], won[-count:]
    p = 1 / (1 + np.exp(-newest))
    error = float(1 / np.sqrt((p * (1 - p)).sum()))
    return solve_intercept(newest, outcome) * PRIOR_SD**2 / (PRIOR_SD**2 + error**2)


def estimate_rolling_prior_shifts(
    log_odds: np.ndarray, won: np.ndarray, as_of: pd.Series, known_at: pd.Series
) -> np.ndarray:
    """Estimate the shift at each row from the outcomes known by then.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Calibrated log-odds, in time order.
    won : ndarray of int, shape (n,)
        Labels.
    as_of : pd.Series, shape (n,)
        Moment of each snapshot, in order.
    known_at : pd.Series, shape (n,)
        When its outcome was known: as_of plus the horizon.

    Returns
    -------
    ndarray, shape (n,)
        Log-odds to be added; estimated again at about twenty moments.
    """
    shifts = np.zeros(len(won))
    edges = np.unique(np.linspace(0, len(won), STEPS + 1).astype(int))
    for start, end in pairwise(edges):
        matured = (known_at <= as_of.iloc[start]).to_numpy()
        if matured.any():
            shifts[start:end] = estimate_prior_shift(log_odds[matured], won[matured])
    return shifts


def evaluate_correction(
    log_odds: np.ndarray, won: np.ndarray, groups: np.ndarray, as_of: pd.Series, horizon: pd.Timedelta
) -> PriorShiftCorrection:
    """Correct forward in time and compare with not correcting.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Calibrated log-odds out of time, in time order.
    won : ndarray of int, shape (n,)
        Labels.
    groups : ndarray, shape (n,)
        Lead of each snapshot.
    as_of : pd.Series, shape (n,)
        Moments, in order.
    horizon : pd.Timedelta
        Time until an outcome is known.
    """
    corrected = log_odds + estimate_rolling_prior_shifts(log_odds, won, as_of, as_of + horizon)
    saved = calculate_log_losses(log_odds, won) - calculate_log_losses(corrected, won)
    return PriorShiftCorrection(corrected, float(saved.mean()), calculate_cluster_robust_se(saved, groups))
