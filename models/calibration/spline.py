"""A smooth, strictly increasing calibration curve: knots joined by cubic pieces.

Log-odds at the knots are fitted by penalized maximum likelihood along linear pieces with a minimum slope.
Changes of slope are penalized, so with little evidence the curve is Platt's line. A cubic Hermite spline
with the slopes of Fritsch and Carlson (1980; the harmonic mean of both neighbours) then smooths the pieces
and keeps them increasing. Beyond the outer knots the curve is linear.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.special import expit

from leadlight.models.calibration.parametric import MIN_SLOPE, BetaCalibrator, fit_platt
from leadlight.models.calibration.penalized_logistic import maximize_penalized_likelihood

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

    bends = np.diff(np.eye(len(knots))[1:], axis=0)
    beta = maximize_penalized_likelihood(
        np.column_stack([np.ones(len(margin)), gone]),
        won,
        penalty=SMOOTHING * bends.T @ bends,
        lower=np.append(-np.inf, np.full(len(widths), MIN_SLOPE)),
        upper=np.full(len(knots), np.inf),
        start=np.append(line.predict_log_odds(knots[:1]), np.full(len(widths), line.a)),
    )
    values = beta[0] + np.append(0.0, np.cumsum(beta[1:] * widths))
    return SplineCalibrator(tuple(knots.tolist()), tuple(values.tolist()))


def _knots(margin: np.ndarray) -> np.ndarray:
    kept: list[float] = []
    for knot in np.quantile(margin, QUANTILES):
        if not kept or knot - kept[-1] >= MIN_KNOT_DISTANCE:
            kept.append(float(knot))
    return np.array(kept)
