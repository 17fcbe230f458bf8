"""Calibration and ranking by segment of the fit attributes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.models.metrics.bootstrap import ClusterBootstrap, percentile_interval
from leadlight.models.metrics.metrics import METRICS

__all__ = ["compute_segment_metrics"]

#: leads that a segment needs
MIN_LEADS = 50
#: segments per attribute, the largest first
MAX_SEGMENTS = 8
SIZES = (1 / 3, 2 / 3)
NOT_KNOWN = "not known"


def compute_segment_metrics(
    p: np.ndarray, won: np.ndarray, leads: np.ndarray, *, frame: pd.DataFrame, catalogue: Catalogue, seed: int
) -> pd.DataFrame:
    """Compare expected and actual wins within each segment of the fit attributes.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Probabilities.
    won : ndarray of int, shape (n,)
        Labels.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    frame : pd.DataFrame, shape (n, features)
        The feature table.
    catalogue : Catalogue
        Its features.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    pd.DataFrame
        attribute, segment, leads, snapshots, wins, expected_wins, actual_over_expected with low and high
        (95 %, by lead; NaN below five wins), auc (NaN without both outcomes).
    """
    rows = []
    for attribute, segment, chosen in _segments(frame, catalogue):
        count = int(pd.Series(leads[chosen]).nunique())
        if count >= MIN_LEADS:
            figures = _figures(p[chosen], won[chosen], leads[chosen], seed)
            rows.append({"attribute": attribute, "segment": segment, "leads": count} | figures)
    return pd.DataFrame(rows)


def _segments(frame: pd.DataFrame, catalogue: Catalogue) -> Iterator[tuple[str, str, np.ndarray]]:
    for feature in catalogue.features:
        if feature.group != "fit" or feature.family == "missing":
            continue
        column = frame[feature.name]
        known = column.notna()
        if feature.kind == "category":
            for level in column[known].value_counts().index[:MAX_SEGMENTS]:
                yield feature.topic, str(level), (column == level).to_numpy()
        elif known.any():
            low, high = column[known].quantile(SIZES)
            parts = {f"up to {low:,.6g}": column <= low, f"above {high:,.6g}": column > high}
            parts[f"{low:,.6g} to {high:,.6g}"] = (column > low) & (column <= high)
            for name, chosen in sorted(parts.items(), key=lambda part: float(column[part[1]].min())):
                yield feature.topic, name, chosen.to_numpy()
        if not known.all():
            yield feature.topic, NOT_KNOWN, (~known).to_numpy()


def _figures(p: np.ndarray, won: np.ndarray, leads: np.ndarray, seed: int) -> dict[str, Any]:
    low, high = (np.nan, np.nan)
    if won.sum() >= 5:
        actual, expected = ClusterBootstrap(leads, seed).resample_sums(np.stack([won, p])).T
        _, low, high = percentile_interval(actual / expected)
    return {
        "snapshots": len(won),
        "wins": int(won.sum()),
        "expected_wins": float(p.sum()),
        "actual_over_expected": float(won.sum() / p.sum()),
        "low": low,
        "high": high,
        "auc": METRICS["auc"](p, won) if len(np.unique(won)) == 2 else np.nan,
    }
