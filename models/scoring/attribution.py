"""Attribution of a score to topics: log-odds contributions rescaled to add up to the score.

With the margin m = m0 + sum of f_i and s(.) the map from margin to score, the points of part i are
f_i * (s(m) - s(m0)) / (m - m0), and f_i * s'(m0) where m is m0. The factor of a lead is positive, so signs
and order are kept, and the points sum to exactly s(m) - s(m0).
"""

from typing import Protocol

import numpy as np

__all__ = ["MarginMap", "convert_contributions_to_points", "sum_by_topic"]

#: scores closer than this to the base score use the slope in place of the quotient; the error is of this size
SAME_SCORE = 1e-9
#: smallest divisor, log-odds
MIN_DIFFERENCE = 1e-290


class MarginMap(Protocol):
    """A strictly increasing map s(.) from log-odds, such as :class:`.ScoreMap`."""

    def score(self, margin: np.ndarray) -> np.ndarray:
        """Return s(m), same shape as `margin`."""
        ...

    def derive(self, margin: np.ndarray) -> np.ndarray:
        """Return ds/dm, same shape as `margin`."""
        ...


def convert_contributions_to_points(
    base: float | np.ndarray, parts: np.ndarray, score_map: MarginMap
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Convert log-odds contributions to score points.

    Parameters
    ----------
    base : float, or ndarray of shape (n,)
        m0, log-odds: one for all leads, or one each.
    parts : ndarray, shape (n, k)
        f_i of each lead, log-odds.
    score_map : MarginMap
        s(.).

    Returns
    -------
    base_score : ndarray, shape (n,)
        s(m0).
    points : ndarray, shape (n, k)
        base_score + points.sum(axis=1) equals the scores.
    scores : ndarray, shape (n,)
        s(m).
    """
    distance = parts.sum(axis=1)
    base = np.broadcast_to(np.asarray(base, dtype=float), distance.shape)
    base_score, scores = score_map.score(base), score_map.score(base + distance)
    near = np.abs(scores - base_score) < SAME_SCORE
    slope = score_map.derive(base)
    # at an anchor the slope above may be far steeper than the one below
    bounded_slope = np.minimum(slope, SAME_SCORE / np.maximum(np.abs(distance), MIN_DIFFERENCE))
    factor = np.where(near, bounded_slope, (scores - base_score) / np.where(near, 1.0, distance))
    return base_score, parts * factor[:, None], scores


def sum_by_topic(values: np.ndarray, topics: list[str], order: list[str]) -> np.ndarray:
    """Sum the columns of each topic.

    Parameters
    ----------
    values : ndarray, shape (n, features)
        Points or log-odds by feature.
    topics : list of str, length features
        Topic of each column.
    order : list of str
        Topics in the order of the result.

    Returns
    -------
    ndarray, shape (n, len(order))
    """
    member = np.array([[topic == key for key in order] for topic in topics], dtype=float)
    return np.asarray(values @ member)
