"""The candidate ``blend``: the mean of the logistic model and the better boosted trees, in log-odds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadlight.models.candidates.base import AverageEnsemble, load_model
from leadlight.models.candidates.candidate import (
    Candidate,
    OutOfTimePredictions,
    TrainedCandidate,
    TrainingContext,
    Words,
)
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["BlendCandidate"]


class BlendCandidate(Candidate):
    """The mean of two other candidates, which are fitted once."""

    label = Words(
        en="the mean of the logistic model and boosted trees",
        de="einem logistischen Modell und verstärkten Bäumen zusammen",
    )
    sentence = Words(
        en="Log-odds and contributions are the mean of those of both models.",
        de="Log-Odds und Beiträge sind das Mittel derer beider Modelle.",
    )

    def train(self, context: TrainingContext) -> TrainedCandidate:
        """Take the trees that are better on the folds, and average."""
        metric = context.metric
        trees = {name: context.get_fitted(name) for name in ("additive", "interactions")}
        better = min(trees, key=lambda name: metric.convert_to_loss(trees[name].tuning[metric.name]))
        first, second = context.get_fitted("logistic"), trees[better]
        mean = [(a + b) / 2 for a, b in zip(first.out_of_time, second.out_of_time, strict=True)]
        return TrainedCandidate(
            AverageEnsemble(first.model, second.model),
            {"of": ["logistic", better]},
            out_of_time=OutOfTimePredictions(*mean),
        )

    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> AverageEnsemble:
        """Average the fitted candidates that :meth:`train` chose; they are not fitted anew."""
        first, second = (context.get_fitted(name).model for name in settings["of"])
        return AverageEnsemble(first, second)

    def load(self, folder: Path, description: Mapping[str, Any]) -> AverageEnsemble:
        """Read both models."""
        return AverageEnsemble(load_model(folder / "first"), load_model(folder / "second"))
