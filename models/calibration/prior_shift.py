"""A base rate that moves: the shift that the newest matured leads ask for, and whether it would have helped.

Looking back from each moment, the newest snapshots whose outcome was known by then say how far the
log-odds are off (an offset fitted by maximum likelihood, drawn towards zero by its own error); the shift is
then held against what came after. So the correction is judged only by what it could not know.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from leadlight.models.calibration.parametric import calculate_log_losses, solve_intercept
from leadlight.models.calibration.selection import calculate_cluster_robust_se

__all__ = [
    "PriorShiftCorrection",
    "estimate_prior_shift",
    "estimate_rolling_prior_shifts",
    "evaluate_correction",
]

#: wins, and losses, that the newest snapshots must hold
NEWEST_WINS = 50
#: standard deviation, in log-odds, of the shifts to be expected: what a noisy offset is drawn towards zero by
PRIOR_SD = 0.5
STEPS = 20


@dataclass(frozen=True)
class PriorShiftCorrection:
    """What correcting would have changed.

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
    """Find the shift that the newest rows ask for.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Calibrated log-odds of matured snapshots, in time order.
    won : ndarray of int, shape (n,)
        Labels.

    Returns
    -------
    float
        In log-odds; 0 where all rows together hold too few wins or losses.
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
    """Find the shift at each row from what was matured by then.

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
        Log-odds to be added; found anew at some twenty moments.
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
        How long an outcome takes to be known.
    """
    corrected = log_odds + estimate_rolling_prior_shifts(log_odds, won, as_of, as_of + horizon)
    saved = calculate_log_losses(log_odds, won) - calculate_log_losses(corrected, won)
    return PriorShiftCorrection(corrected, float(saved.mean()), calculate_cluster_robust_se(saved, groups))
