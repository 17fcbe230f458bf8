"""Decide whether the shape of a calibration is to be corrected, cross-validated by lead."""

from typing import NamedTuple

import numpy as np
from sklearn.model_selection import GroupKFold

from leadlight.models.calibration.parametric import PlattCalibrator, calculate_log_losses, fit_platt, solve_intercept

__all__ = ["CalibrationSelection", "calculate_cluster_robust_se", "select_calibrator"]

#: wins and losses below which no calibration is fitted
MIN_WINS = 30
#: prior standard deviation of the slope around 1
SLOPE_SD = 0.1


class CalibrationSelection(NamedTuple):
    """The calibration of one candidate, with what it was selected by.

    Parameters
    ----------
    calibrator : PlattCalibrator
        Fitted on all rows, or the identity.
    losses : ndarray, shape (n,)
        Cross-validated log loss of each row, in nats.
    log_loss : dict of str to float
        Mean cross-validated log loss of ``none`` and ``platt``.
    """

    calibrator: PlattCalibrator
    losses: np.ndarray
    log_loss: dict[str, float]


def select_calibrator(
    margin: np.ndarray, won: np.ndarray, groups: np.ndarray, origin: np.ndarray
) -> CalibrationSelection:
    """Compare the identity with a penalized Platt calibration, which has to win by more than its standard error.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        Log-odds of snapshots that the model was not trained on.
    won : ndarray of int, shape (n,)
        Labels.
    groups : ndarray, shape (n,)
        Lead of each snapshot: no lead is in two folds.
    origin : ndarray of int, shape (n,)
        Origin of each snapshot. Each gets the level of its own wins first: a level that moves between origins would
        flatten the slope, and the level of the scorer is set from newer snapshots.
    """
    margin = margin.astype(float)
    for number in np.unique(origin):
        rows = origin == number
        margin[rows] += solve_intercept(margin[rows], won[rows])
    plain = calculate_log_losses(margin, won)
    if min(won.sum(), len(won) - won.sum()) < MIN_WINS:
        return CalibrationSelection(PlattCalibrator(), plain, {"none": float(plain.mean())})
    fitted = calculate_log_losses(_cross_validate(margin, won, groups), won)
    means = {"none": float(plain.mean()), "platt": float(fitted.mean())}
    gain = plain - fitted
    if gain.mean() <= calculate_cluster_robust_se(gain, groups):
        return CalibrationSelection(PlattCalibrator(), plain, means)
    return CalibrationSelection(fit_platt(margin, won, slope_sd=SLOPE_SD), fitted, means)


def calculate_cluster_robust_se(values: np.ndarray, groups: np.ndarray) -> float:
    """Return the standard error of the mean of `values` with rows clustered by group."""
    _, group = np.unique(groups, return_inverse=True)
    sums = np.bincount(group, values - values.mean())
    return float(np.sqrt((sums**2).sum()) / len(values))


def _cross_validate(margin: np.ndarray, won: np.ndarray, groups: np.ndarray) -> np.ndarray:
    log_odds = np.zeros(len(margin))
    for rest, held in GroupKFold(n_splits=min(5, len(np.unique(groups)))).split(margin, won, groups):
        log_odds[held] = fit_platt(margin[rest], won[rest], slope_sd=SLOPE_SD).predict_log_odds(margin[held])
    return log_odds
