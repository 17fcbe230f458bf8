"""The stage of a lead: by its score alone, or with what it was the night before, so that it does not flap."""

from collections.abc import Iterable

import numpy as np

from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE, STAGES

__all__ = ["assign_stages", "find_hysteresis_floor"]

STAGE_THRESHOLDS = (MARKETING_SCORE, SALES_SCORE)
RANKS = {name: rank for rank, name in enumerate(STAGES)}


def assign_stages(
    scores: np.ndarray, before: Iterable[object] | None = None, hysteresis: float = 0.0
) -> np.ndarray:
    """Return the stage of each lead.

    A stage begins at its score, 50 or 80. Who was in it or in a later one stays until the score falls below
    that number less `hysteresis`: a trigger with two levels (Schmitt 1938, J. Sci. Instrum. 15).

    Parameters
    ----------
    scores : ndarray, shape (n,)
        0 to 100.
    before : iterable of str, shape (n,), optional
        Stage of each lead the night before; anything else, such as None, where it had none.
    hysteresis : float
        Score points, at least 0 and less than 30, the distance of the two thresholds.

    Returns
    -------
    ndarray of str, shape (n,)
    """
    were = np.zeros(len(scores), dtype=int) if before is None else np.array([_rank(name) for name in before])
    rank = np.zeros(len(scores), dtype=int)
    for place, bar in enumerate(STAGE_THRESHOLDS, start=1):
        rank[scores >= np.where(were >= place, bar - hysteresis, bar)] = place
    return np.array(STAGES, dtype=object)[rank]


def find_hysteresis_floor(stage: str, score: float, hysteresis: float) -> float | None:
    """Return the score below which a lead leaves a stage that its score alone would not give it, or None.

    Parameters
    ----------
    stage : str
        The stage it is in.
    score : float
        Its score.
    hysteresis : float
        Score points by which it may lie below where the stage begins.
    """
    place = _rank(stage)
    return STAGE_THRESHOLDS[place - 1] - hysteresis if place and score < STAGE_THRESHOLDS[place - 1] else None


def _rank(stage: object) -> int:
    return RANKS.get(stage, 0) if isinstance(stage, str) else 0
