"""Metrics of probabilities against outcomes."""

from collections.abc import Callable

import numpy as np
from scipy.special import logit
from sklearn.metrics import average_precision_score, roc_auc_score

from leadlight.models.calibration.parametric import calculate_log_losses
from leadlight.models.calibration.penalized_logistic import maximize_penalized_likelihood

__all__ = [
    "METRICS",
    "POINTWISE_METRICS",
    "bin_calibration",
    "calculate_ece",
    "calculate_lift",
    "calculate_top_capture",
    "compute_metrics",
    "fit_calibration_line",
    "order_by_probability",
    "round_for_ranking",
]

BANDS = 10
#: decimals of a probability that decide a rank: sums of floats differ beyond them from one processor to another
RANK_DECIMALS = 12


#: loss of each row, shape (n,), whose mean is the metric; log loss in nats
POINTWISE_METRICS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "log_loss": lambda p, won: calculate_log_losses(logit(np.clip(p, 1e-12, 1 - 1e-12)), won),
    "brier": lambda p, won: (p - won) ** 2,
}


def bin_calibration(p: np.ndarray, won: np.ndarray, count: int = BANDS) -> list[dict[str, float]]:
    """Compare expected and actual wins in bins of equal size.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Probabilities.
    won : ndarray of int, shape (n,)
        Labels.
    count : int
        Number of bins.

    Returns
    -------
    list of dict
        snapshots, expected, actual (wins) of each band, lowest probabilities first.
    """
    parts = np.array_split(order_by_probability(p), count)
    return [
        {"snapshots": len(part), "expected": float(p[part].sum()), "actual": int(won[part].sum())}
        for part in parts
        if len(part)
    ]


def order_by_probability(p: np.ndarray) -> np.ndarray:
    """Return row numbers, the lowest probability first; ties keep their order."""
    return np.argsort(round_for_ranking(p), kind="stable")


def round_for_ranking(p: np.ndarray) -> np.ndarray:
    """Make probabilities equal that differ by rounding errors alone, such as equal sums of points."""
    return np.round(p, RANK_DECIMALS)


def calculate_ece(p: np.ndarray, won: np.ndarray) -> float:
    """Return the expected calibration error over ten bins of equal size (Naeini and others 2015)."""
    return float(sum(abs(b["expected"] - b["actual"]) for b in bin_calibration(p, won)) / len(p))


def calculate_lift(p: np.ndarray, won: np.ndarray, share: float = 0.1) -> float:
    """Return the win rate of the top share over that of all; ties at the border count in part."""
    return float(won @ _weigh_top_fraction(p, share) / won.mean())


def calculate_top_capture(p: np.ndarray, won: np.ndarray, share: float = 0.1) -> float:
    """Return the share of all wins that the top share of rows holds; ties at the border count in part."""
    return float(won @ _weigh_top_fraction(p, share) * max(1, round(len(p) * share)) / won.sum())


def _weigh_top_fraction(p: np.ndarray, share: float = 0.1) -> np.ndarray:
    """Return the weight of each row in a mean over the top share, shape (n,); they add up to 1."""
    p = round_for_ranking(p)
    top = max(1, round(len(p) * share))
    border = np.partition(p, len(p) - top)[len(p) - top]
    above, tied = p > border, p == border
    return np.asarray((above + tied * (top - above.sum()) / tied.sum()) / top)


METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "auc": lambda p, won: float(roc_auc_score(won, round_for_ranking(p))),
    "average_precision": lambda p, won: float(average_precision_score(won, round_for_ranking(p))),
    "log_loss": lambda p, won: float(POINTWISE_METRICS["log_loss"](p, won).mean()),
    "brier": lambda p, won: float(POINTWISE_METRICS["brier"](p, won).mean()),
    "ece": calculate_ece,
    "lift_at_10_percent": calculate_lift,
}


def compute_metrics(p: np.ndarray, won: np.ndarray) -> dict[str, float]:
    """Return every figure of :data:`METRICS`; arrays of shape (n,)."""
    return {name: figure(p, won) for name, figure in METRICS.items()}


def fit_calibration_line(p: np.ndarray, won: np.ndarray) -> tuple[float, float]:
    """Fit outcome ~ intercept + slope * log-odds (Cox 1958); (1, 0) is perfect.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Probabilities.
    won : ndarray of int, shape (n,)
        Labels.

    Returns
    -------
    slope, intercept : float
        By maximum likelihood.
    """
    design = np.column_stack([logit(np.clip(p, 1e-9, 1 - 1e-9)), np.ones(len(p))])
    bound, ridge = np.full(2, np.inf), 1e-9 * np.eye(2)  # the ridge is for a constant, which has no slope
    beta = maximize_penalized_likelihood(
        design, won, penalty=ridge, lower=-bound, upper=bound, start=np.array([1.0, 0.0])
    )
    return float(beta[0]), float(beta[1])
