"""Confidence-based performance estimation: metrics expected before any outcome is known.

If probabilities are calibrated, metrics follow from them alone (Białek and others 2024, arXiv:2401.08348).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.special import entr, xlog1py, xlogy
from scipy.stats import rankdata

from leadlight.models.metrics.metrics import weigh_top_fraction

__all__ = ["FIGURES", "Estimate", "estimate_expected_auc", "estimate_expected_metrics", "estimate_metrics"]

FIGURES = ("wins", "log_loss", "brier", "auc", "lift_at_10_percent")
#: outcomes held in memory at a time
CELLS = 20_000_000


class Estimate(NamedTuple):
    """An expected metric with its 95 % and 99 % intervals.

    Parameters
    ----------
    value : float
        Expected; NaN where the metric is undefined.
    low, high : float
        95 % interval over simulated outcomes.
    low_99, high_99 : float
        99 % interval.
    """

    value: float
    low: float
    high: float
    low_99: float
    high_99: float

    def to_dict(self) -> dict[str, float | None]:
        """Return plain data for JSON, None where undefined."""
        return {name: None if np.isnan(v) else float(v) for name, v in self._asdict().items()}


def estimate_expected_metrics(p: np.ndarray) -> dict[str, float]:
    """Return the expected wins, log loss (nats), Brier score, AUC and lift of the best tenth.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Calibrated probabilities.

    Returns
    -------
    dict of str to float
        With E[log loss] = mean H(p), E[Brier] = mean p (1 - p), and ratios of expectations for the others.
    """
    return {
        "wins": float(p.sum()),
        "log_loss": float((entr(p) + entr(1 - p)).mean()),
        "brier": float((p * (1 - p)).mean()),
        "auc": estimate_expected_auc(p),
        "lift_at_10_percent": _expected_lift(p),
    }


def estimate_expected_auc(p: np.ndarray) -> float:
    """Return E[pairs in the right order] / E[pairs of a win and another lead], ties counting half.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Calibrated probabilities.

    Returns
    -------
    float
        NaN without any such pair.
    """
    ordered, counts = np.unique(p, return_counts=True)
    wins, others = ordered * counts, (1 - ordered) * counts
    others_below = np.concatenate([[0.0], np.cumsum(others)[:-1]])
    # within a group of equal chances every pair is a tie; a lead is never paired with itself
    tied = ordered * (1 - ordered) * counts * (counts - 1)
    right = float((wins * others_below).sum() + 0.5 * tied.sum())
    pairs = float(wins.sum() * others.sum() - (p * (1 - p)).sum())
    return right / pairs if pairs > 1e-12 else float("nan")


def estimate_metrics(p: np.ndarray, seed: int = 0, draws: int = 1000) -> dict[str, Estimate]:
    """Estimate each of :data:`FIGURES`, with the uncertainty of outcomes.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Calibrated probabilities, one per lead.
    seed : int
        Seed of the outcomes drawn.
    draws : int
        Number of simulated outcomes; leads win independently.

    Returns
    -------
    dict of str to Estimate
    """
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in FIGURES}
    for won in _outcomes(p, np.random.default_rng(seed), draws):
        for name, values in _figures(p, won).items():
            drawn[name].append(values)
    estimates = {}
    for name, value in estimate_expected_metrics(p).items():
        values = np.concatenate(drawn[name])
        known = values[~np.isnan(values)]
        ends: Any = np.quantile(known, [0.025, 0.975, 0.005, 0.995]) if len(known) else np.full(4, np.nan)
        estimates[name] = Estimate(value, *(float(end) for end in ends))
    return estimates


def _outcomes(p: np.ndarray, generator: np.random.Generator, draws: int) -> Iterator[np.ndarray]:
    size = max(1, min(draws, CELLS // max(1, len(p))))
    for start in range(0, draws, size):
        yield generator.random((min(size, draws - start), len(p))) < p


def _figures(p: np.ndarray, won: np.ndarray) -> dict[str, np.ndarray]:
    """Measure every figure on drawn outcomes of shape (draws, n); each of shape (draws,)."""
    n, wins = len(p), won.sum(axis=1).astype(float)
    lost, gained = -xlog1py(1.0, -np.minimum(p, 1 - 1e-12)), -xlogy(1.0, np.maximum(p, 1e-12))
    pairs = wins * (n - wins)
    ranks = won @ rankdata(p)
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = np.where(pairs > 0, (ranks - wins * (wins + 1) / 2) / pairs, np.nan)
        lift = np.where(wins > 0, (won @ weigh_top_fraction(p)) / (wins / n), np.nan)
    return {
        "wins": wins,
        "log_loss": (lost.sum() + won @ (gained - lost)) / n,
        "brier": ((p**2).sum() + won @ (1 - 2 * p)) / n,
        "auc": auc,
        "lift_at_10_percent": lift,
    }


def _expected_lift(p: np.ndarray) -> float:
    return float(p @ weigh_top_fraction(p) / p.mean()) if p.mean() > 0 else float("nan")
