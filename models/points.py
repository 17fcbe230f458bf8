"""Today's rule book: criteria and points, the thing that a model has to beat."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.catalogue import Catalogue

__all__ = ["Rule", "total_points"]


@dataclass(frozen=True)
class Rule:
    """One line of the rule book.

    Parameters
    ----------
    topic : str
        Attribute or signal.
    points : float
        Points earned.
    values : tuple of str
        Values of the attribute that earn them; empty for a signal.
    within_days, at_least : int
        Window and number of times, for a signal.
    """

    topic: str
    points: float
    values: tuple[str, ...] = ()
    within_days: int = 90
    at_least: int = 1


def total_points(rules: Iterable[Rule], frame: pd.DataFrame, catalogue: Catalogue) -> np.ndarray:
    """Add up the points of each lead.

    Parameters
    ----------
    rules : iterable of Rule
        The rule book.
    frame : pd.DataFrame, shape (n, features)
        The feature table.
    catalogue : Catalogue
        Its features.

    Returns
    -------
    ndarray, shape (n,)
        Points.
    """
    total = np.zeros(len(frame))
    columns = {(f.topic, f.family): frame[f.name] for f in catalogue.features}
    for rule in rules:
        if rule.values:
            folded = {" ".join(value.split()).lower() for value in rule.values}
            column = columns[rule.topic, "attribute"]
            met = column.isin(folded) if column.dtype.kind not in "if" else column.astype("str").isin(folded)
        else:
            met = columns[rule.topic, f"count_{rule.within_days}d"] >= rule.at_least
        total += rule.points * met.to_numpy(dtype=float)
    return total
