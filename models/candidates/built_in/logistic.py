"""The candidate ``logistic``: a penalized additive logistic regression, its penalty chosen on the folds."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from leadlight.models.candidates.base import margins
from leadlight.models.candidates.candidate import Candidate, TrainedCandidate, TrainingContext, TuningTrial, Words
from leadlight.models.candidates.logistic import AdditiveLogisticModel
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["PENALTIES", "LogisticCandidate"]

#: strongest first: each fit starts from the last
PENALTIES = (400.0, 100.0, 25.0, 5.0, 1.0)


class LogisticCandidate(Candidate):
    """The logistic model; its regularization path is fitted once for tuning and for the folds."""

    label = Words(en="a logistic model", de="einem logistischen Modell")
    sentence = Words(
        en="Each feature adds log-odds by a curve of its own.",
        de="Jedes Merkmal trägt Log-Odds nach einer eigenen Kurve bei.",
    )

    def train(self, context: TrainingContext) -> TrainedCandidate:
        """Choose the penalty by the metric on the folds, from strong to weak while it improves."""
        window, metric = context.window, context.metric
        folds = window.get_folds()
        paths = [_fit_path(window.take(fold.train), context, PENALTIES) for fold in folds]
        tests = [window.take(fold.test) for fold in folds]
        won = np.concatenate([test.won for test in tests])
        best: dict[str, Any] = {metric.name: metric.convert_to_loss(np.inf)}
        fold_models: list[AdditiveLogisticModel] = []
        trials = []
        for penalty, models in zip(PENALTIES, zip(*paths, strict=True), strict=True):
            log_odds = np.concatenate([margins(m, test.frame) for m, test in zip(models, tests, strict=True)])
            value = metric.calculate(log_odds, won)
            trials.append(TuningTrial({"penalty": penalty}, value))
            if metric.convert_to_loss(value) > metric.convert_to_loss(best[metric.name]):
                break  # the losses of a path have one minimum
            best, fold_models = {"penalty": penalty, metric.name: value}, list(models)
        return TrainedCandidate(self.fit(window, context, best), best, fold_models, trials=trials)

    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> AdditiveLogisticModel:
        """Fit with one penalty."""
        (model,) = _fit_path(data, context, [settings["penalty"]])
        return model

    def load(self, folder: Path, description: Mapping[str, Any]) -> AdditiveLogisticModel:
        """Read a saved model."""
        return AdditiveLogisticModel.from_dict(description["model"])


def _fit_path(
    part: TrainingData, context: TrainingContext, penalties: Iterable[float]
) -> Iterator[AdditiveLogisticModel]:
    return AdditiveLogisticModel.fit_regularization_path(
        part.frame, part.won, part.leads, context.catalogue,
        penalties=penalties, min_category_leads=context.settings.min_category_leads,
    )  # fmt: skip
