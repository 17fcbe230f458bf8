"""Curves behind the pictures: ROC, precision-recall, reliability, gains."""

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_curve

from leadlight.models.metrics.metrics import bin_calibration

__all__ = ["compute_curves"]

POINTS = 200


def compute_curves(p: np.ndarray, won: np.ndarray) -> dict[str, pd.DataFrame]:
    """Compute the four curves.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Probabilities.
    won : ndarray of int, shape (n,)
        Labels.

    Returns
    -------
    dict of str to pd.DataFrame
        ``roc`` (false_positive_rate, true_positive_rate), ``precision_recall`` (recall, precision),
        ``reliability`` (expected, actual, snapshots: rates in ten bins) and ``gains`` (share of leads,
        share of wins), each of about 200 rows.
    """
    false_positive, true_positive, _ = roc_curve(won, p)
    # scikit-learn closes its curve with a point (recall 0, precision 1) that no threshold gives: left out
    precision, recall, _ = precision_recall_curve(won, p)
    order = np.argsort(-p, kind="stable")
    contacted = np.arange(1, len(p) + 1) / len(p)
    found = np.cumsum(won[order]) / won.sum()
    rates = pd.DataFrame(bin_calibration(p, won))
    rates[["expected", "actual"]] = rates[["expected", "actual"]].div(rates["snapshots"], axis=0)
    return {
        "roc": _thin(false_positive_rate=false_positive, true_positive_rate=true_positive),
        "precision_recall": _thin(recall=recall[-2::-1], precision=precision[-2::-1]),
        "reliability": rates[["expected", "actual", "snapshots"]],
        "gains": _thin(share_of_leads=np.append(0.0, contacted), share_of_wins=np.append(0.0, found)),
    }


def _thin(**columns: np.ndarray) -> pd.DataFrame:
    """Keep rows evenly spaced along the first column, which rises, with both ends."""
    frame = pd.DataFrame(columns)
    x = frame.iloc[:, 0].to_numpy()
    keep = np.searchsorted(x, np.linspace(x[0], x[-1], POINTS))
    return frame.iloc[np.unique([0, *keep, len(frame) - 1])].round(6).reset_index(drop=True)
