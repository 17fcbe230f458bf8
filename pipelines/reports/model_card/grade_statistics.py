"""Win rates by grade, and points by topic, on the test window."""

from typing import Any

import numpy as np
import pandas as pd

from leadlight.models.metrics.bootstrap import calculate_wilson_interval
from leadlight.models.scoring.grades import LIFT_CUTS, GradeScale
from leadlight.models.scoring.scorer import Scorer

__all__ = ["compute_grade_and_topic_statistics"]

MAX_TOPICS = 10


def compute_grade_and_topic_statistics(
    scorer: Scorer, serving: Scorer, frame: pd.DataFrame, won: np.ndarray
) -> dict[str, Any]:
    """Compute the win rate of each grade, and the topics with the largest points.

    Parameters
    ----------
    scorer : Scorer
        The scorer that is judged, for the grades.
    serving : Scorer
        The scorer that serves, for the topics.
    frame : pd.DataFrame, shape (n, features)
        Feature table of the test window.
    won : ndarray of int, shape (n,)
        Labels.

    Returns
    -------
    dict
        ``grades``: of fit and engagement, best first: grade, snapshots, wins, win_rate with low and high,
        lift, at_least (what the grade asked for where it was cut). ``topics``: the
        ten with the largest mean absolute points: topic, label, group, mean_points.
    """
    scored = scorer.predict(frame)
    scales = {"fit": scorer.fit_grades, "engagement": scorer.engagement_grades}
    return {
        "grades": {name: _grades(scale, scored[f"{name}_grade"].to_numpy(), won) for name, scale in scales.items()},
        "topics": _topics(serving, serving.break_down(frame).points),
    }


def _grades(scale: GradeScale, grades: np.ndarray, won: np.ndarray) -> list[dict[str, Any]]:
    rows = []
    for grade, at_least in zip(scale.names, (*LIFT_CUTS, None), strict=True):
        outcomes = won[grades == grade]
        wins, snapshots = int(outcomes.sum()), len(outcomes)
        low, high = calculate_wilson_interval(wins, snapshots) if snapshots else (None, None)
        rate = wins / snapshots if snapshots else None
        rows.append(
            {
                "grade": grade,
                "snapshots": snapshots,
                "wins": wins,
                "win_rate": rate,
                "low": low,
                "high": high,
                "lift": None if rate is None else rate / float(won.mean()),
                "at_least": at_least,
            }
        )
    return rows


def _topics(scorer: Scorer, points: np.ndarray) -> list[dict[str, Any]]:
    means = np.abs(points).mean(axis=0)
    rows: list[dict[str, Any]] = [
        {"topic": topic.key, "label": topic.label.get("en", topic.key), "group": topic.group, "mean_points": mean}
        for topic, mean in zip(scorer.catalogue.topics, means.tolist(), strict=True)
    ]
    rows.sort(key=lambda row: -row["mean_points"])
    return [row for row in rows[:MAX_TOPICS] if row["mean_points"] > 0]
