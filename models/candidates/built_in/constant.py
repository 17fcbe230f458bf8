"""The candidate ``constant``: the base rate, which every other candidate has to beat."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadlight.models.calibration.parametric import solve_intercept
from leadlight.models.candidates.candidate import Candidate, TrainingContext, Words
from leadlight.models.candidates.constant import ConstantModel
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["ConstantCandidate"]


class ConstantCandidate(Candidate):
    """The base rate of the training snapshots."""

    label = Words(en="the base rate alone", de="der Grundquote allein")
    sentence = Words(
        en="Every lead has the same chance: nothing predicts better out of time.",
        de="Jeder Lead hat dieselbe Chance: nichts sagt später besser vorher.",
    )

    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> ConstantModel:
        """Fit the level."""
        return ConstantModel(tuple(context.catalogue.names), solve_intercept(data.get_offset(), data.won))

    def load(self, folder: Path, description: Mapping[str, Any]) -> ConstantModel:
        """Read a saved model."""
        return ConstantModel(tuple(description["features"]), description["base"])
