"""Fit all candidates, each with its out-of-time predictions."""

from collections.abc import Callable, Sequence

import numpy as np

from leadlight.features.catalogue import Catalogue
from leadlight.models.candidates.base import AdditiveModel
from leadlight.models.candidates.candidate import FittedCandidate, OutOfTimePredictions, TrainingContext, TuningTrial
from leadlight.models.candidates.registry import find_candidate
from leadlight.models.candidates.rules import Rule
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.metrics.selection_metric import SELECTION_METRICS
from leadlight.models.scoring.grades import sum_group_log_odds
from leadlight.models.training.tuning import build_search

__all__ = ["FittedCandidate", "OutOfTimePredictions", "TrainingData", "TrainingSettings", "fit_candidates"]


def fit_candidates(
    window: TrainingData,
    catalogue: Catalogue,
    settings: TrainingSettings,
    rules: tuple[Rule, ...] = (),
    on_fitted: Callable[[str], None] = lambda name: None,
) -> dict[str, FittedCandidate]:
    """Tune, judge and fit the chosen candidates.

    Parameters
    ----------
    window : TrainingData
        All training data.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        How to train.
    rules : tuple of Rule
        The rule book; without one there is no candidate ``points``.
    on_fitted : callable
        Called with the name of each candidate when it is fitted.

    Returns
    -------
    dict of str to FittedCandidate
        In the order of ``settings.candidates``: simplest first.

    Raises
    ------
    ParamsError
        If a candidate is not known, cannot be imported or could not be saved; before anything is fitted.
    """
    candidates = {name: find_candidate(name) for name in settings.candidates}
    fitted: dict[str, FittedCandidate] = {}

    def get_fitted(name: str) -> FittedCandidate:
        if name not in fitted:
            trials: list[TuningTrial] = []
            search = build_search(settings, metric, trials.append)
            trained = (candidates.get(name) or find_candidate(name)).train(context._replace(search=search))
            predictions = trained.out_of_time or _predict_folds(trained.fold_models, window, catalogue)
            fitted[name] = FittedCandidate(trained.model, trained.tuning, predictions, (*trials, *trained.trials))
            on_fitted(name)
        return fitted[name]

    metric = SELECTION_METRICS[settings.metric]
    context = TrainingContext(window, catalogue, settings, rules, metric, build_search(settings, metric), get_fitted)
    available = [name for name, candidate in candidates.items() if candidate.is_available(context)]
    return {name: get_fitted(name) for name in available}


def _predict_folds(models: Sequence[AdditiveModel], window: TrainingData, catalogue: Catalogue) -> OutOfTimePredictions:
    folds = []
    for model, fold in zip(models, window.get_folds(), strict=True):
        base, parts = model.explain_log_odds(window.frame.iloc[fold.test].reset_index(drop=True))
        folds.append((base + parts.sum(axis=1), *sum_group_log_odds(parts, catalogue)))
    return OutOfTimePredictions(*(np.concatenate(values) for values in zip(*folds, strict=True)))
