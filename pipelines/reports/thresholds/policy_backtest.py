"""What a policy would have done in the weeks of a replay."""

from typing import Any

import numpy as np

from leadlight.models.metrics.bootstrap import bootstrap_cluster_sums, proportion_interval
from leadlight.models.scoring.anchors import STAGES
from leadlight.models.scoring.scale import ScoreScale
from leadlight.models.scoring.stages import assign_stages
from leadlight.pipelines.reports.thresholds.backtest import Backtest
from leadlight.pipelines.reports.thresholds.dataset import NAMES

__all__ = ["FLAP_WEEKS", "assign_weekly_stages", "backtest_policy"]

#: a lead that leaves and returns, or comes and leaves, within so many weeks flaps
FLAP_WEEKS = 4


def assign_weekly_stages(told: Backtest, scale: ScoreScale, hysteresis: float) -> np.ndarray:
    """Give each lead its stage, week after week.

    Parameters
    ----------
    told : Replay
    scale : ScoreScale
        Of the policy.
    hysteresis : float
        Score points.

    Returns
    -------
    ndarray of int, shape (weeks, n)
        0 lead, 1 MQL, 2 SQL; -1 where it was not open.
    """
    ranks = np.full(told.probability.shape, -1, dtype=np.int8)
    names = np.array(STAGES, dtype=object)
    for week, probability in enumerate(told.probability):
        is_open = np.isfinite(probability)
        before = None
        if week:
            were = ranks[week - 1, is_open]
            before = names[np.maximum(were, 0)]  # who was not open was in no stage, as a lead is
        stage = assign_stages(scale.score(probability[is_open]), before, hysteresis)
        ranks[week, is_open] = [STAGES.index(name) for name in stage]
    return ranks


def backtest_policy(
    told: Backtest, scale: ScoreScale, hysteresis: float, seed: int
) -> dict[str, dict[str, Any]]:
    """Tell by threshold what a policy would have done.

    Parameters
    ----------
    told : Replay
    scale : ScoreScale
    hysteresis : float
    seed : int
        Seed of the intervals.

    Returns
    -------
    dict of str to dict
        By threshold: ``weeks`` (standing, entering, leaving, closed, flaps and flaps_without of each but the
        first, standing alone of that), their sums or means, ``precision`` of those standing and ``won`` of
        those entering, with intervals by lead, where the outcome is known.
    """
    ranks = assign_weekly_stages(told, scale, hysteresis)
    plain = assign_weekly_stages(told, scale, 0.0)
    found = {}
    for place, name in enumerate(NAMES, start=1):
        weeks = _weeks(told, ranks, plain, place)
        moved = weeks[1:]
        above, entering = ranks >= place, _moves(ranks, place)[0]
        found[name] = {
            "weeks": weeks,
            **{f"{key}_per_week": float(np.mean([w[key] for w in moved])) for key in MOVES},
            "standing": float(np.mean([w["standing"] for w in weeks])),
            "flaps": sum(w["flaps"] for w in moved),
            "flaps_without": sum(w["flaps_without"] for w in moved),
            "precision": _share_won(told, above, seed),
            "won_of_entered": _share_won(told, entering, seed),
        }
    return found


MOVES = ("entering", "leaving", "closed")


def _weeks(told: Backtest, ranks: np.ndarray, plain: np.ndarray, place: int) -> list[dict[str, Any]]:
    came, left, closed = _moves(ranks, place)
    flaps, flaps_without = _flaps(ranks, place), _flaps(plain, place)
    counted = {
        "standing": ranks >= place,
        "entering": came,
        "leaving": left,
        "closed": closed,
        "flaps": flaps,
        "flaps_without": flaps_without,
    }
    sums = {key: np.rint(rows.sum(axis=1) * told.weight).astype(int) for key, rows in counted.items()}
    return [
        {"as_of": moment.isoformat(), **{key: int(by_week[week]) for key, by_week in sums.items()}}
        for week, moment in enumerate(told.moments)
    ]


def _moves(ranks: np.ndarray, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who came above since the week before, who fell below, who was closed; nobody in the first week."""
    above, is_open = ranks >= place, ranks >= 0
    was = np.vstack([above[:1], above[:-1]])
    came = above & ~was
    left = was & ~above & is_open
    closed = was & ~is_open
    came[0] = left[0] = closed[0] = False
    return came, left, closed


def _flaps(ranks: np.ndarray, place: int) -> np.ndarray:
    """Find moves that take back one of at most four weeks ago; while a lead is open they alternate."""
    came, left, _ = _moves(ranks, place)
    moved = came | left
    last = np.full(ranks.shape[1], -FLAP_WEEKS - 1)
    flaps: np.ndarray = np.zeros_like(moved)
    for week, now in enumerate(moved):
        flaps[week] = now & (week - last <= FLAP_WEEKS)
        last[now] = week
    return flaps


def _share_won(told: Backtest, chosen: np.ndarray, seed: int) -> list[float] | None:
    week, lead = np.nonzero(chosen & np.isfinite(told.won))
    if not len(week):
        return None
    won = told.won[week, lead]
    hits, rows = bootstrap_cluster_sums(np.stack([won, np.ones(len(won))]), lead, seed).T
    return list(proportion_interval(hits, rows, len(np.unique(lead))))
