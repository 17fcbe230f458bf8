"""Check of calibration: slope, actual over expected wins, and expected calibration error."""

from typing import Any

import numpy as np

from leadlight.models.metrics.bootstrap import ClusterBootstrap, percentile_interval
from leadlight.models.metrics.metrics import bin_calibration, calculate_ece, fit_calibration_line, simulate_expected_ece
from leadlight.models.metrics.rank_metrics import resample_ece

__all__ = ["check_calibration"]

#: range of slope, and of actual over expected wins, that passes
TOLERANCE = (0.8, 1.25)


def check_calibration(
    p: np.ndarray, won: np.ndarray, bootstrap: ClusterBootstrap, tolerated: tuple[float, float] = TOLERANCE
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
    tolerated : tuple of float
        Range that the 95 % intervals of slope and ratio have to overlap.

    Returns
    -------
    dict
        ``slope`` and ``actual_over_expected`` with intervals, ``intercept``, ``ece`` with its interval and
        the 95 % quantile of a calibrated model (``by_chance``), ``bins``, and
        ``passed``.
    """
    low, high = tolerated
    slope, intercept = fit_calibration_line(p, won)
    ratio = float(won.sum() / p.sum())
    intervals = bootstrap.estimate_interval(
        lambda rows: fit_calibration_line(p[rows], won[rows])[0], lambda rows: float(won[rows].sum() / p[rows].sum())
    )
    ece = percentile_interval(resample_ece(p, won, bootstrap))
    passed = all(interval[0] <= high and interval[1] >= low for interval in intervals)
    by_chance = simulate_expected_ece(p, won, bootstrap)
    return {
        "slope": _to_dict(slope, intervals[0]),
        "intercept": intercept,
        "actual_over_expected": _to_dict(ratio, intervals[1]),
        "ece": _to_dict(calculate_ece(p, won), ece[1:]) | {"by_chance": by_chance},
        "passed": passed,
        "bins": bin_calibration(p, won),
    }


def _to_dict(value: float, interval: tuple[float, float]) -> dict[str, float]:
    return {"value": value, "low": interval[0], "high": interval[1]}
