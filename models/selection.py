"""Which candidate serves: the simplest within one standard error of the best, out of time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.calibration import Calibrator, choose_calibrator

__all__ = ["Choice", "choose_candidate", "clustered_error"]


@dataclass(frozen=True)
class Choice:
    """The candidate that serves, and why.

    Parameters
    ----------
    name : str
        Its name.
    calibrator : Calibrator
        Its calibration.
    log_loss : dict of str to float
        Cross-validated log loss of every calibrated candidate on the calibration window, in nats.
    behind_best, error : dict of str to float
        How far each is behind the best, and the standard error of that, clustered by lead.
    """

    name: str
    calibrator: Calibrator
    log_loss: dict[str, float]
    behind_best: dict[str, float]
    error: dict[str, float]


def choose_candidate(margins: Mapping[str, np.ndarray], won: np.ndarray, groups: np.ndarray) -> Choice:
    """Calibrate every candidate, compare them and choose.

    Parameters
    ----------
    margins : mapping of str to ndarray, shape (n,)
        Log-odds of each candidate on the calibration window, simplest candidate first.
    won : ndarray of int, shape (n,)
        Labels.
    groups : ndarray, shape (n,)
        Lead of each snapshot.

    Returns
    -------
    Choice
        The first candidate that is behind the best by at most one standard error.
    """
    calibrators: dict[str, Calibrator] = {}
    losses: dict[str, np.ndarray] = {}
    for name, margin in margins.items():
        calibrators[name], losses[name] = choose_calibrator(margin, won, groups)
    mean = {name: float(loss.mean()) for name, loss in losses.items()}
    best = min(mean, key=lambda name: mean[name])
    behind = {name: float((loss - losses[best]).mean()) for name, loss in losses.items()}
    error = {name: clustered_error(loss - losses[best], groups) for name, loss in losses.items()}
    chosen = next(name for name in margins if behind[name] <= error[name])
    return Choice(chosen, calibrators[chosen], mean, behind, error)


def clustered_error(values: np.ndarray, groups: np.ndarray) -> float:
    """Return the standard error of the mean of `values` where rows of one group go together."""
    _, group = np.unique(groups, return_inverse=True)
    sums = np.bincount(group, values - values.mean())
    return float(np.sqrt((sums**2).sum()) / len(values))
