"""Check of calibration: slope, actual over expected wins, and expected calibration error."""

from typing import Any

import numpy as np
from scipy.special import expit, logit

from leadlight.models.metrics.bootstrap import ClusterBootstrap, Interval, convert_interval, percentile_interval
from leadlight.models.metrics.metrics import bin_calibration, calculate_ece, fit_calibration_line
from leadlight.models.metrics.rank_metrics import resample_ece
from leadlight.models.scoring.calibration_answers import (
    ALL,
    FAILS,
    HOLDS,
    MAX_NEW_DAYS,
    NEW,
    OLDER,
    TOO_LITTLE_EVIDENCE,
)

__all__ = [
    "LEVEL_TOLERANCE",
    "SLOPE_TOLERANCE",
    "answer_by_age",
    "answer_intervals",
    "check_calibration",
    "check_calibration_by_age",
    "resample_slope",
    "split_by_age",
]

#: actual over expected wins: a chance of 20 % may stand for 16 % to 25 %
LEVEL_TOLERANCE = (0.8, 1.25)
#: wider than the level: a slope acts on the distance from the average alone. Of a lead with twice the average odds,
#: 0.7 and 1.4 put the odds off by factors of 2 ** 0.3 = 1.23 and 2 ** 0.4 = 1.32: about what the level may be off by
SLOPE_TOLERANCE = (0.7, 1.4)
#: wins below which nothing is said: percentile intervals of fewer are too narrow
MIN_WINS = 10


def check_calibration(
    p: np.ndarray, won: np.ndarray, bootstrap: ClusterBootstrap, level: tuple[float, float] = LEVEL_TOLERANCE
) -> dict[str, Any]:
    """Compare probabilities with outcomes.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Probabilities.
    won : ndarray of int, shape (n,)
        Labels.
    bootstrap : ClusterBootstrap
        Resamples of the same rows, by lead.
    level : tuple of float
        Tolerated range of actual over expected wins, 0.8 to 1.25: a chance of 20 % may stand for 16 % to 25 %.
        The slope is tolerated from 0.7 to 1.4, which puts the odds of a lead with twice the average odds off by
        about as much.

    Returns
    -------
    dict
        ``answer``: holds, if the 95 % intervals of slope and actual over expected wins lie within their
        tolerances; fails, if one excludes 1 and does not lie within; else, and below 10 wins,
        too_little_evidence. ``snapshots``, ``wins``, ``slope`` and ``actual_over_expected`` with intervals,
        ``intercept``, ``ece`` with its interval, and ``bins``.
    """
    ece = percentile_interval(resample_ece(p, won, bootstrap))
    return _judge(p, won, bootstrap, level) | {
        "intercept": fit_calibration_line(p, won)[1],
        "ece": convert_interval((calculate_ece(p, won), *ece[1:])),
        "bins": bin_calibration(p, won),
    }


def check_calibration_by_age(
    p: np.ndarray, won: np.ndarray, leads: np.ndarray, ages: np.ndarray | None, seed: int
) -> dict[str, dict[str, Any]]:
    """Check calibration of all snapshots, of leads in their first week, and of older ones.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Probabilities.
    won : ndarray of int, shape (n,)
        Labels.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    ages : ndarray or None, shape (n,)
        Ages in days, NaN where not known; None where no age is known.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict of str to dict
        ``all``: see :func:`check_calibration`; with ages ``new`` and ``older``: answer, snapshots, wins, and slope and
        actual over expected wins with intervals, unless there are fewer than 10 wins.
    """
    return {ALL: check_calibration(p, won, ClusterBootstrap(leads, seed))} | _judge_groups(p, won, leads, ages, seed)


def answer_by_age(
    p: np.ndarray, won: np.ndarray, leads: np.ndarray, ages: np.ndarray | None, seed: int
) -> dict[str, str]:
    """Return the answers alone of :func:`check_calibration_by_age`, by group, in less time."""
    checks = {ALL: _judge(p, won, ClusterBootstrap(leads, seed))} | _judge_groups(p, won, leads, ages, seed)
    return {name: check["answer"] for name, check in checks.items()}


def split_by_age(ages: np.ndarray) -> dict[str, np.ndarray]:
    """Return the snapshots of new leads and of older ones, as masks of shape (n,)."""
    return {NEW: ages <= MAX_NEW_DAYS, OLDER: ages > MAX_NEW_DAYS}


def _judge_groups(
    p: np.ndarray, won: np.ndarray, leads: np.ndarray, ages: np.ndarray | None, seed: int
) -> dict[str, dict[str, Any]]:
    checks = {}
    for name, rows in {} if ages is None else split_by_age(ages).items():
        wins = int(won[rows].sum())
        if wins < MIN_WINS:
            checks[name] = {"answer": TOO_LITTLE_EVIDENCE, "snapshots": int(rows.sum()), "wins": wins}
        else:
            checks[name] = _judge(p[rows], won[rows], ClusterBootstrap(leads[rows], seed))
    return checks


def _judge(
    p: np.ndarray, won: np.ndarray, bootstrap: ClusterBootstrap, level: tuple[float, float] = LEVEL_TOLERANCE
) -> dict[str, Any]:
    slope = percentile_interval(resample_slope(p, won, bootstrap))
    wins, expected = bootstrap.resample_sums(np.stack([won, p])).T
    ratio = percentile_interval(wins / expected)
    return {
        "answer": answer_intervals(int(won.sum()), slope, ratio, level),
        "snapshots": len(won),
        "wins": int(won.sum()),
        "slope": convert_interval(slope),
        "actual_over_expected": convert_interval(ratio),
    }


def resample_slope(p: np.ndarray, won: np.ndarray, bootstrap: ClusterBootstrap) -> np.ndarray:
    """Return the calibration slope, then that of each resample after one Newton step from it (Andrews 2002)."""
    log_odds = logit(np.clip(p, 1e-9, 1 - 1e-9))
    slope, intercept = fit_calibration_line(p, won)
    fitted = expit(slope * log_odds + intercept)
    x, residual, weight = log_odds - log_odds.mean(), won - fitted, fitted * (1 - fitted)
    columns = np.stack([residual * x, residual, weight * x * x, weight * x, weight])
    gradient_x, gradient, xx, x1, one = bootstrap.resample_sums(columns).T
    xx, one = xx + 1e-9, one + 1e-9  # the ridge of the fit: a constant, which has no slope, keeps it
    return np.asarray(slope + (gradient_x * one - gradient * x1) / (xx * one - x1 * x1))


def answer_intervals(wins: int, slope: Interval, ratio: Interval, level: tuple[float, float] = LEVEL_TOLERANCE) -> str:
    """Return the answer for a slope and an actual over expected with intervals; see :func:`check_calibration`."""
    if wins < MIN_WINS:
        return TOO_LITTLE_EVIDENCE
    judged = ((slope, SLOPE_TOLERANCE), (ratio, level))
    outside = [(low, high) for (_, low, high), (least, most) in judged if not least <= low <= high <= most]
    if not outside:
        return HOLDS
    return FAILS if any(low > 1 or high < 1 for low, high in outside) else TOO_LITTLE_EVIDENCE
