"""Rolling-origin folds: training rows known at a past time, and test rows after it."""

from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["Fold", "split_newest_quarter"]

#: share of the newest snapshots that is the test side by default
NEWEST = 0.25


class Fold(NamedTuple):
    """One rolling origin: training rows before it and test rows after it.

    Parameters
    ----------
    train : ndarray of int
        Rows before it, with a gap as long as the horizon. A row may occur twice.
    test : ndarray of int
        Rows after it, none of a lead in `train`.
    """

    train: np.ndarray
    test: np.ndarray


def split_newest_quarter(won: np.ndarray, leads: pd.Series) -> Fold:
    """Split off the newest snapshots as the test side, with no lead on both sides.

    Parameters
    ----------
    won : ndarray of int, shape (n,)
        Labels, in time order.
    leads : pd.Series, shape (n,)
        Lead of each snapshot.
    """
    rows = np.arange(len(won))
    later = rows >= int(len(won) * (1 - NEWEST))
    earlier = ~leads.isin(leads[later]).to_numpy()
    if len(set(won[earlier])) < 2:  # nearly every lead is still open in the newest part
        earlier = ~later
    return Fold(rows[earlier], rows[later])
