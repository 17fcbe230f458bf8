"""The few metrics of a test window that are compared from one training to the next."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import d2_log_loss_score

from leadlight.models.metrics.metrics import calculate_top_capture
from leadlight.models.scoring.anchors import STAGES
from leadlight.models.scoring.calibration_answers import ALL, NEW, OLDER

__all__ = ["MAX_METRICS", "count_above_threshold", "summarize_metrics"]

#: a table of them fits a screen
MAX_METRICS = 15
_STAGES = ("marketing_qualified", "sales_qualified")


def summarize_metrics(
    details: Mapping[str, Any], p: np.ndarray, won: np.ndarray, weeks: float | None
) -> dict[str, Any]:
    """Select and add up the metrics for ``metrics.json``.

    Parameters
    ----------
    details : mapping
        All metrics, as ``details.json`` has them.
    p : ndarray, shape (n,)
        Probabilities of the test window.
    won : ndarray of int, shape (n,)
        Labels.
    weeks : float or None
        Length of the test window; None where the source has no dates, and then no volume a week.

    Returns
    -------
    dict
        At most :data:`MAX_METRICS` numbers, and ``calibration``: the answer of the check (holds, fails or
        too_little_evidence) for all snapshots, new and older leads. ``d2_log_loss`` is the share of the log loss of
        the test window's own base rate that the model saves; ``top_tenth_capture`` the share of all wins in the tenth
        with the highest scores. Brier score and lift, which is ten times that share, are in the details.
    """
    ours, checks = details["figures"]["leadlight"], details["calibration"]
    calibration = checks["all"]
    return {
        "log_loss": ours["log_loss"],
        "d2_log_loss": float(d2_log_loss_score(won, p, labels=[0, 1])),
        "auc": ours["auc"],
        "average_precision": ours["average_precision"],
        "ece": ours["ece"],
        "calibration_slope": calibration["slope"]["value"],
        "actual_over_expected": calibration["actual_over_expected"]["value"],
        "top_tenth_capture": calculate_top_capture(p, won),
        "wins": details["test"]["wins"],
        "calibration": {group: checks[group]["answer"] for group in (ALL, NEW, OLDER) if group in checks},
        **{name: _summarize_stage(name, details["stages"], weeks) for name in _STAGES},
    }


def count_above_threshold(name: str, stages: Mapping[str, Any]) -> tuple[int, int]:
    """Return the snapshots and wins from a threshold up: of its stage and of all higher ones."""
    reached = [stages[stage] for stage in STAGES[STAGES.index(name) :] if stage in stages]
    return sum(stage["snapshots"] for stage in reached), sum(stage["wins"] for stage in reached)


def _summarize_stage(name: str, stages: Mapping[str, Any], weeks: float | None) -> dict[str, float]:
    """Count everything from a threshold up; precision is left out where nothing reaches it."""
    above, wins = count_above_threshold(name, stages)
    every = sum(stage["wins"] for stage in stages.values())
    found: dict[str, float] = {"recall": wins / every if every else 0.0}
    if above:
        found["precision"] = wins / above
    if weeks:
        found["snapshots_per_week"] = above / weeks
    return found
