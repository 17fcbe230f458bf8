"""Points of each topic: parts of the log-odds carried over to the score, so that they add up to it.

With the margin m = m0 + sum of f_i and s(.) the map from margin to score, the points of part i are
f_i * (s(m) - s(m0)) / (m - m0), and f_i * s'(m0) where m is m0. One factor for all parts of a lead, and it
is above zero: signs and order stay, and the sum is exactly s(m) - s(m0).
"""

import numpy as np

from leadlight.models.scoring.scale import ScoreMap

__all__ = ["convert_contributions_to_points", "sum_by_topic"]

#: scores closer than this to the base score are too close for a quotient of floats: the slope stands in, and
#: what it is off by is of the same size
SAME_SCORE = 1e-9
#: log-odds that may be divided by
MIN_DIFFERENCE = 1e-290


def convert_contributions_to_points(
    base: float, parts: np.ndarray, score_map: ScoreMap
) -> tuple[float, np.ndarray, np.ndarray]:
    """Turn parts of the log-odds into points of the score.

    Parameters
    ----------
    base : float
        m0, log-odds.
    parts : ndarray, shape (n, k)
        f_i of each lead, log-odds.
    score_map : ScoreMap
        s(.).

    Returns
    -------
    base_score : float
        s(m0).
    points : ndarray, shape (n, k)
        base_score + points.sum(axis=1) equals the scores.
    scores : ndarray, shape (n,)
        s(m).
    """
    distance = parts.sum(axis=1)
    scores = score_map.score(base + distance)
    base_score = float(score_map.score(np.array(base)))
    same = np.abs(scores - base_score) < SAME_SCORE
    slope = float(score_map.derive(np.array(base)))
    # at an anchor the slope is that of the line above, which may be far steeper than the one below
    gentle = np.minimum(slope, SAME_SCORE / np.maximum(np.abs(distance), MIN_DIFFERENCE))
    factor = np.where(same, gentle, (scores - base_score) / np.where(same, 1.0, distance))
    return base_score, parts * factor[:, None], scores


def sum_by_topic(values: np.ndarray, topics: list[str], order: list[str]) -> np.ndarray:
    """Sum the columns of each topic.

    Parameters
    ----------
    values : ndarray, shape (n, features)
        Points or log-odds a feature.
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
