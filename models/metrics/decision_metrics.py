"""Metrics of what is done with scores: recall at a weekly capacity, precision of leads that newly cross a threshold.

Log loss weighs all leads alike. Sales contacts as many as it has time for, and looks at a lead when it crosses.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from leadlight.models.metrics.bootstrap import ClusterBootstrap, convert_interval, percentile_interval

__all__ = ["find_crossings", "measure_crossings", "measure_decisions", "measure_recall_at_capacity"]


def measure_decisions(
    frame: pd.DataFrame,
    score: np.ndarray,
    probabilities: Mapping[str, np.ndarray],
    anchors: Mapping[str, float],
    *,
    weeks: float,
    seed: int,
) -> dict[str, Any]:
    """Measure who newly crosses a threshold, and the wins among those that sales contacts first.

    The weekly capacity is the number of leads that newly cross the highest threshold in a week: the policy asks sales
    to contact those.

    Parameters
    ----------
    frame : pd.DataFrame
        lead_id, as_of, on_grid (a night with leads of all ages), won and first (of its lead), in time order.
    score : ndarray, shape (n,)
        Scores of the model.
    probabilities : mapping of str to ndarray, shape (n,)
        Of the model and its rivals.
    anchors : mapping of str to float
        Score of each threshold, lowest first.
    weeks : float
        Weeks that the snapshots cover.
    seed : int
        Of the intervals.

    Returns
    -------
    dict
        ``weekly_capacity``, ``nights``, ``crossings`` by threshold, ``recall_at_capacity`` by model.
    """
    won, leads, first = (frame[name].to_numpy() for name in ("won", "lead_id", "first"))
    won = won.astype(int)
    bootstrap = ClusterBootstrap(leads, seed)
    crossings = {
        name: measure_crossings(find_crossings(frame, score, anchor, first), won, weeks, bootstrap)
        for name, anchor in anchors.items()
    }
    capacity = max(1, round(list(crossings.values())[-1]["leads_per_week"]))
    on_grid = frame["on_grid"].to_numpy()
    moment = frame.loc[on_grid, "as_of"].to_numpy()
    recall = {}
    if won[on_grid].any():
        on_nights = {name: p[on_grid] for name, p in probabilities.items()}
        nights = ClusterBootstrap(leads[on_grid], seed)
        recall = measure_recall_at_capacity(on_nights, won[on_grid], moment, capacity, nights)
    return {
        "weekly_capacity": capacity,
        "nights": len(np.unique(moment)),
        "crossings": crossings,
        "recall_at_capacity": recall,
    }


def find_crossings(frame: pd.DataFrame, score: np.ndarray, threshold: float, first: np.ndarray) -> np.ndarray:
    """Find the snapshots at which a lead newly reaches a threshold.

    Parameters
    ----------
    frame : pd.DataFrame
        lead_id and as_of of snapshots in time order.
    score : ndarray, shape (n,)
        Their scores.
    threshold : float
        Score to reach.
    first : ndarray of bool, shape (n,)
        Whether a snapshot is the first of its lead. Where the one before is not in the frame, a lead may have crossed
        earlier, and nothing is counted.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    previous = pd.Series(score, frame.index).groupby(frame["lead_id"]).shift().to_numpy(dtype=float)
    return np.asarray((score >= threshold) & ((previous < threshold) | (np.isnan(previous) & first)))


def measure_crossings(
    crossing: np.ndarray, won: np.ndarray, weeks: float, bootstrap: ClusterBootstrap
) -> dict[str, Any]:
    """Count crossings, and measure how many of them were won.

    Returns
    -------
    dict
        ``leads_per_week`` and ``precision`` with ``value``, ``low`` and ``high``; None where no lead crosses.
    """
    hits, chosen = bootstrap.resample_sums(np.stack([crossing * won, crossing]).astype(float)).T
    value, low, high = percentile_interval(hits / np.maximum(chosen, 1.0)) if crossing.any() else (None, None, None)
    return {"leads_per_week": float(crossing.sum()) / weeks, "precision": {"value": value, "low": low, "high": high}}


def measure_recall_at_capacity(
    probabilities: Mapping[str, np.ndarray],
    won: np.ndarray,
    moment: np.ndarray,
    capacity: int,
    bootstrap: ClusterBootstrap,
) -> dict[str, dict[str, float]]:
    """Measure the share of wins among the leads that a team contacts first.

    Parameters
    ----------
    probabilities : mapping of str to ndarray, shape (n,)
        Of each model, for all leads open at each scoring moment.
    won : ndarray of int, shape (n,)
        Labels; there are wins.
    moment : ndarray, shape (n,)
        Scoring moment of each snapshot.
    capacity : int
        Leads contacted a moment.
    bootstrap : ClusterBootstrap
        By lead.

    Returns
    -------
    dict of str to dict
        By model: ``value``, ``low`` and ``high``, over all moments together.
    """
    found = {}
    for name, probability in probabilities.items():
        ranked = pd.Series(probability).groupby(moment).rank(method="first", ascending=False).to_numpy()
        hits, wins = bootstrap.resample_sums(np.stack([(ranked <= capacity) * won, won]).astype(float)).T
        found[name] = convert_interval(percentile_interval(hits / np.maximum(wins, 1.0)))
    return found
