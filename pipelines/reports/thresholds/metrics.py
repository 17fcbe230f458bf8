"""Metrics of every score as a threshold, from one bootstrap by lead."""

from typing import Any

import numpy as np

from leadlight.models.metrics.bootstrap import percentile_interval
from leadlight.models.metrics.threshold_sums import WeightedColumn, bootstrap_sums_above, count_leads_above
from leadlight.pipelines.reports.thresholds.dataset import ThresholdDataset

__all__ = ["FIGURES", "SCORES", "compute_metrics_at"]

SCORES = np.arange(1, 100)
#: each is value, lower and upper end of the 95 % interval, or None
FIGURES = (
    "precision",
    "recall",
    "lift",
    "standing",
    "standing_share",
    "entering_per_week",
    "wins_per_week",
    "value_per_week",
    "hours_per_week",
)

#: need a minimum number of leads above the threshold
RATES = ("precision", "lift")


def compute_metrics_at(dataset: ThresholdDataset, probabilities: np.ndarray) -> list[dict[str, Any]]:
    """Compute out-of-time metrics of thresholds, with intervals.

    ``entering_per_week`` counts the leads that are above at their first snapshot, and those above at a later
    one that were below at the one before. It is a lower bound for a nightly job: leads that rise and fall
    between two snapshots (mostly 30 days) are missed. Where the snapshot before has no out-of-time score,
    the entering share is estimated from those where it has.

    Parameters
    ----------
    probabilities : ndarray, shape (k,)
        Ascending.

    Returns
    -------
    list of dict
        For each: probability, leads (distinct ones above it), believed (whether they are enough; if not,
        precision and lift are None), and :data:`FIGURES`, None where unknown.
    """
    metrics = _figures(dataset, probabilities)
    counted = dataset.scored.drop_zero_weight()
    leads = count_leads_above(counted.probability, counted.leads, probabilities)
    believed = leads >= dataset.policy.min_leads
    for name in RATES:  # if all of a few leads won, the bootstrap interval has no width
        metrics[name] = np.where(believed, metrics[name], np.nan)
    return [
        {
            "probability": float(p),
            "leads": int(leads[place]),
            "believed": bool(believed[place]),
            **{name: _interval(metrics, name, place) for name in FIGURES},
        }
        for place, p in enumerate(probabilities)
    ]


def _interval(metrics: dict[str, np.ndarray], name: str, place: int) -> list[float] | None:
    if name not in metrics or not np.isfinite(metrics[name][0, place]):
        return None
    return list(percentile_interval(metrics[name][:, place]))


def _figures(dataset: ThresholdDataset, probabilities: np.ndarray) -> dict[str, np.ndarray]:
    thresholds = np.concatenate([[-np.inf], probabilities])
    sums = bootstrap_sums_above(_columns(dataset), thresholds, dataset.scored.leads, dataset.params.training.seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        hits, chosen = sums["hits"], sums["chosen"]
        figures = {"precision": hits[:, 1:] / chosen[:, 1:], "recall": hits[:, 1:] / hits[:, :1]}
        figures["lift"] = figures["precision"] / (hits[:, :1] / chosen[:, :1])
        if dataset.dated:
            figures |= _volumes(dataset, sums)
    return figures


def _columns(dataset: ThresholdDataset) -> dict[str, WeightedColumn]:
    snapshots = dataset.snapshots
    p, won = snapshots["probability"].to_numpy(), snapshots["won"].to_numpy(dtype=float)
    weight = snapshots["weight"].to_numpy()
    first = snapshots["first"].to_numpy(dtype=float)
    previous = snapshots["previous"].to_numpy()
    followed = np.isfinite(previous).astype(float)
    # above now and at the one before: what of those above now did not enter
    stayed = np.minimum(p, np.where(followed > 0, previous, -np.inf))
    return {
        # rates are age-standardized; weekly volumes are raw
        "hits": (p, weight * won),
        "chosen": (p, weight),
        "on_grid": (p, snapshots["on_grid"].to_numpy(dtype=float)),
        "first": (p, first),
        "first_won": (p, first * won),
        "later": (p, 1 - first),
        "followed": (p, followed),
        "followed_won": (p, followed * won),
        "stayed": (stayed, followed),
        "stayed_won": (stayed, followed * won),
    }


def _volumes(dataset: ThresholdDataset, sums: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    snapshots, economy, weeks = dataset.snapshots, dataset.economy, dataset.scored.weeks
    later = sums["later"][:, :1]
    followed = sums["followed"][:, :1]

    def entering(first: str, now: str, stayed: str) -> np.ndarray:
        share = np.where(later > 0, (sums[now] - sums[stayed]) / followed, 0.0)
        return np.asarray((sums[first] + later * share)[:, 1:] / weeks)

    leads = entering("first", "followed", "stayed")
    wins = entering("first_won", "followed_won", "stayed_won")
    volumes = {"entering_per_week": leads, "wins_per_week": wins, "hours_per_week": leads * economy.minutes / 60}
    if economy.win is not None:
        volumes["value_per_week"] = wins * economy.win - leads * economy.contact
    moments = snapshots.loc[snapshots["on_grid"], "as_of"].nunique()
    if moments:
        volumes["standing"] = sums["on_grid"][:, 1:] / moments
        volumes["standing_share"] = sums["on_grid"][:, 1:] / sums["on_grid"][:, :1]
    return volumes
