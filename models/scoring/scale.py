"""Piecewise-linear map from probability to a score of 0 to 100, with fixed scores at the thresholds."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from leadlight.features.errors import PolicyError
from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE

__all__ = ["ScoreMap", "ScoreScale"]


@dataclass(frozen=True)
class ScoreScale:
    """Linear interpolation through (0, 0), (MQL threshold, 50), (SQL threshold, 80) and (1, 100).

    Below the first anchor the score is proportional to the probability.

    Parameters
    ----------
    marketing_qualified, sales_qualified : float
        Thresholds as probabilities, 0 < marketing_qualified < sales_qualified < 1.
    """

    marketing_qualified: float
    sales_qualified: float

    def __post_init__(self) -> None:
        if not 0.0 < self.marketing_qualified < self.sales_qualified < 1.0:
            raise PolicyError(
                "The policy of sales_qualified must be stricter than that of marketing_qualified. "
                f"Got probability thresholds {self.sales_qualified:.4g} and {self.marketing_qualified:.4g}."
            )

    def score(self, probability: np.ndarray) -> np.ndarray:
        """Return scores in [0, 100], same shape as `probability`."""
        return np.asarray(np.interp(probability, *self._anchors))

    def invert(self, score: np.ndarray) -> np.ndarray:
        """Return the probability of each score, same shape as `score`."""
        return np.asarray(np.interp(score, *self._anchors[::-1]))

    def derive(self, probability: np.ndarray) -> np.ndarray:
        """Return d score / d probability, same shape; at an anchor, the slope above it."""
        x, y = self._anchors
        slopes = np.diff(y) / np.diff(x)
        return np.asarray(slopes[np.clip(np.searchsorted(x, probability, side="right") - 1, 0, 2)])

    @property
    def _anchors(self) -> tuple[np.ndarray, np.ndarray]:
        x = np.array([0.0, self.marketing_qualified, self.sales_qualified, 1.0])
        return x, np.array([0.0, MARKETING_SCORE, SALES_SCORE, 100.0])


class ScoreMap(NamedTuple):
    """Map from a model's log-odds to the score.

    Parameters
    ----------
    calibrator : PlattCalibrator
        Log-odds -> probability.
    scale : ScoreScale
        Probability -> score.
    """

    calibrator: PlattCalibrator
    scale: ScoreScale

    def score(self, margin: np.ndarray) -> np.ndarray:
        """Return s(m), same shape as `margin`."""
        return self.scale.score(self.calibrator.predict_proba(margin))

    def derive(self, margin: np.ndarray) -> np.ndarray:
        """Return ds/dm, same shape as `margin`."""
        p = self.calibrator.predict_proba(margin)
        return np.asarray(self.scale.derive(p) * p * (1 - p) * self.calibrator.calculate_slope(margin))
