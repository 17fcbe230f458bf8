"""Curves behind the pictures: ROC, precision-recall, reliability, gains."""

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_curve

from models.evaluation import bands

__all__ = ["curves"]

POINTS = 200


def curves(p: np.ndarray, won: np.ndarray) -> dict[str, pd.DataFrame]:
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
        ``reliability`` (expected, actual, snapshots: rates in ten bands) and ``gains`` (share of leads,
        share of wins), each of at most 200 rows.
    """
    false_positive, true_positive, _ = roc_curve(won, p)
    precision, recall, _ = precision_recall_curve(won, p)
    order = np.argsort(-p, kind="stable")
    contacted = np.arange(1, len(p) + 1) / len(p)
    found = np.cumsum(won[order]) / won.sum()
    rates = pd.DataFrame(bands(p, won))
    rates[["expected", "actual"]] = rates[["expected", "actual"]].div(rates["snapshots"], axis=0)
    return {
        "roc": _thin(false_positive_rate=false_positive, true_positive_rate=true_positive),
        "precision_recall": _thin(recall=recall[::-1], precision=precision[::-1]),
        "reliability": rates[["expected", "actual", "snapshots"]],
        "gains": _thin(share_of_leads=np.append(0.0, contacted), share_of_wins=np.append(0.0, found)),
    }


def _thin(**columns: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    keep = np.unique(np.linspace(0, len(frame) - 1, POINTS).round().astype(int))
    return frame.iloc[keep].round(6).reset_index(drop=True)
