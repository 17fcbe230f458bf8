"""The rule book as a model: each rule adds its points to the log-odds, times one unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.models.calibration.parametric import fit_platt
from leadlight.models.candidates.rules import ResolvedRule, Rule, resolve_rules
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["RulesModel"]


@dataclass(frozen=True)
class RulesModel:
    """Points of the rule book as log-odds.

    Parameters
    ----------
    features : tuple of str
        Feature names in order.
    rules : tuple of ResolvedRule
        Features and points.
    base : float
        Log-odds of a lead without points.
    log_odds_per_point : float
        Log-odds per point, above zero.
    """

    kind: ClassVar[str] = "points"
    features: tuple[str, ...]
    rules: tuple[ResolvedRule, ...]
    base: float
    log_odds_per_point: float

    @classmethod
    def fit(cls, data: TrainingData, catalogue: Catalogue, rules: tuple[Rule, ...]) -> "RulesModel":
        """Fit base and unit by maximum likelihood; the points stay as they are.

        Parameters
        ----------
        data : TrainingData
            Training snapshots, with and without a win.
        catalogue : Catalogue
            Features in order.
        rules : tuple of Rule
            The rule book.
        """
        plain = cls(tuple(catalogue.names), resolve_rules(rules, catalogue), 0.0, 1.0)
        total = plain.explain_log_odds(data.frame)[1].sum(axis=1)
        scale = max(float(total.std()), 1e-9)
        platt = fit_platt(total / scale, data.won, offset=data.offset)
        return cls(plain.features, plain.rules, platt.c, platt.a / scale)

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the same as :meth:`explain_log_odds`, which is exact."""
        return self.explain_log_odds(frame)

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the base and what each feature adds to it, in log-odds; shape (n, features)."""
        parts = np.zeros((len(frame), len(self.features)))
        places = {name: place for place, name in enumerate(self.features)}
        for rule in self.rules:
            for name, earned in rule.evaluate(frame).items():
                parts[:, places[name]] += self.log_odds_per_point * earned
        return self.base, parts

    def save(self, folder: Path) -> dict[str, Any]:
        """Return plain data for JSON; there are no further files."""
        return {
            "features": list(self.features),
            "rules": [rule._asdict() for rule in self.rules],
            "base": self.base,
            "unit": self.log_odds_per_point,
        }

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> "RulesModel":
        """Read what :meth:`save` returned."""
        rules = tuple(
            ResolvedRule(tuple(r["features"]), r["points"], tuple(r["values"]), r["at_least"]) for r in content["rules"]
        )
        return cls(tuple(content["features"]), rules, content["base"], content["unit"])
