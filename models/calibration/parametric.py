"""Platt calibration: l = a m + c, from a model's log-odds m to calibrated log-odds l, strictly increasing.

The level c comes from counts of wins; the slope a, the shape, is fitted by maximum likelihood with a penalty towards 1
and used only where it predicts later leads better.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from leadlight.models.calibration.penalized_logistic import maximize_penalized_likelihood

__all__ = ["PlattCalibrator", "calculate_log_losses", "fit_platt", "solve_intercept", "solve_shift"]

MIN_SLOPE = 0.01
MAX_SHIFT = 60.0


@dataclass(frozen=True)
class PlattCalibrator:
    """l(m) = a m + c.

    Parameters
    ----------
    a : float
        Slope, above zero.
    c : float
        Shift.
    """

    a: float = 1.0
    c: float = 0.0

    @property
    def kind(self) -> str:
        """``none``, ``shift`` or ``platt``."""
        if self.a != 1.0:
            return "platt"
        return "shift" if self.c else "none"

    def with_shift(self, by: float) -> "PlattCalibrator":
        """Return the calibrator with its log-odds moved."""
        return PlattCalibrator(self.a, self.c + by)

    def predict_log_odds(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated log-odds, same shape as `margin`."""
        return np.asarray(self.a * margin + self.c)

    def calculate_slope(self, margin: np.ndarray) -> np.ndarray:
        """Return dl/dm, same shape as `margin`."""
        return np.full_like(np.asarray(margin, dtype=float), self.a)

    def predict_proba(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, same shape as `margin`."""
        return np.asarray(expit(self.predict_log_odds(margin)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"a": self.a, "c": self.c}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "PlattCalibrator":
        """Read what :meth:`to_dict` gave."""
        return cls(content["a"], content["c"])


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
    return solve_shift(log_odds, len(won) * (won.sum() + 0.5) / (len(won) + 1.0), MAX_SHIFT)


def solve_shift(log_odds: np.ndarray, wins: float, limit: float) -> float:
    """Solve for the shift of log-odds at which expected wins equal a number of wins.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Of the snapshots.
    wins : float
        Wins to expect.
    limit : float
        Largest shift in either direction.

    Returns
    -------
    float
        0 where no shift within the limit gives as many.
    """

    def surplus(shift: float) -> float:
        return float(expit(log_odds + shift).sum() - wins)

    return float(brentq(surplus, -limit, limit)) if surplus(-limit) < 0 < surplus(limit) else 0.0


def fit_platt(
    margin: np.ndarray, won: np.ndarray, *, slope_sd: float = np.inf, offset: np.ndarray | None = None
) -> PlattCalibrator:
    """Fit slope and shift by maximum likelihood.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        Log-odds.
    won : ndarray of int, shape (n,)
        Labels.
    slope_sd : float
        Standard deviation of a normal prior of the slope around 1; infinite for none.
    offset : ndarray, shape (n,), optional
        Log-odds to add to.
    """
    # written as the distance from 1, so that the penalty is on that
    offset = np.zeros(len(won)) if offset is None else offset
    beta = maximize_penalized_likelihood(
        np.column_stack([margin, np.ones(len(margin))]),
        won,
        penalty=np.diag([slope_sd**-2.0, 0.0]),
        lower=np.array([MIN_SLOPE - 1.0, -np.inf]),
        upper=np.full(2, np.inf),
        start=np.zeros(2),
        offset=offset + margin,
    )
    return PlattCalibrator(1.0 + float(beta[0]), float(beta[1]))


def calculate_log_losses(log_odds: np.ndarray, won: np.ndarray) -> np.ndarray:
    """Return the log loss of each snapshot, in nats, shape (n,)."""
    return np.asarray(np.logaddexp(0.0, np.where(won == 1, -log_odds, log_odds)))
