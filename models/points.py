"""Today's rule book: criteria and points, the thing that a model has to beat."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from features.text import folded

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
        Values of the attribute that earn them, or what is read from it (of a job title level and
        department, of an address the kind of domain); empty for a signal.
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
            earning = {folded(value) for value in rule.values}
            told = [
                frame[f.name] for f in catalogue.features if f.topic == rule.topic and f.family != "missing"
            ]
            texts = [column if column.dtype.kind not in "if" else column.astype("str") for column in told]
            met = pd.concat([text.isin(earning) for text in texts], axis=1).any(axis=1)
        else:
            counted = columns.get((rule.topic, f"count_{rule.within_days}d"))
            if counted is None:  # a signal that was never seen has no column of its own
                continue
            met = counted >= rule.at_least
        total += rule.points * met.to_numpy(dtype=float)
    return total
