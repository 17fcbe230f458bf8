"""Select the candidate that is cheapest to explain within one standard error of the best."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from leadlight.models.calibration.selection import (
    CalibrationSelection,
    Calibrator,
    calculate_cluster_robust_se,
    select_calibrator,
)
from leadlight.models.metrics.bootstrap import ClusterBootstrap
from leadlight.models.metrics.selection_metric import SELECTION_METRICS, SelectionMetric

__all__ = ["ModelSelection", "select_candidate"]


class ModelSelection(NamedTuple):
    """The selected candidate, with the figures it was selected by.

    Parameters
    ----------
    name : str
        Its name.
    calibrations : dict of str to CalibrationSelection
        The calibration of every candidate.
    log_loss : dict of str to float
        Cross-validated log loss of every calibrated candidate after the origins, in nats.
    metric : str
        Name of the metric that selects.
    values : dict of str to float
        That metric, cross-validated after the origins.
    loss_gap, standard_error : dict of str to float
        What each is worse by than the best, and its standard error, clustered by lead.
    explanation_cost : dict of str to float
        Operations to explain one lead.
    """

    name: str
    calibrations: dict[str, CalibrationSelection]
    log_loss: dict[str, float]
    metric: str
    values: dict[str, float]
    loss_gap: dict[str, float]
    standard_error: dict[str, float]
    explanation_cost: dict[str, float]

    @property
    def calibrator(self) -> Calibrator:
        """Calibration of the candidate that serves."""
        return self.calibrations[self.name].calibrator


def select_candidate(
    margins: Mapping[str, np.ndarray],
    won: np.ndarray,
    groups: np.ndarray,
    costs: Mapping[str, float],
    *,
    metric: str = "log_loss",
    seed: int = 0,
) -> ModelSelection:
    """Calibrate every candidate, compare them and choose.

    Parameters
    ----------
    margins : mapping of str to ndarray, shape (n,)
        Log-odds of each candidate after the origins, simplest candidate first.
    won : ndarray of int, shape (n,)
        Labels.
    groups : ndarray, shape (n,)
        Lead of each snapshot.
    costs : mapping of str to float
        The ``explanation_cost`` of each candidate.
    metric : str
        Name of the metric that selects, one of :data:`.SELECTION_METRICS`. A metric of ranks is computed on
        the log-odds before calibration, which keeps the order.
    seed : int
        Of the bootstrap by lead that gives the standard error of a metric of ranks.

    Returns
    -------
    ModelSelection
        Of the candidates within one standard error of the best, the cheapest to explain; of equally cheap
        ones the simplest.
    """
    calibrations = {name: select_calibrator(margin, won, groups) for name, margin in margins.items()}
    mean = {name: float(calibration.losses.mean()) for name, calibration in calibrations.items()}
    measure = SELECTION_METRICS[metric]
    if measure.row_losses is not None:
        rows = {name: measure.row_losses(c.log_odds, won) for name, c in calibrations.items()}
        values = {name: float(loss.mean()) for name, loss in rows.items()}
        best = min(values, key=lambda name: values[name])
        gap = {name: float((loss - rows[best]).mean()) for name, loss in rows.items()}
        error = {name: calculate_cluster_robust_se(loss - rows[best], groups) for name, loss in rows.items()}
    else:
        values = {name: measure.calculate(margin, won) for name, margin in margins.items()}
        losses = {name: measure.convert_to_loss(value) for name, value in values.items()}
        best = min(losses, key=lambda name: losses[name])
        gap = {name: loss - losses[best] for name, loss in losses.items()}
        error = _estimate_errors(measure, margins, won, groups, best=best, seed=seed)
    near = [name for name in margins if gap[name] <= error[name]]
    chosen = min(near, key=lambda name: costs[name])  # the first of equals
    costs = {name: costs[name] for name in margins}
    return ModelSelection(chosen, calibrations, mean, metric, values, gap, error, costs)


def _estimate_errors(
    measure: SelectionMetric,
    margins: Mapping[str, np.ndarray],
    won: np.ndarray,
    groups: np.ndarray,
    *,
    best: str,
    seed: int,
) -> dict[str, float]:
    """Return the standard error of each candidate's distance to the best, over resamples of whole leads."""

    def restrict(margin: np.ndarray) -> Callable[[np.ndarray], float]:
        # a resample without a win has no ranks to compare
        return lambda rows: measure.calculate(margin[rows], won[rows]) if 0 < won[rows].sum() < len(rows) else np.nan

    draws = ClusterBootstrap(groups, seed).resample(*(restrict(margin) for margin in margins.values()))
    away = draws - draws[:, [list(margins).index(best)]]
    return dict(zip(margins, np.nanstd(away, axis=0, ddof=1).tolist(), strict=True))
