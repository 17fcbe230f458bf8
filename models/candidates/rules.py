"""The existing rule book: criteria and points, the baseline that a model has to beat."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.features.text_normalization import normalize_text

__all__ = ["ResolvedRule", "Rule", "resolve_rules"]


class Rule(NamedTuple):
    """One line of the rule book.

    Parameters
    ----------
    topic : str
        Attribute or signal.
    points : float
        Points earned.
    values : tuple of str
        Values of the attribute that earn them, or values derived from it (level and department of a job
        title, kind of domain of an address). A signal has none.
    within_days, at_least : int
        Window and number of times of a signal.
    """

    topic: str
    points: float
    values: tuple[str, ...] = ()
    within_days: int = 90
    at_least: int = 1


class ResolvedRule(NamedTuple):
    """A rule with the features it uses.

    Parameters
    ----------
    features : tuple of str
        Feature names: all that are derived from the attribute.
    points : float
        Points earned.
    values : tuple of str
        Normalized values that earn them. A signal has none.
    at_least : int
        Number of times of a signal.
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
    """Find the features of the catalogue that each rule uses; a signal that never occurred has none."""
    resolved = []
    for rule in rules:
        features = tuple(
            f.name
            for f in catalogue.features
            if f.topic == rule.topic and (f.display if rule.values else f.is_count(rule.within_days))
        )
        values = tuple(sorted({normalize_text(value) for value in rule.values}))
        resolved.append(ResolvedRule(features, rule.points, values, rule.at_least))
    return tuple(resolved)
