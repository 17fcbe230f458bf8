"""Rolling origins: moments of the past at which a model could have been trained, and what came after them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Fold", "split_newest_quarter"]

#: share of a window that is judged where nobody says what to judge: its newest snapshots
NEWEST = 0.25


@dataclass(frozen=True)
class Fold:
    """One moment: what could be learned from then, and what was judged afterwards.

    Parameters
    ----------
    train : ndarray of int
        Rows known before, by a gap as long as the horizon. A row may stand twice.
    test : ndarray of int
        Rows that are judged. No lead of these is among the earlier ones.
    """

    train: np.ndarray
    test: np.ndarray


def split_newest_quarter(won: np.ndarray, leads: pd.Series) -> Fold:
    """Judge the newest snapshots of a window by the older ones, with no lead in both.

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
