"""The metric that tunes and selects candidates: its name in params, how it is computed, its words."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from leadlight.models.calibration.parametric import calculate_log_losses
from leadlight.models.metrics.metrics import METRICS

__all__ = ["SELECTION_METRICS", "SelectionMetric"]

RowLosses = Callable[[np.ndarray, np.ndarray], np.ndarray]


class SelectionMetric(NamedTuple):
    """A metric of log-odds against outcomes.

    Parameters
    ----------
    name : str
        Its name in params (``training.metric``) and in results.
    label : str
        Its name in a sentence.
    unit : str
        Unit of a difference, with a leading blank; may be empty.
    lightgbm : str
        The same metric in LightGBM.
    greater_is_better : bool
        Whether a greater value is better.
    row_losses : callable, optional
        Loss of each row, of which the metric is the mean; None for a metric of ranks.
    """

    name: str
    label: str
    unit: str
    lightgbm: str
    greater_is_better: bool
    row_losses: RowLosses | None

    def calculate(self, log_odds: np.ndarray, won: np.ndarray) -> float:
        """Return the metric; arrays of shape (n,)."""
        if self.row_losses is not None:
            return float(self.row_losses(log_odds, won).mean())
        return METRICS[self.name](expit(log_odds), won)

    def convert_to_loss(self, value: float) -> float:
        """Return a number that is lower for better values; applied twice, the value itself."""
        return -value if self.greater_is_better else value


def _calculate_squared_errors(log_odds: np.ndarray, won: np.ndarray) -> np.ndarray:
    return np.asarray((expit(log_odds) - won) ** 2)


SELECTION_METRICS = {
    metric.name: metric
    for metric in (
        SelectionMetric("log_loss", "log loss", " nats", "binary_logloss", False, calculate_log_losses),
        # LightGBM computes l2 on probabilities where the objective is binary
        SelectionMetric("brier", "Brier score", "", "l2", False, _calculate_squared_errors),
        SelectionMetric("average_precision", "average precision", "", "average_precision", True, None),
        SelectionMetric("auc", "AUC", "", "auc", True, None),
    )
}
