"""Rounding of points to whole numbers with the same sum (largest remainder)."""

import math
from collections.abc import Sequence

from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE

__all__ = ["display_score", "distribute_largest_remainder", "round_half_up", "round_to_sum"]


def round_half_up(value: float) -> int:
    """Round to the nearest whole number, halves up."""
    return math.floor(value + 0.5)


def display_score(score: float) -> int:
    """Round a score without crossing a threshold: 79.6 is shown as 79, not 80.

    Parameters
    ----------
    score : float
        0 to 100.

    Returns
    -------
    int
        The nearest whole number on the same side of 50 and 80.
    """
    nearest = round_half_up(score)
    for threshold in (MARKETING_SCORE, SALES_SCORE):
        if score < threshold <= nearest:
            return nearest - 1
    return nearest


def distribute_largest_remainder(values: Sequence[float], total: int) -> list[int] | None:
    """Round values so that they sum to a given whole number.

    Each value is rounded down or up; those with the largest remainders go up.

    Parameters
    ----------
    values : sequence of float
    total : int
        Near their sum.

    Returns
    -------
    list of int or None
        In the order of `values`, each less than 1 from its value, same order and signs; None if the total
        cannot be met.
    """
    floors = [math.floor(value) for value in values]
    ups = total - sum(floors)
    remainders = [value - floor for value, floor in zip(values, floors, strict=True)]
    candidates = [index for index, remainder in enumerate(remainders) if remainder > 0]
    candidates.sort(key=lambda index: -remainders[index])
    if not 0 <= ups <= len(candidates):
        return None
    for index in candidates[:ups]:
        floors[index] += 1
    return floors


def round_to_sum(base_score: float, points: Sequence[float], score: float) -> tuple[int, list[int]]:
    """Round a base score and its points so that they sum to the displayed score.

    The base is rounded normally if possible, because all leads of a model share it.

    Parameters
    ----------
    base_score : float
        0 to 100.
    points : sequence of float
        Points of each topic.
    score : float
        Their sum, to 1e-6.

    Returns
    -------
    base : int
    points : list of int
        In the order given; base plus points is the displayed score. Signs and (weak) order are kept.

    Raises
    ------
    ValueError
        If base score and points do not sum to the score.
    """
    total = display_score(score)
    nearest = round_half_up(base_score)
    # the nearest base fails only if sum and score are on different sides of a half
    for base in (nearest, nearest + 1, nearest - 1):
        printed = distribute_largest_remainder(points, total - base)
        if printed is not None:
            return base, printed
    raise ValueError(f"The base score and points of a score must add up to {score}. Got {base_score}, {points}.")
