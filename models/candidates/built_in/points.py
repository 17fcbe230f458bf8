"""The candidate ``points``: the rule book, with base and unit fitted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadlight.models.candidates.candidate import Candidate, TrainingContext, Words
from leadlight.models.candidates.rules_model import RulesModel
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["PointsCandidate"]


class PointsCandidate(Candidate):
    """The rule book of params, if there is one."""

    label = Words(en="the rule book", de="dem Punktekatalog")
    sentence = Words(
        en="Each rule adds its points, times one fitted unit.",
        de="Jede Regel zählt ihre Punkte, mal einer angepassten Einheit.",
    )

    def is_available(self, context: TrainingContext) -> bool:
        """Return whether there is a rule book."""
        return bool(context.rules)

    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> RulesModel:
        """Fit base and unit; see :meth:`.RulesModel.fit`."""
        return RulesModel.fit(data, context.catalogue, context.rules)

    def load(self, folder: Path, description: Mapping[str, Any]) -> RulesModel:
        """Read a saved rule book."""
        return RulesModel.read(description)
