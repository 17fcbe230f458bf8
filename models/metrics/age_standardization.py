"""Weights matching past snapshots to the age mix of current leads (direct standardization).

How many leads reach a threshold, and how often they win there, depends on how long they have been known.
Outcomes are known only for a past window, and the age mix has changed since. Ages need no outcome, so rates
at a threshold are computed for the ages of the newest leads.
"""

import numpy as np

__all__ = ["compute_standardization_weights"]

#: age bands of equal size among the newest leads
BANDS = 10
#: earlier snapshots that each age band needs
MIN_SNAPSHOTS = 20
#: largest share of newer snapshots that may be older than nearly all earlier ones
MAX_OLDER = 0.25


def compute_standardization_weights(ages: np.ndarray, newest: np.ndarray) -> np.ndarray:
    """Weight snapshots so that ages have the same shares as among newer ones.

    Parameters
    ----------
    ages : ndarray, shape (n,)
        Age of each lead in days.
    newest : ndarray, shape (m,)
        Ages of the newer snapshots; may be empty.

    Returns
    -------
    ndarray, shape (n,)
        With a mean of 1; 0 for leads younger or older than all newer ones. Newer leads that are older than all but
        20 earlier ones count as so old, unless they are more than a quarter. All are 1 without newer snapshots, with
        an unknown age, or with fewer than 20 earlier snapshots in a band.
    """
    equal = np.ones(len(ages))
    if not len(newest) or len(ages) < MIN_SNAPSHOTS or np.isnan(ages).any() or np.isnan(newest).any():
        return equal
    oldest = np.sort(ages)[-MIN_SNAPSHOTS]
    if 0 < (newest > oldest).mean() <= MAX_OLDER:
        ages, newest = np.minimum(ages, oldest), np.minimum(newest, oldest)
    edges = np.unique(np.quantile(newest, np.arange(1, BANDS + 1) / BANDS))
    band, newest_band = (np.searchsorted(edges, days) for days in (ages, newest))
    band[ages < newest.min()] = len(edges)  # with those beyond the last edge: ages no newer lead has
    before, after = (np.bincount(b, minlength=len(edges) + 1) for b in (band, newest_band))
    if ((before < MIN_SNAPSHOTS) & (after > 0)).any():
        return equal
    ratio = np.divide(after / len(newest), before / len(ages), out=np.zeros(len(before)), where=before > 0)
    return np.asarray(ratio[band])
