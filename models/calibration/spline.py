"""A smooth, strictly increasing calibration curve: knots joined by cubic pieces.

Log-odds at the knots are found by penalised maximum likelihood along straight pieces, each rising at least
a little, bends against neighbours being what is penalised: without evidence the curve is Platt's line. The
pieces are then made smooth by a cubic Hermite spline with the slopes of Fritsch and Carlson (1980; the
harmonic mean of both neighbours), which keeps it increasing. Outside the knots it goes on straight.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import minimize
from scipy.special import expit

from leadlight.models.calibration.parametric import MIN_SLOPE, BetaCalibrator, calculate_log_losses, fit_platt

__all__ = ["SplineCalibrator", "fit_spline"]

#: shares of snapshots below each knot
QUANTILES = (0.02, 0.2, 0.4, 0.6, 0.8, 0.98)
#: weight of a squared bend (difference of two slopes) against the summed log loss
SMOOTHING = 2.0
#: knots closer than this, in log-odds, are one
MIN_KNOT_DISTANCE = 0.05


@dataclass(frozen=True)
class SplineCalibrator:
    """l(m) by a monotone cubic spline.

    Parameters
    ----------
    knots : tuple of float
        Rising log-odds of the model; two or more.
    values : tuple of float
        Rising calibrated log-odds at the knots.
    """

    knots: tuple[float, ...]
    values: tuple[float, ...]
    kind = "curve"

    @cached_property
    def _rise(self) -> np.ndarray:
        return np.diff(self.values) / np.diff(self.knots)

    @cached_property
    def _spline(self) -> CubicHermiteSpline:
        rise = self._rise
        inner = 2 * rise[:-1] * rise[1:] / (rise[:-1] + rise[1:])
        return CubicHermiteSpline(self.knots, self.values, [rise[0], *inner, rise[-1]])

    def predict_log_odds(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated log-odds, same shape as `margin`."""
        inside = np.clip(margin, self.knots[0], self.knots[-1])
        beyond = np.asarray(margin) - inside
        return np.asarray(self._spline(inside) + beyond * np.where(beyond < 0, self._rise[0], self._rise[-1]))

    def calculate_slope(self, margin: np.ndarray) -> np.ndarray:
        """Return dl/dm, same shape as `margin`."""
        return np.asarray(self._spline(np.clip(margin, self.knots[0], self.knots[-1]), 1))

    def predict_proba(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, same shape as `margin`."""
        return np.asarray(expit(self.predict_log_odds(margin)))

    def with_shift(self, by: float) -> "SplineCalibrator":
        """Return the calibrator with its log-odds moved."""
        return SplineCalibrator(self.knots, tuple(value + by for value in self.values))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"knots": list(self.knots), "values": list(self.values)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "SplineCalibrator":
        """Read what :meth:`to_dict` gave."""
        return cls(tuple(content["knots"]), tuple(content["values"]))


def fit_spline(margin: np.ndarray, won: np.ndarray) -> "SplineCalibrator | BetaCalibrator":
    """Fit a curve; with margins too alike for three knots, Platt's line.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        Log-odds of snapshots that the model was not trained on.
    won : ndarray of int, shape (n,)
        Labels.
    """
    knots = _knots(margin)
    line = fit_platt(margin, won)
    if len(knots) < 3:
        return line
    widths = np.diff(knots)
    # distance gone along each piece, negative before the first knot and more than its width after the last
    gone = np.clip(margin[:, None] - knots[None, :-1], 0.0, widths[None, :])
    gone[:, 0] += np.minimum(margin - knots[0], 0.0)
    gone[:, -1] += np.maximum(margin - knots[-1], 0.0)

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        log_odds = beta[0] + gone @ beta[1:]
        residual = expit(log_odds) - won
        bends = np.diff(beta[1:])
        pull = np.zeros_like(beta)
        pull[1:-1] -= bends
        pull[2:] += bends
        gradient = np.append(residual.sum(), gone.T @ residual) + SMOOTHING * pull
        value = calculate_log_losses(log_odds, won).sum() + 0.5 * SMOOTHING * (bends**2).sum()
        return float(value / len(won)), gradient / len(won)

    start = np.append(line.predict_log_odds(knots[:1]), np.full(len(widths), line.a))
    bounds: list[tuple[float | None, float | None]] = [(None, None)] + [(MIN_SLOPE, None)] * len(widths)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-12}).x
    values = found[0] + np.append(0.0, np.cumsum(found[1:] * widths))
    return SplineCalibrator(tuple(knots.tolist()), tuple(values.tolist()))


def _knots(margin: np.ndarray) -> np.ndarray:
    kept: list[float] = []
    for knot in np.quantile(margin, QUANTILES):
        if not kept or knot - kept[-1] >= MIN_KNOT_DISTANCE:
            kept.append(float(knot))
    return np.array(kept)
