"""The check that a number may be called a probability."""

from typing import Any

import numpy as np

from leadlight.models.metrics.metrics import (
    ClusterBootstrap,
    bin_calibration,
    calculate_ece,
    fit_calibration_line,
    simulate_expected_ece,
)

__all__ = ["check_calibration"]

#: slope, and actual over expected wins, that a probability may have
TOLERANCE = (0.8, 1.25)


def check_calibration(
    p: np.ndarray, won: np.ndarray, bootstrap: ClusterBootstrap, tolerated: tuple[float, float] = TOLERANCE
) -> dict[str, Any]:
    """Compare probabilities with what happened.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Probabilities.
    won : ndarray of int, shape (n,)
        Labels.
    bootstrap : Bootstrap
        Resamples of the same rows, by lead.
    tolerated : tuple of float
        What slope and ratio may be; their 95 % intervals must reach into it.

    Returns
    -------
    dict
        ``slope`` and ``actual_over_expected`` with intervals, ``intercept``, ``ece`` with its interval and
        the value that a calibrated model would stay below in 95 of 100 cases (``by_chance``), ``bands``, and
        ``passed``.
    """
    low, high = tolerated
    slope, intercept = fit_calibration_line(p, won)
    ratio = float(won.sum() / p.sum())
    intervals = bootstrap.estimate_interval(
        lambda rows: fit_calibration_line(p[rows], won[rows])[0],
        lambda rows: float(won[rows].sum() / p[rows].sum()),
        lambda rows: calculate_ece(p[rows], won[rows]),
    )
    passed = all(interval[0] <= high and interval[1] >= low for interval in intervals[:2])
    by_chance = simulate_expected_ece(p, won, bootstrap)
    return {
        "slope": _told(slope, intervals[0]),
        "intercept": intercept,
        "actual_over_expected": _told(ratio, intervals[1]),
        "ece": _told(calculate_ece(p, won), intervals[2]) | {"by_chance": by_chance},
        "passed": passed,
        "bands": bin_calibration(p, won),
    }


def _told(value: float, interval: tuple[float, float]) -> dict[str, float]:
    return {"value": value, "low": interval[0], "high": interval[1]}
