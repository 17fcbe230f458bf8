"""Strictly increasing maps from a model's log-odds to calibrated log-odds, of up to three parameters.

None: l = m. Shift: l = m + c. Platt: l = a m + c. Beta (Kull, Silva Filho and Flach 2017):
l = a ln p - b ln(1 - p) + c with p = sigmoid(m). All are fitted by maximum likelihood on snapshots later than
those trained on; a and b are bounded above zero, so the order of leads never changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, log_expit

from leadlight.models.calibration.penalized_logistic import maximize_penalized_likelihood

__all__ = [
    "BetaCalibrator",
    "calculate_log_losses",
    "fit_beta",
    "fit_identity",
    "fit_intercept",
    "fit_platt",
    "solve_intercept",
]

MIN_SLOPE = 0.01
MAX_SHIFT = 60.0


@dataclass(frozen=True)
class BetaCalibrator:
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
        """``none``, ``shift``, ``platt`` or ``beta``."""
        if self.a != self.b:
            return "beta"
        if self.a != 1.0:
            return "platt"
        return "shift" if self.c else "none"

    def with_shift(self, by: float) -> "BetaCalibrator":
        """Return the calibrator with its log-odds moved."""
        return BetaCalibrator(self.a, self.b, self.c + by)

    def predict_log_odds(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated log-odds, same shape as `margin`."""
        if self.a == self.b:  # the same in exact arithmetic, and exactly linear in floats
            return np.asarray(self.a * margin + self.c)
        return np.asarray(self.a * log_expit(margin) - self.b * log_expit(-margin) + self.c)

    def calculate_slope(self, margin: np.ndarray) -> np.ndarray:
        """Return dl/dm, same shape as `margin`."""
        if self.a == self.b:
            return np.full_like(np.asarray(margin, dtype=float), self.a)
        return np.asarray(self.a * expit(-margin) + self.b * expit(margin))

    def predict_proba(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, same shape as `margin`."""
        return np.asarray(expit(self.predict_log_odds(margin)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"a": self.a, "b": self.b, "c": self.c}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "BetaCalibrator":
        """Read what :meth:`to_dict` gave."""
        return cls(content["a"], content["b"], content["c"])


def fit_identity(margin: np.ndarray, won: np.ndarray) -> BetaCalibrator:
    """Return the identity; arrays of shape (n,)."""
    return BetaCalibrator(1.0, 1.0, 0.0)


def fit_intercept(margin: np.ndarray, won: np.ndarray) -> BetaCalibrator:
    """Fit the shift alone; arrays of shape (n,)."""
    return BetaCalibrator(1.0, 1.0, solve_intercept(margin, won))


def solve_intercept(log_odds: np.ndarray, won: np.ndarray) -> float:
    """Solve for the shift of log-odds at which expected wins equal actual wins.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Calibrated log-odds.
    won : ndarray of int, shape (n,)
        Labels. Half a win and half a loss are added, so that a shift exists where all or none have won.

    Returns
    -------
    float
        In log-odds: the maximum likelihood estimate of an intercept.
    """
    share = (won.sum() + 0.5) / (len(won) + 1.0)

    def surplus(shift: float) -> float:
        return float(expit(log_odds + shift).mean() - share)

    return float(brentq(surplus, -MAX_SHIFT, MAX_SHIFT))


def fit_platt(margin: np.ndarray, won: np.ndarray) -> BetaCalibrator:
    """Fit the slope and shift of a Platt calibrator; arrays of shape (n,)."""
    a, c = _fit(np.column_stack([margin]), won)
    return BetaCalibrator(a, a, c)


def fit_beta(margin: np.ndarray, won: np.ndarray) -> BetaCalibrator:
    """Fit the slopes and shift of a beta calibrator; arrays of shape (n,)."""
    a, b, c = _fit(np.column_stack([log_expit(margin), -log_expit(-margin)]), won)
    return BetaCalibrator(a, b, c)


def calculate_log_losses(log_odds: np.ndarray, won: np.ndarray) -> np.ndarray:
    """Return the log loss of each snapshot, in nats, shape (n,)."""
    return np.asarray(np.logaddexp(0.0, np.where(won == 1, -log_odds, log_odds)))


def _fit(X: np.ndarray, won: np.ndarray) -> tuple[float, ...]:
    slopes = X.shape[1]
    beta = maximize_penalized_likelihood(
        np.column_stack([X, np.ones(len(X))]),
        won,
        penalty=np.zeros((slopes + 1, slopes + 1)),
        lower=np.append(np.full(slopes, MIN_SLOPE), -np.inf),
        upper=np.full(slopes + 1, np.inf),
        start=np.append(np.ones(slopes), 0.0),
    )
    return tuple(float(value) for value in beta)
