"""The candidate ``logistic``: a penalized additive logistic regression, its penalty chosen on the folds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from leadlight.models.candidates.base import margins
from leadlight.models.candidates.candidate import Candidate, TrainingContext, TunedSettings, TuningTrial, Words
from leadlight.models.candidates.logistic import AdditiveLogisticModel
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["PENALTIES", "LogisticCandidate"]

#: strongest first: each fit starts from the last
PENALTIES = (100.0, 25.0, 5.0)


class LogisticCandidate(Candidate):
    """The logistic model; its regularization path is fitted on the newest fold."""

    label = Words(en="a logistic model", de="einem logistischen Modell")
    sentence = Words(
        en="Each feature adds log-odds by a curve of its own.",
        de="Jedes Merkmal trägt Log-Odds nach einer eigenen Kurve bei.",
    )

    def tune(self, context: TrainingContext) -> TunedSettings:
        """Choose the penalty by the metric on the newest fold, which has most to learn from."""
        window, metric = context.window, context.metric
        fold = window.get_folds()[-1]
        part, test = window.take(fold.train), window.take(fold.test)
        path = AdditiveLogisticModel.fit_regularization_path(
            part, context.catalogue, penalties=PENALTIES, min_category_leads=context.settings.min_category_leads
        )
        values = [metric.calculate(margins(model, test.frame), test.won) for model in path]
        trials = [TuningTrial({"penalty": p}, value) for p, value in zip(PENALTIES, values, strict=True)]
        best = int(np.argmin([metric.convert_to_loss(value) for value in values]))
        return TunedSettings({"penalty": PENALTIES[best]}, trials)

    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> AdditiveLogisticModel:
        """Fit with one penalty."""
        fewest = context.settings.min_category_leads
        (model,) = AdditiveLogisticModel.fit_regularization_path(
            data, context.catalogue, penalties=[settings["penalty"]], min_category_leads=fewest
        )
        return model

    def load(self, folder: Path, description: Mapping[str, Any]) -> AdditiveLogisticModel:
        """Read a saved model."""
        return AdditiveLogisticModel.read(description)
