"""Figures of every score as a threshold, from one bootstrap by lead."""

from typing import Any

import numpy as np

from leadlight.models.metrics.bootstrap import percentile_interval
from leadlight.models.metrics.threshold_sums import WeightedColumn, bootstrap_sums_above, count_leads_above
from leadlight.pipelines.reports.thresholds.dataset import ThresholdDataset

__all__ = ["FIGURES", "SCORES", "compute_metrics_at"]

SCORES = np.arange(1, 100)
#: what is told of each threshold: value, lower and upper end of the 95 % interval, or None
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

#: those that are told only where enough leads stand above
RATES = ("precision", "lift")


def compute_metrics_at(material: ThresholdDataset, probabilities: np.ndarray) -> list[dict[str, Any]]:
    """Tell what thresholds would have given out of time.

    ``entering_per_week`` counts the leads that are above at their first snapshot, and those above at a later
    one that were below at the one before. Between two snapshots, mostly 30 days, nobody looks: a lead that
    rises and falls in between is not seen, so it is a lower bound of what a nightly job sees. Where the
    snapshot before has no out-of-time score, the share that enters is taken from those where it has.

    Parameters
    ----------
    material : Material
    probabilities : ndarray, shape (k,)
        Ascending.

    Returns
    -------
    list of dict
        For each: probability, leads (different ones that stood above it), believed (whether they are
        enough; if not, precision and lift are None), and :data:`FIGURES`; what cannot be told is None.
    """
    found = _figures(material, probabilities)
    counted = material.scored.drop_zero_weight()
    leads = count_leads_above(counted.probability, counted.leads, probabilities)
    believed = leads >= material.policy.min_leads
    for name in RATES:  # of a few leads that all won a bootstrap would be sure
        found[name] = np.where(believed, found[name], np.nan)
    return [
        {
            "probability": float(p),
            "leads": int(leads[place]),
            "believed": bool(believed[place]),
            **{name: _interval(found, name, place) for name in FIGURES},
        }
        for place, p in enumerate(probabilities)
    ]


def _interval(found: dict[str, np.ndarray], name: str, place: int) -> list[float] | None:
    if name not in found or not np.isfinite(found[name][0, place]):
        return None
    return list(percentile_interval(found[name][:, place]))


def _figures(material: ThresholdDataset, probabilities: np.ndarray) -> dict[str, np.ndarray]:
    thresholds = np.concatenate([[-np.inf], probabilities])
    sums = bootstrap_sums_above(
        _columns(material), thresholds, material.scored.leads, material.params.training.seed
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        hits, chosen = sums["hits"], sums["chosen"]
        figures = {"precision": hits[:, 1:] / chosen[:, 1:], "recall": hits[:, 1:] / hits[:, :1]}
        figures["lift"] = figures["precision"] / (hits[:, :1] / chosen[:, :1])
        if material.dated:
            figures |= _volumes(material, sums)
    return figures


def _columns(material: ThresholdDataset) -> dict[str, WeightedColumn]:
    looks = material.snapshots
    p, won = looks["probability"].to_numpy(), looks["won"].to_numpy(dtype=float)
    weight = looks["weight"].to_numpy()
    first = looks["first"].to_numpy(dtype=float)
    previous = looks["previous"].to_numpy()
    followed = np.isfinite(previous).astype(float)
    # above now and at the one before: what of those above now did not enter
    stayed = np.minimum(p, np.where(followed > 0, previous, -np.inf))
    return {
        # rates are told at the ages of the newest leads, what came to pass each week as it did
        "hits": (p, weight * won),
        "chosen": (p, weight),
        "on_grid": (p, looks["on_grid"].to_numpy(dtype=float)),
        "first": (p, first),
        "first_won": (p, first * won),
        "later": (p, 1 - first),
        "followed": (p, followed),
        "followed_won": (p, followed * won),
        "stayed": (stayed, followed),
        "stayed_won": (stayed, followed * won),
    }


def _volumes(material: ThresholdDataset, sums: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    looks, economy, weeks = material.snapshots, material.economy, material.scored.weeks
    later = sums["later"][:, :1]
    followed = sums["followed"][:, :1]

    def entering(first: str, now: str, stayed: str) -> np.ndarray:
        share = np.where(later > 0, (sums[now] - sums[stayed]) / followed, 0.0)
        return np.asarray((sums[first] + later * share)[:, 1:] / weeks)

    leads = entering("first", "followed", "stayed")
    wins = entering("first_won", "followed_won", "stayed_won")
    volumes = {
        "entering_per_week": leads,
        "wins_per_week": wins,
        "hours_per_week": leads * economy.minutes / 60,
    }
    if economy.win is not None:
        volumes["value_per_week"] = wins * economy.win - leads * economy.contact
    moments = looks.loc[looks["on_grid"], "as_of"].nunique()
    if moments:
        volumes["standing"] = sums["on_grid"][:, 1:] / moments
        volumes["standing_share"] = sums["on_grid"][:, 1:] / sums["on_grid"][:, :1]
    return volumes
