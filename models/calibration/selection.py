"""Select the simplest calibration within one standard error of the best, cross-validated by lead."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import GroupKFold

from leadlight.models.calibration.parametric import (
    BetaCalibrator,
    calculate_log_losses,
    fit_beta,
    fit_identity,
    fit_intercept,
    fit_platt,
)
from leadlight.models.calibration.spline import SplineCalibrator, fit_spline

__all__ = ["CalibrationSelection", "Calibrator", "calculate_cluster_robust_se", "read_calibrator", "select_calibrator"]

Calibrator = BetaCalibrator | SplineCalibrator

#: simplest first
KINDS = {"none": fit_identity, "shift": fit_intercept, "platt": fit_platt, "beta": fit_beta, "curve": fit_spline}
#: wins and losses below which no calibration is fitted
MIN_WINS = 10


class CalibrationSelection(NamedTuple):
    """The calibration of one candidate, with the losses it was selected by.

    Parameters
    ----------
    calibrator : Calibrator
        Fitted on all rows.
    log_odds : ndarray, shape (n,)
        Cross-validated log-odds of each row under the chosen kind.
    losses : ndarray, shape (n,)
        Cross-validated log loss of each row under the chosen kind, in nats.
    log_loss : dict of str to float
        Cross-validated log loss of each kind.
    """

    calibrator: Calibrator
    log_odds: np.ndarray
    losses: np.ndarray
    log_loss: dict[str, float]


def select_calibrator(margin: np.ndarray, won: np.ndarray, groups: np.ndarray) -> CalibrationSelection:
    """Compare all kinds and choose.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        Log-odds of snapshots that the model was not trained on.
    won : ndarray of int, shape (n,)
        Labels.
    groups : ndarray, shape (n,)
        Lead of each snapshot: no lead is in two folds.
    """
    if min(won.sum(), len(won) - won.sum()) < MIN_WINS:
        losses = calculate_log_losses(margin, won)
        return CalibrationSelection(fit_identity(margin, won), margin, losses, {"none": float(losses.mean())})
    predicted = {name: _cross_validate(fit, margin, won, groups) for name, fit in KINDS.items()}
    by_kind = {name: calculate_log_losses(log_odds, won) for name, log_odds in predicted.items()}
    mean = {name: float(loss.mean()) for name, loss in by_kind.items()}
    best = by_kind[min(mean, key=lambda name: mean[name])]
    chosen = next(
        name
        for name, loss in by_kind.items()
        if (loss - best).mean() <= calculate_cluster_robust_se(loss - best, groups)
    )
    return CalibrationSelection(KINDS[chosen](margin, won), predicted[chosen], by_kind[chosen], mean)


def calculate_cluster_robust_se(values: np.ndarray, groups: np.ndarray) -> float:
    """Return the standard error of the mean of `values` with rows clustered by group."""
    _, group = np.unique(groups, return_inverse=True)
    sums = np.bincount(group, values - values.mean())
    return float(np.sqrt((sums**2).sum()) / len(values))


def read_calibrator(content: Mapping[str, Any]) -> Calibrator:
    """Read what ``to_dict`` of a calibrator gave."""
    return SplineCalibrator.from_dict(content) if "knots" in content else BetaCalibrator.from_dict(content)


def _cross_validate(fit: Any, margin: np.ndarray, won: np.ndarray, groups: np.ndarray) -> np.ndarray:
    log_odds = np.zeros(len(margin))
    for rest, held in GroupKFold(n_splits=min(5, len(np.unique(groups)))).split(margin, won, groups):
        log_odds[held] = fit(margin[rest], won[rest]).predict_log_odds(margin[held])
    return log_odds
