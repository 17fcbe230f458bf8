"""Earlier snapshots counted so that leads are as old as those whose outcome nobody knows yet.

How many leads reach a threshold, and how often they win there, depends on how long they have been known: a
new one is warm, one of last year is cold. Outcomes are known of a window that has ended, and since then the
base has grown older, or younger. Ages need no outcome: those of the newest leads are known when a threshold
is chosen, and what it promises is told at them (direct standardisation).
"""

import numpy as np

__all__ = ["compute_standardization_weights"]

#: parts of equal size that the newest leads are cut into by age
BANDS = 10
#: earlier snapshots without which an age says nothing of what leads of that age do
MIN_SNAPSHOTS = 20


def compute_standardization_weights(ages: np.ndarray, newest: np.ndarray) -> np.ndarray:
    """Weigh snapshots so that ages have the shares that they have among newer ones.

    Parameters
    ----------
    ages : ndarray, shape (n,)
        Days that each lead had been known for.
    newest : ndarray, shape (m,)
        The same of the newer snapshots; may be empty.

    Returns
    -------
    ndarray, shape (n,)
        With a mean of 1; 0 of leads younger or older than all newer ones. All are 1 where there is nothing to
        weigh by: no newer snapshots, an age not known, or fewer than 20 earlier ones of an age that a tenth
        of the newer ones have.
    """
    alike = np.ones(len(ages))
    if not len(newest) or np.isnan(ages).any() or np.isnan(newest).any():
        return alike
    edges = np.unique(np.quantile(newest, np.arange(1, BANDS + 1) / BANDS))
    own, theirs = (np.searchsorted(edges, days) for days in (ages, newest))
    own[ages < newest.min()] = len(edges)  # with those beyond the last edge: of an age that nobody has now
    before, after = (np.bincount(band, minlength=len(edges) + 1) for band in (own, theirs))
    if ((before < MIN_SNAPSHOTS) & (after > 0)).any():
        return alike
    ratio = np.divide(after / len(newest), before / len(ages), out=np.zeros(len(before)), where=before > 0)
    return np.asarray(ratio[own])
