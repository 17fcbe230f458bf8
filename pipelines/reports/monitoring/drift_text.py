"""Text of the largest change of a feature: its median, a bin, a level, or missing values."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from leadlight.models.metrics.drift import smooth_proportions
from leadlight.pipelines.reporting.formatting import NBSP, format_percent_brief, format_significant

__all__ = ["describe_category_drift", "describe_numeric_drift"]

ARROW = " → "


def describe_category_drift(
    entry: Mapping[str, Any], before: np.ndarray, now: np.ndarray, values: pd.Series, spellings: Mapping[str, str]
) -> str:
    """Describe the level with the largest change; a dominant rare level by its name.

    Parameters
    ----------
    entry : mapping
        Levels as the reference has them.
    before, now : ndarray of int, shape (levels + 2,)
        Leads in each level, in others, not known.
    values : pd.Series of str
        Values of now.
    spellings : mapping
        Folded text -> the spelling to show.
    """
    pooled = values[~values.isin(entry["levels"])].dropna().value_counts()
    if _most(before, now) == len(entry["levels"]) and len(pooled) and pooled.iloc[0] > 0.5 * pooled.sum():
        level, share = str(pooled.index[0]), pooled.iloc[0] / max(1, now.sum())
        return f"{spellings.get(level, level)} under 1{NBSP}%{ARROW}{format_percent_brief(float(share))}"
    names = [spellings.get(level, level) for level in entry["levels"]] + ["other values", "not known"]
    return _share_moved(names, before, now)


def describe_numeric_drift(
    entry: Mapping[str, Any], before: np.ndarray, now: np.ndarray, values: pd.Series, unknown: str = "not known"
) -> str:
    """Describe the change of the median, or of the bin with the largest change.

    Parameters
    ----------
    entry : mapping
        Edges and median as the reference has them.
    before, now : ndarray of int, shape (edges + 2,)
        Leads in each bin, and with missing values.
    values : pd.Series of float
        Values of now.
    unknown : str
        Label of missing values.
    """
    known = values.dropna()
    if _most(before, now) < len(before) - 1 and len(known) and entry["median"] is not None:
        medians = format_significant(entry["median"]), format_significant(float(known.median()))
        if medians[0] != medians[1]:
            return f"median {ARROW.join(medians)}"
    return _share_moved([*_ranges(entry["edges"]), unknown], before, now)


def _share_moved(names: list[str], before: np.ndarray, now: np.ndarray) -> str:
    if np.array_equal(before * now.sum(), now * before.sum()):
        return "the same"
    place = _most(before, now)
    shares = (format_percent_brief(float(c[place] / max(1, c.sum()))) for c in (before, now))
    return f"{names[place]} {ARROW.join(shares)}"


def _most(before: np.ndarray, now: np.ndarray) -> int:
    p, q = smooth_proportions(before), smooth_proportions(now)
    return int(np.argmax((q - p) * np.log(q / p)))


def _ranges(edges: list[float]) -> list[str]:
    """Name half-open bins; one whose lower end is the float before its upper end holds a single value.

    So the bin before it ends below that value.
    """
    if not edges:
        return ["known"]
    names = []
    for low, high in zip([-np.inf, *edges], [*edges, np.inf], strict=True):
        if np.nextafter(high, -np.inf) == low:
            names.append(f"exactly {format_significant(high)}")
        elif np.isinf(low):
            end = _end(high, edges)
            names.append(f"up to {format_significant(high)}" if end == high else f"below {format_significant(end)}")
        elif np.isinf(high):
            names.append(f"above {format_significant(low)}")
        else:
            names.append(f"{format_significant(low)} to {format_significant(_end(high, edges))}")
    return names


def _end(high: float, edges: list[float]) -> float:
    """Return the exclusive upper end of a bin if the next float is an edge."""
    after = float(np.nextafter(high, np.inf))
    return after if after in edges else high
