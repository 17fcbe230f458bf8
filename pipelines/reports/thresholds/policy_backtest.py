"""Weekly stages of a policy in the backtest: volumes, flapping and precision."""

from typing import Any

import numpy as np

from leadlight.models.metrics.bootstrap import ClusterBootstrap, proportion_interval
from leadlight.models.scoring.anchors import STAGES
from leadlight.models.scoring.scale import ScoreScale
from leadlight.models.scoring.stages import decide_stages
from leadlight.pipelines.reports.thresholds.backtest import Backtest
from leadlight.pipelines.reports.thresholds.dataset import NAMES

__all__ = ["FLAP_WEEKS", "assign_weekly_stages", "backtest_policy"]

#: moves reversed within this many weeks count as flapping
FLAP_WEEKS = 4


def assign_weekly_stages(backtest: Backtest, scale: ScoreScale, hysteresis: float) -> np.ndarray:
    """Assign a stage to each lead in each week, with hysteresis.

    Parameters
    ----------
    scale : ScoreScale
        Of the policy.
    hysteresis : float
        Score points.

    Returns
    -------
    ndarray of int, shape (weeks, n)
        0 lead, 1 MQL, 2 SQL; -1 where it was not open.
    """
    ranks = np.full(backtest.probability.shape, -1, dtype=np.int8)
    names = np.array(STAGES, dtype=object)
    for week, probability in enumerate(backtest.probability):
        is_open = np.isfinite(probability)
        before = None
        if week:
            were = ranks[week - 1, is_open]
            before = names[np.maximum(were, 0)]  # a lead that was not open starts without a stage
        stage, _ = decide_stages(scale.score(probability[is_open]), before, hysteresis)
        ranks[week, is_open] = [STAGES.index(name) for name in stage]
    return ranks


def backtest_policy(backtest: Backtest, scale: ScoreScale, hysteresis: float, seed: int) -> dict[str, dict[str, Any]]:
    """Count weekly volumes and flapping of a policy by threshold, and its precision.

    Parameters
    ----------
    seed : int
        Seed of the intervals.

    Returns
    -------
    dict of str to dict
        By threshold: ``weeks`` (standing, entering, leaving, closed, flaps and flaps_without of each but the
        first, standing alone of that), their sums or means, ``precision`` of those standing and ``won`` of
        those entering, with intervals by lead, where the outcome is known.
    """
    ranks = assign_weekly_stages(backtest, scale, hysteresis)
    plain = assign_weekly_stages(backtest, scale, 0.0)
    results = {}
    for place, name in enumerate(NAMES, start=1):
        weeks = _weeks(backtest, ranks, plain, place)
        moved = weeks[1:]
        above, entering = ranks >= place, _moves(ranks, place)[0]
        results[name] = {
            "weeks": weeks,
            **{f"{key}_per_week": float(np.mean([w[key] for w in moved])) for key in MOVES},
            "standing": float(np.mean([w["standing"] for w in weeks])),
            "flaps": sum(w["flaps"] for w in moved),
            "flaps_without": sum(w["flaps_without"] for w in moved),
            "precision": _share_won(backtest, above, seed),
            "won_of_entered": _share_won(backtest, entering, seed),
        }
    return results


MOVES = ("entering", "leaving", "closed")


def _weeks(backtest: Backtest, ranks: np.ndarray, plain: np.ndarray, place: int) -> list[dict[str, Any]]:
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
    sums = {key: np.rint(rows.sum(axis=1) * backtest.weight).astype(int) for key, rows in counted.items()}
    return [
        {"as_of": moment.isoformat(), **{key: int(by_week[week]) for key, by_week in sums.items()}}
        for week, moment in enumerate(backtest.moments)
    ]


def _moves(ranks: np.ndarray, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks of leads that rose above since the week before, fell below, or closed; empty in week one."""
    above, is_open = ranks >= place, ranks >= 0
    was = np.vstack([above[:1], above[:-1]])
    came = above & ~was
    left = was & ~above & is_open
    closed = was & ~is_open
    came[0] = left[0] = closed[0] = False
    return came, left, closed


def _flaps(ranks: np.ndarray, place: int) -> np.ndarray:
    """Mask of moves that reverse one of at most four weeks ago; moves of an open lead alternate."""
    came, left, _ = _moves(ranks, place)
    moved = came | left
    last = np.full(ranks.shape[1], -FLAP_WEEKS - 1)
    flaps: np.ndarray = np.zeros_like(moved)
    for week, now in enumerate(moved):
        flaps[week] = now & (week - last <= FLAP_WEEKS)
        last[now] = week
    return flaps


def _share_won(backtest: Backtest, chosen: np.ndarray, seed: int) -> list[float] | None:
    week, lead = np.nonzero(chosen & np.isfinite(backtest.won))
    if not len(week):
        return None
    won = backtest.won[week, lead]
    hits, rows = ClusterBootstrap(lead, seed).resample_sums(np.stack([won, np.ones(len(won))])).T
    return list(proportion_interval(hits, rows, len(np.unique(lead))))
