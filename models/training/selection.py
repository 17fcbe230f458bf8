"""Select the candidate with the best metric out of time, if it beats the base rate by more than its error."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from leadlight.models.calibration.selection import calculate_cluster_robust_se, select_calibrator
from leadlight.models.metrics.bootstrap import ClusterBootstrap
from leadlight.models.metrics.selection_metric import SELECTION_METRICS, SelectionMetric

__all__ = ["ModelSelection", "select_candidate"]

BASELINE, RULES = "constant", "points"
#: share of the best loss by which a simpler candidate may be worse and still counts as equal
EQUAL_SHARE = 0.0005
#: standard errors by which a model has to beat the base rate: one-sided 2.5 %
SIGNAL_ERRORS = 1.96


class ModelSelection(NamedTuple):
    """The selected candidate, with the figures it was selected by.

    Parameters
    ----------
    name : str
        Its name; ``constant`` where nothing beats the base rate.
    log_loss : dict of str to float
        Log loss of every candidate on the folds, in nats; each calibrated on other leads where that helps.
    metric : str
        Name of the metric that selects.
    values : dict of str to float
        That metric of every candidate on the folds.
    loss_gap, standard_error : dict of str to float
        What each is worse by than the best, and its standard error, clustered by lead.
    gain, gain_error : dict of str to float
        Log loss below the base rate, and its standard error.
    """

    name: str
    log_loss: dict[str, float]
    metric: str
    values: dict[str, float]
    loss_gap: dict[str, float]
    standard_error: dict[str, float]
    gain: dict[str, float]
    gain_error: dict[str, float]

    @property
    def has_signal(self) -> bool:
        """Whether a model, or the rule book, beats the base rate by more than its error."""
        return self.name != BASELINE


def select_candidate(
    margins: Mapping[str, np.ndarray],
    won: np.ndarray,
    groups: np.ndarray,
    *,
    origin: np.ndarray,
    metric: str = "log_loss",
    seed: int = 0,
) -> ModelSelection:
    """Compare candidates and choose.

    Parameters
    ----------
    margins : mapping of str to ndarray, shape (n,)
        Log-odds of each candidate on the folds, simplest candidate first; ``constant`` is among them.
    won : ndarray of int, shape (n,)
        Labels.
    groups : ndarray, shape (n,)
        Lead of each snapshot.
    origin : ndarray of int, shape (n,)
        Origin of each snapshot, for :func:`.select_calibrator`.
    metric : str
        Name of the metric that selects, one of :data:`.SELECTION_METRICS`. A metric of ranks is computed on
        the log-odds before calibration, which keeps the order.
    seed : int
        Of the bootstrap by lead that gives the standard error of a metric of ranks.

    Returns
    -------
    ModelSelection
        The best, or a simpler one that is equal to it. Where the best does not beat the base rate by 1.96 standard
        errors of the log loss, the rule book if it does, else the base rate.
    """
    losses = {name: select_calibrator(margin, won, groups, origin).losses for name, margin in margins.items()}
    gains = {name: losses[BASELINE] - rows for name, rows in losses.items()}
    gain = {name: float(rows.mean()) for name, rows in gains.items()}
    gain_error = {name: calculate_cluster_robust_se(rows, groups) for name, rows in gains.items()}
    measure = SELECTION_METRICS[metric]
    values = {name: measure.calculate(margin, won) for name, margin in margins.items()}
    if metric == "log_loss":
        values = {name: float(rows.mean()) for name, rows in losses.items()}
    as_loss = {name: measure.convert_to_loss(value) for name, value in values.items()}
    best = min(as_loss, key=lambda name: as_loss[name])
    gap = {name: loss - as_loss[best] for name, loss in as_loss.items()}
    if metric == "log_loss":
        error = {name: calculate_cluster_robust_se(rows - losses[best], groups) for name, rows in losses.items()}
    else:
        error = _estimate_errors(measure, margins, won, groups, best=best, seed=seed)
    chosen = next(name for name in margins if gap[name] <= EQUAL_SHARE * abs(values[best]))
    beats = {name for name in margins if gain[name] > SIGNAL_ERRORS * gain_error[name] > 0}
    if chosen not in beats:
        chosen = RULES if RULES in beats else BASELINE
    mean = {name: float(rows.mean()) for name, rows in losses.items()}
    return ModelSelection(chosen, mean, metric, values, gap, error, gain, gain_error)


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
