"""Today's rule book: criteria and points, the thing that a model has to beat."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.features.text_normalization import normalize_text

__all__ = ["ResolvedRule", "Rule", "resolve_rules", "total_points"]


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


@dataclass(frozen=True)
class ResolvedRule:
    """A rule with the features that it looks at.

    Parameters
    ----------
    features : tuple of str
        Feature names: of an attribute all that is read from it.
    points : float
        Points earned.
    values : tuple of str
        Values that earn them, folded; empty for a signal.
    at_least : int
        Number of times, for a signal.
    """

    features: tuple[str, ...]
    points: float
    values: tuple[str, ...]
    at_least: int

    def evaluate(self, frame: pd.DataFrame) -> dict[str, np.ndarray]:
        """Return the points that each feature earns, arrays of shape (n,).

        Where several features of an attribute meet the rule, the first one earns: points count once.
        """
        earned, open_still = {}, np.ones(len(frame), dtype=bool)
        for name in self.features:
            column = frame[name]
            if self.values:
                text = column if column.dtype.kind not in "if" else column.astype("str")
                met = text.isin(self.values).to_numpy()
            else:
                met = (column >= self.at_least).to_numpy()
            earned[name] = self.points * (met & open_still)
            open_still &= ~met
        return earned


def resolve_rules(rules: Iterable[Rule], catalogue: Catalogue) -> tuple[ResolvedRule, ...]:
    """Find the features that each rule looks at; a signal that was never seen has none.

    Parameters
    ----------
    rules : iterable of Rule
        The rule book.
    catalogue : Catalogue
        Features in order.
    """
    resolved = []
    for rule in rules:
        family = None if rule.values else f"count_{rule.within_days}d"
        features = tuple(
            f.name
            for f in catalogue.features
            if f.topic == rule.topic and (f.family != "missing" if family is None else f.family == family)
        )
        values = tuple(sorted({normalize_text(value) for value in rule.values}))
        resolved.append(ResolvedRule(features, rule.points, values, rule.at_least))
    return tuple(resolved)


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
    for rule in resolve_rules(rules, catalogue):
        for earned in rule.evaluate(frame).values():
            total += earned
    return total
