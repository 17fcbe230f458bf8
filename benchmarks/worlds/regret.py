"""Regret and level of predictions against the true probabilities."""

from typing import Any

import numpy as np
import pandas as pd

from worlds.population import Floats

__all__ = ["NEW_DAYS", "compute_expected_loss", "compute_level", "compute_regret", "judge_predictions"]

#: age in days up to which a lead is new
NEW_DAYS = 7
#: bounds of predictions: a probability of 0 would make the loss infinite
MIN_PROBABILITY = 1e-6
#: least expected log loss that the truth saves, for a regret to be defined
MIN_SAVED = 1e-7


def compute_expected_loss(truth: Floats, predicted: Floats) -> float:
    """Compute the log loss that is expected under the true probabilities."""
    kept = np.clip(predicted, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    return float(-np.mean(truth * np.log(kept) + (1 - truth) * np.log1p(-kept)))


def compute_regret(truth: Floats, predicted: Floats, best: Floats | None = None) -> float | None:
    """Compute the regret: the share of what the truth saves that the predictions do not.

    Parameters
    ----------
    truth : ndarray, shape (leads,)
        True probabilities.
    predicted : ndarray, shape (leads,)
        Predictions.
    best : ndarray, shape (leads,), optional
        What counts as regret 0; none: the truth.

    Returns
    -------
    float or None
        0 for the truth, 1 for its mean; None where all have the same chance.
    """
    lowest = compute_expected_loss(truth, truth if best is None else best)
    saved = compute_expected_loss(truth, np.full_like(truth, truth.mean())) - lowest
    return (compute_expected_loss(truth, predicted) - lowest) / saved if saved > MIN_SAVED else None


def compute_level(truth: Floats, predicted: Floats) -> float:
    """Compute the log of mean predicted over mean true probability."""
    return float(np.log(predicted.mean() / truth.mean()))


def judge_predictions(truth: pd.DataFrame, predicted: Floats) -> dict[str, Any]:
    """Judge predictions for all leads, and for the new ones apart.

    Parameters
    ----------
    truth : DataFrame
        As of :func:`worlds.truth.compute_truth`.
    predicted : ndarray, shape (leads,)
        Predictions in its order.

    Returns
    -------
    dict
        ``regret``, ``regret_given_export`` (0 for the truth given the export), ``level`` and ``excess`` (expected log
        loss above the truth's), of ``all`` and of ``new`` leads.
    """
    result = {}
    for name, rows in {"all": np.ones(len(truth), bool), "new": (truth["age_days"] <= NEW_DAYS).to_numpy()}.items():
        p, given, q = truth["probability"].to_numpy()[rows], truth["given_export"].to_numpy()[rows], predicted[rows]
        result[name] = {
            "regret": compute_regret(p, q),
            "regret_given_export": compute_regret(p, q, given),
            "level": compute_level(p, q),
            "excess": compute_expected_loss(p, q) - compute_expected_loss(p, p),
        }
    return result
