"""Error of predictions against the true probabilities of a simulation."""

import numpy as np
from scipy.special import entr, xlogy

__all__ = ["measure_regret_to_oracle"]


def measure_regret_to_oracle(p: np.ndarray, q: np.ndarray) -> dict[str, float]:
    """Compare predicted with true probabilities, without sampling error of outcomes.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Predicted probabilities.
    q : ndarray, shape (n,)
        True probabilities.

    Returns
    -------
    dict
        ``expected_log_loss`` of the prediction and ``true_log_loss`` of the truth itself (nats),
        ``regret`` = (L - L_true) / (L_base - L_true) with the best constant as base, and
        ``mean_absolute_error``.
    """
    clipped = np.clip(p, 1e-12, 1 - 1e-12)
    expected = float(-(xlogy(q, clipped) + xlogy(1 - q, 1 - clipped)).mean())
    least = float((entr(q) + entr(1 - q)).mean())
    base = float(entr(q.mean()) + entr(1 - q.mean()))
    return {
        "expected_log_loss": expected,
        "true_log_loss": least,
        "regret": (expected - least) / (base - least),
        "mean_absolute_error": float(np.abs(p - q).mean()),
    }
