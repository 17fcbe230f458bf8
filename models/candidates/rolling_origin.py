"""Rolling-origin folds: training rows known at a past time, and test rows after it."""

from typing import NamedTuple

import numpy as np

__all__ = ["Fold", "split_newest_quarter"]

#: share of the newest snapshots that is the test side by default
NEWEST = 0.25


class Fold(NamedTuple):
    """One rolling origin: training rows before it and test rows after it.

    Parameters
    ----------
    train : ndarray of int
        Rows before it, with a gap as long as the horizon.
    test : ndarray of int
        Rows after it.
    """

    train: np.ndarray
    test: np.ndarray


def split_newest_quarter(count: int) -> Fold:
    """Split off the newest of so many snapshots in time order as the test side."""
    rows = np.arange(count)
    later = rows >= int(count * (1 - NEWEST))
    return Fold(rows[~later], rows[later])
