"""Select the candidate that is cheapest to explain within one standard error of the best."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from leadlight.models.calibration.selection import (
    CalibrationSelection,
    Calibrator,
    calculate_cluster_robust_se,
    select_calibrator,
)

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
    loss_gap, standard_error : dict of str to float
        Log loss above the best, and its standard error, clustered by lead.
    explanation_cost : dict of str to float
        Operations to explain one lead.
    """

    name: str
    calibrations: dict[str, CalibrationSelection]
    log_loss: dict[str, float]
    loss_gap: dict[str, float]
    standard_error: dict[str, float]
    explanation_cost: dict[str, float]

    @property
    def calibrator(self) -> Calibrator:
        """Calibration of the candidate that serves."""
        return self.calibrations[self.name].calibrator


def select_candidate(
    margins: Mapping[str, np.ndarray], won: np.ndarray, groups: np.ndarray, costs: Mapping[str, float]
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

    Returns
    -------
    ModelSelection
        Of the candidates within one standard error of the best, the cheapest to explain; of equally cheap
        ones the simplest.
    """
    calibrations = {name: select_calibrator(margin, won, groups) for name, margin in margins.items()}
    losses = {name: calibration.losses for name, calibration in calibrations.items()}
    mean = {name: float(loss.mean()) for name, loss in losses.items()}
    best = min(mean, key=lambda name: mean[name])
    gap = {name: float((loss - losses[best]).mean()) for name, loss in losses.items()}
    error = {name: calculate_cluster_robust_se(loss - losses[best], groups) for name, loss in losses.items()}
    near = [name for name in margins if gap[name] <= error[name]]
    chosen = min(near, key=lambda name: costs[name])  # the first of equals
    return ModelSelection(chosen, calibrations, mean, gap, error, {name: costs[name] for name in margins})
