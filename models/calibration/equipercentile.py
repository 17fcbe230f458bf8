"""What earlier models said, told on the scale of the model that serves.

Out of time each snapshot was judged by a model that had learned from less: its zero lies elsewhere, for its
base of leads was another, and its strengths lie closer together or further apart. Cuts and thresholds found
on that scale would put other leads above them than those they were found for. Over the same snapshots each
place in the order is therefore given the value that the serving model has there (equipercentile linking;
Kolen and Brennan 2014, chapter 2). The order, and who won in it, stay those of the models that knew no
outcome; no label is looked at.
"""

import numpy as np

__all__ = ["link_equipercentile"]


def link_equipercentile(source: np.ndarray, target: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Give each value the one that stands at its place among those of the serving model.

    Parameters
    ----------
    source : ndarray, shape (n,)
        Out of time, each by the model trained before its origin.
    target : ndarray, shape (n,)
        Of the same snapshots, by the model that serves.
    origin : ndarray of int, shape (n,)
        Which origin each snapshot was judged by; places are those among the snapshots of one origin.

    Returns
    -------
    ndarray, shape (n,)
        Equal values stay equal: they share the mean of their places.
    """
    moved = np.empty(len(source))
    for one in np.unique(origin):
        own = origin == one
        _, place, count = np.unique(source[own], return_inverse=True, return_counts=True)
        starts = np.cumsum(count) - count
        moved[own] = (np.add.reduceat(np.sort(target[own]), starts) / count)[place]
    return moved
