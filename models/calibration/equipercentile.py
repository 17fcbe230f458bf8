"""Map out-of-time scores to the serving model's scale (equipercentile linking).

Out-of-time scores come from models trained on less data, with another zero and spread. Thresholds chosen on
their scale would select other leads when the serving model is used. So each rank gets the value that the
serving model has at that rank over the same snapshots (Kolen and Brennan 2014, chapter 2). The order of
leads stays that of the out-of-time models, and no label is used.
"""

import numpy as np

__all__ = ["link_equipercentile"]


def link_equipercentile(source: np.ndarray, target: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Replace each value by the serving model's value at the same rank.

    Parameters
    ----------
    source : ndarray, shape (n,)
        Out-of-time scores, each by the model trained before its origin.
    target : ndarray, shape (n,)
        Scores of the same snapshots by the serving model.
    origin : ndarray of int, shape (n,)
        Origin of each snapshot; ranks are within one origin.

    Returns
    -------
    ndarray, shape (n,)
        Equal values stay equal: they share the mean over their ranks.
    """
    moved = np.empty(len(source))
    for number in np.unique(origin):
        rows = origin == number
        _, place, count = np.unique(source[rows], return_inverse=True, return_counts=True)
        starts = np.cumsum(count) - count
        moved[rows] = (np.add.reduceat(np.sort(target[rows]), starts) / count)[place]
    return moved
