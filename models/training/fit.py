"""Fit all candidates, each with its out-of-time predictions."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from leadlight.features.catalogue import Catalogue
from leadlight.models.candidates.base import AdditiveModel, AverageEnsemble
from leadlight.models.candidates.rules import Rule
from leadlight.models.candidates.rules_model import RulesModel
from leadlight.models.scoring.grades import sum_group_log_odds
from leadlight.models.training.data import TrainingData, TrainingSettings
from leadlight.models.training.tuning import TuningResult, tune_boosted, tune_logistic

__all__ = ["FittedCandidate", "OutOfTimePredictions", "TrainingData", "TrainingSettings", "fit_candidates"]


class OutOfTimePredictions(NamedTuple):
    """Out-of-fold predictions of models refitted before each rolling origin.

    Parameters
    ----------
    margin : ndarray, shape (m,)
        Log-odds.
    fit, engagement : ndarray, shape (m,)
        Sums of the log-odds of each group of features.
    """

    margin: np.ndarray
    fit: np.ndarray
    engagement: np.ndarray


class FittedCandidate(NamedTuple):
    """A candidate fitted on the whole window.

    Parameters
    ----------
    tuning : dict
        Settings chosen by tuning.
    out_of_time : OutOfTimePredictions
        Predictions of the refitted models.
    """

    model: AdditiveModel
    tuning: dict[str, Any]
    out_of_time: OutOfTimePredictions


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
        Simplest first.
    """
    wanted = set(settings.candidates)
    fitted: dict[str, FittedCandidate] = {}

    def keep(name: str, tuned: TuningResult) -> None:
        fitted[name] = FittedCandidate(tuned.model, tuned.best_params, _predict_folds(tuned, window, catalogue))
        on_fitted(name)

    if rules and "points" in wanted:
        keep("points", _fit_points(window, catalogue, rules))
    if wanted & {"logistic", "blend"}:
        keep("logistic", tune_logistic(window, catalogue, settings))
    for name in ("additive", "interactions"):
        if wanted & {name, "blend"}:
            keep(name, tune_boosted(window, catalogue, settings, additive=name == "additive"))
    if "blend" in wanted:
        better = min(("additive", "interactions"), key=lambda name: fitted[name].tuning["log_loss"])
        first, second = fitted["logistic"], fitted[better]
        mean = [(a + b) / 2 for a, b in zip(first.out_of_time, second.out_of_time, strict=True)]
        fitted["blend"] = FittedCandidate(
            AverageEnsemble(first.model, second.model), {"of": ["logistic", better]}, OutOfTimePredictions(*mean)
        )
        on_fitted("blend")
    return {name: fitted[name] for name in fitted if name in wanted}


def _fit_points(window: TrainingData, catalogue: Catalogue, rules: tuple[Rule, ...]) -> TuningResult:
    def fit(part: TrainingData) -> RulesModel:
        return RulesModel.fit(part.frame, part.won, catalogue, rules)

    return TuningResult(fit(window), [fit(window.take(o.train)) for o in window.get_folds()], {"rules": len(rules)})


def _predict_folds(tuned: TuningResult, window: TrainingData, catalogue: Catalogue) -> OutOfTimePredictions:
    folds = []
    for model, fold in zip(tuned.fold_models, window.get_folds(), strict=True):
        base, parts = model.explain_log_odds(window.frame.iloc[fold.test].reset_index(drop=True))
        folds.append((base + parts.sum(axis=1), *sum_group_log_odds(parts, catalogue)))
    return OutOfTimePredictions(*(np.concatenate(values) for values in zip(*folds, strict=True)))
