"""Which calibration: the simplest within one standard error of the best, cross-validated by lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold

from leadlight.models.calibration.parametric import (
    Calibrator,
    fit_beta,
    fit_none,
    fit_platt,
    fit_shift,
    log_losses,
)
from leadlight.models.calibration.spline import CurveCalibrator, fit_curve

__all__ = ["AnyCalibrator", "CalibrationChoice", "choose_calibrator", "clustered_error", "read_calibrator"]

AnyCalibrator = Calibrator | CurveCalibrator

#: simplest first
KINDS = {"none": fit_none, "shift": fit_shift, "platt": fit_platt, "beta": fit_beta, "curve": fit_curve}
#: wins and losses below which nothing is fitted: the model's own log-odds are the better guess
FEWEST = 10


@dataclass(frozen=True)
class CalibrationChoice:
    """The calibration of one candidate, and why.

    Parameters
    ----------
    calibrator : Calibrator or CurveCalibrator
        Fitted on all rows.
    losses : ndarray, shape (n,)
        Cross-validated log loss of each row under the chosen kind, in nats.
    log_loss : dict of str to float
        Cross-validated log loss of each kind.
    """

    calibrator: AnyCalibrator
    losses: np.ndarray
    log_loss: dict[str, float]


def choose_calibrator(margin: np.ndarray, won: np.ndarray, groups: np.ndarray) -> CalibrationChoice:
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
    if min(won.sum(), len(won) - won.sum()) < FEWEST:
        losses = log_losses(margin, won)
        return CalibrationChoice(fit_none(margin, won), losses, {"none": float(losses.mean())})
    by_kind = {name: _cross_validated(fit, margin, won, groups) for name, fit in KINDS.items()}
    mean = {name: float(loss.mean()) for name, loss in by_kind.items()}
    best = by_kind[min(mean, key=lambda name: mean[name])]
    chosen = next(
        name for name, loss in by_kind.items() if (loss - best).mean() <= clustered_error(loss - best, groups)
    )
    return CalibrationChoice(KINDS[chosen](margin, won), by_kind[chosen], mean)


def clustered_error(values: np.ndarray, groups: np.ndarray) -> float:
    """Return the standard error of the mean of `values` where rows of one group go together."""
    _, group = np.unique(groups, return_inverse=True)
    sums = np.bincount(group, values - values.mean())
    return float(np.sqrt((sums**2).sum()) / len(values))


def read_calibrator(content: Mapping[str, Any]) -> AnyCalibrator:
    """Read what ``to_dict`` of a calibrator gave."""
    return CurveCalibrator.from_dict(content) if "knots" in content else Calibrator.from_dict(content)


def _cross_validated(fit: Any, margin: np.ndarray, won: np.ndarray, groups: np.ndarray) -> np.ndarray:
    losses = np.zeros(len(margin))
    for rest, held in GroupKFold(n_splits=min(5, len(np.unique(groups)))).split(margin, won, groups):
        losses[held] = log_losses(fit(margin[rest], won[rest]).log_odds(margin[held]), won[held])
    return losses
