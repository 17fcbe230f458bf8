"""Strictly increasing maps from a model's log-odds to calibrated log-odds.

Platt: l = a m + c. Beta (Kull, Silva Filho and Flach 2017): l = a ln p - b ln(1 - p) + c with
p = sigmoid(m). Both are fitted by maximum likelihood on a window later than training; a and b are held
above zero, so that the order of leads never changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from sklearn.model_selection import GroupKFold

__all__ = ["Calibrator", "choose_calibrator", "fit_beta", "fit_platt", "log_losses"]

SMALLEST_SLOPE = 0.01


@dataclass(frozen=True)
class Calibrator:
    """l(m) = a * log_expit(m) - b * log_expit(-m) + c; Platt is the case a = b.

    Parameters
    ----------
    a, b : float
        Slopes, both above zero.
    c : float
        Shift.
    """

    a: float
    b: float
    c: float

    @property
    def kind(self) -> str:
        """``platt`` or ``beta``."""
        return "platt" if self.a == self.b else "beta"

    def log_odds(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated log-odds, same shape as `margin`."""
        if self.a == self.b:  # the same in exact arithmetic, and exactly linear in floats
            return np.asarray(self.a * margin + self.c)
        return np.asarray(self.a * log_expit(margin) - self.b * log_expit(-margin) + self.c)

    def slope(self, margin: np.ndarray) -> np.ndarray:
        """Return dl/dm, same shape as `margin`."""
        if self.a == self.b:
            return np.full_like(np.asarray(margin, dtype=float), self.a)
        return np.asarray(self.a * expit(-margin) + self.b * expit(margin))

    def probability(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, same shape as `margin`."""
        return np.asarray(expit(self.log_odds(margin)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"a": self.a, "b": self.b, "c": self.c}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Calibrator":
        """Read what :meth:`to_dict` gave."""
        return cls(content["a"], content["b"], content["c"])


def fit_platt(margin: np.ndarray, won: np.ndarray) -> Calibrator:
    """Fit the slope and shift of a Platt calibrator; arrays of shape (n,)."""
    a, c = _fit(np.column_stack([margin]), won)
    return Calibrator(a, a, c)


def fit_beta(margin: np.ndarray, won: np.ndarray) -> Calibrator:
    """Fit the slopes and shift of a beta calibrator; arrays of shape (n,)."""
    a, b, c = _fit(np.column_stack([log_expit(margin), -log_expit(-margin)]), won)
    return Calibrator(a, b, c)


def choose_calibrator(
    margin: np.ndarray, won: np.ndarray, groups: np.ndarray
) -> tuple[Calibrator, np.ndarray]:
    """Choose Platt or beta by cross-validated log loss; the simpler within one standard error.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        Log-odds of snapshots that the model was not trained on.
    won : ndarray of int, shape (n,)
        Labels.
    groups : ndarray, shape (n,)
        Lead of each snapshot: no lead is in two folds.

    Returns
    -------
    calibrator : Calibrator
        Fitted on all.
    losses : ndarray, shape (n,)
        Cross-validated log loss of each snapshot under the chosen kind.
    """
    platt, beta = (_cross_validated(fit, margin, won, groups) for fit in (fit_platt, fit_beta))
    gain = platt - beta
    if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)):
        return fit_beta(margin, won), beta
    return fit_platt(margin, won), platt


def log_losses(log_odds: np.ndarray, won: np.ndarray) -> np.ndarray:
    """Return the log loss of each snapshot, in nats, shape (n,)."""
    return np.asarray(np.logaddexp(0.0, np.where(won == 1, -log_odds, log_odds)))


def _cross_validated(fit: Any, margin: np.ndarray, won: np.ndarray, groups: np.ndarray) -> np.ndarray:
    losses = np.zeros(len(margin))
    for rest, held in GroupKFold(n_splits=min(5, len(np.unique(groups)))).split(margin, won, groups):
        losses[held] = log_losses(fit(margin[rest], won[rest]).log_odds(margin[held]), won[held])
    return losses


def _fit(X: np.ndarray, won: np.ndarray) -> tuple[float, ...]:
    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        log_odds = X @ beta[:-1] + beta[-1]
        residual = expit(log_odds) - won
        gradient = np.append(X.T @ residual, residual.sum())
        return float(log_losses(log_odds, won).mean()), gradient / len(won)

    slopes = X.shape[1]
    bounds: list[tuple[float | None, float | None]] = [(SMALLEST_SLOPE, None)] * slopes + [(None, None)]
    start = np.append(np.ones(slopes), 0.0)
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13, "gtol": 1e-9}
    )
    return tuple(float(value) for value in found.x)
