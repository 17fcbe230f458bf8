"""AUC expected of calibrated probabilities before any outcome is known (Białek and others 2024, arXiv:2401.08348)."""

import numpy as np

__all__ = ["estimate_expected_auc"]


def estimate_expected_auc(p: np.ndarray) -> float:
    """Return E[pairs in the right order] / E[pairs of a win and another lead], ties counting half.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Calibrated probabilities.

    Returns
    -------
    float
        NaN without any such pair.
    """
    ordered, counts = np.unique(p, return_counts=True)
    wins, others = ordered * counts, (1 - ordered) * counts
    others_below = np.concatenate([[0.0], np.cumsum(others)[:-1]])
    # within a group of equal chances every pair is a tie; a lead is never paired with itself
    tied = ordered * (1 - ordered) * counts * (counts - 1)
    right = float((wins * others_below).sum() + 0.5 * tied.sum())
    pairs = float(wins.sum() * others.sum() - (p * (1 - p)).sum())
    return right / pairs if pairs > 1e-12 else float("nan")
