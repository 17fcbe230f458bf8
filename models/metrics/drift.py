"""How far a population has moved from a reference, and how much of that is chance."""

import numpy as np
from scipy.stats import chi2

__all__ = ["calculate_expected_psi", "calculate_psi", "calculate_psi_p_value", "smooth_proportions"]


def smooth_proportions(counts: np.ndarray) -> np.ndarray:
    """Return shares of leads in bins, all above zero: half a lead is added to each bin (Jeffreys' prior)."""
    return np.asarray((counts + 0.5) / (counts.sum() + 0.5 * len(counts)))


def calculate_psi(before: np.ndarray, now: np.ndarray) -> float:
    """Return the population stability index, sum (q - p) ln(q / p).

    Siddiqi (2006), Credit Risk Scorecards, takes less than 0.1 for no change and more than 0.25 for a
    great one. It is the symmetric divergence of Kullback and Leibler (1951).

    Parameters
    ----------
    before, now : ndarray, shape (bins,)
        Shares of the same bins, all above zero.

    Returns
    -------
    float
        At least 0; 0 only where all shares are equal.
    """
    return max(0.0, float(np.sum((now - before) * np.log(now / before))))


def calculate_expected_psi(bins: int, leads_before: float, leads_now: float) -> float:
    """Return the index that chance alone gives: (bins - 1) (1/n + 1/m).

    Yurdakul (2018), Statistical Properties of Population Stability Index, Western Michigan University: of
    two samples of one population the index is about (1/n + 1/m) times a chi-square of bins - 1 degrees of
    freedom.
    """
    return (bins - 1) * (1 / leads_before + 1 / leads_now)


def calculate_psi_p_value(index: float, bins: int, leads_before: float, leads_now: float) -> float:
    """Return the p-value of an index under no drift; see :func:`calculate_expected_psi`."""
    if bins < 2:
        return 1.0
    return float(chi2.sf(index / (1 / leads_before + 1 / leads_now), bins - 1))
