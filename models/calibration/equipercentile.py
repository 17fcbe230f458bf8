"""Map out-of-time scores to the serving model's scale (equipercentile linking).

Out-of-time scores come from models trained on less data, with another zero and spread. Thresholds chosen on
their scale would select other leads when the serving model is used. So each rank gets the value that the
serving model has at that rank (Kolen and Brennan 2014, chapter 2), over snapshots that no model has learned from:
those whose window has not ended. The order of leads stays that of the out-of-time models, and no label is used.
"""

import numpy as np

__all__ = ["link_equipercentile"]


def link_equipercentile(source: np.ndarray, target: np.ndarray, origin: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Replace each value by the serving model's value at the same rank.

    Parameters
    ----------
    source : ndarray, shape (n,)
        Out-of-time scores, each by the model trained before its origin.
    target : ndarray, shape (m,)
        Scores of other snapshots by the serving model.
    origin : ndarray of int, shape (n,)
        Origin of each snapshot; ranks are within one origin.
    weight : ndarray, shape (n,)
        Weight of each snapshot in the ranks.

    Returns
    -------
    ndarray, shape (n,)
        Equal values stay equal: they share the mean over their ranks.
    """
    ordered = np.sort(target)
    integral = np.concatenate([[0.0], np.cumsum(ordered)])
    moved = np.empty(len(source))
    for number in np.unique(origin):
        rows = origin == number
        _, place = np.unique(source[rows], return_inverse=True)
        ends = np.cumsum(np.bincount(place, weight[rows]))
        ends *= len(ordered) / ends[-1]
        starts = np.concatenate([[0.0], ends[:-1]])
        below, above = (np.interp(ranks, np.arange(len(integral)), integral) for ranks in (starts, ends))
        single = ordered[np.minimum(starts.astype(int), len(ordered) - 1)]
        width = ends - starts
        values = np.divide(above - below, width, out=single.astype(float), where=width > 1e-9)
        moved[rows] = np.maximum.accumulate(values)[place]
    return moved
