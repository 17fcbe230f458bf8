"""The stage of a lead, decided from its score, its previous stage, hysteresis and consent."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE, STAGES

__all__ = ["NO_CONSENT", "StageDecision", "decide_stages", "find_hysteresis_floor"]

STAGE_THRESHOLDS = (MARKETING_SCORE, SALES_SCORE)
RANKS = {name: rank for rank, name in enumerate(STAGES)}
#: why a stage is lower than the score allows
NO_CONSENT = "no_consent"


class StageDecision(NamedTuple):
    """Stage of each lead, and why it is lower than its score allows (None where it is not)."""

    stage: np.ndarray
    held_back: np.ndarray


def decide_stages(
    scores: np.ndarray,
    previous: Iterable[object] | None = None,
    hysteresis: float = 0.0,
    refused: np.ndarray | None = None,
) -> StageDecision:
    """Decide the stage of each lead.

    A stage begins at a score of 50 or 80. A lead that was in it or in a later one stays until its score falls
    below that threshold less `hysteresis` (Schmitt trigger: Schmitt 1938, J. Sci. Instrum. 15). Without
    consent a lead is not promoted into marketing contact.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        0 to 100.
    previous : iterable of str, shape (n,), optional
        Stage in the previous run; anything else, such as None, where there was none.
    hysteresis : float
        Score points, at least 0 and less than 30, the distance of the two thresholds.
    refused : ndarray of bool, shape (n,), optional
        Whether the lead refused marketing contact.

    Returns
    -------
    StageDecision
        Two arrays of shape (n,).
    """
    rank = np.zeros(len(scores), dtype=int)
    before = rank if previous is None else np.array([_rank(name) for name in previous], dtype=int)
    for place, threshold in enumerate(STAGE_THRESHOLDS, start=1):
        reached = scores >= np.where(before >= place, threshold - hysteresis, threshold)
        rank = np.where(reached, place, rank)
    held = np.zeros(len(scores), dtype=bool) if refused is None else refused & (rank > 0)
    held_back = np.full(len(scores), None, dtype=object)
    held_back[held] = NO_CONSENT
    return StageDecision(np.array(STAGES, dtype=object)[np.where(held, 0, rank)], held_back)


def find_hysteresis_floor(stage: str, score: float, hysteresis: float) -> float | None:
    """Return the score below which a lead leaves its stage, or None where its score alone gives that stage.

    Parameters
    ----------
    stage : str
        Stage of the lead.
    score : float
        Its score.
    hysteresis : float
        Score points by which it may lie below the threshold of the stage.
    """
    place = _rank(stage)
    return STAGE_THRESHOLDS[place - 1] - hysteresis if place and score < STAGE_THRESHOLDS[place - 1] else None


def _rank(stage: object) -> int:
    return RANKS.get(stage, 0) if isinstance(stage, str) else 0
