"""From the past to fitted candidates, each with what it would have said out of time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadlight.features.catalogue import Catalogue
from leadlight.models.candidates.base import AdditiveModel, AverageEnsemble
from leadlight.models.candidates.rules import Rule
from leadlight.models.candidates.rules_model import RulesModel
from leadlight.models.scoring.grades import sum_group_log_odds
from leadlight.models.training.data import TrainingData, TrainingSettings
from leadlight.models.training.tuning import TuningResult, tune_boosted, tune_logistic

__all__ = ["FittedCandidate", "OutOfTimePredictions", "TrainingData", "TrainingSettings", "fit_candidates"]


@dataclass(frozen=True)
class OutOfTimePredictions:
    """What a candidate says of the judged rows of all origins, trained anew before each.

    Parameters
    ----------
    margin : ndarray, shape (m,)
        Log-odds.
    fit, engagement : ndarray, shape (m,)
        Parts of the log-odds that come from each group of features.
    """

    margin: np.ndarray
    fit: np.ndarray
    engagement: np.ndarray

    def __add__(self, other: "OutOfTimePredictions") -> "OutOfTimePredictions":
        return OutOfTimePredictions(
            self.margin + other.margin, self.fit + other.fit, self.engagement + other.engagement
        )

    def halve(self) -> "OutOfTimePredictions":
        """Return half of everything."""
        return OutOfTimePredictions(self.margin / 2, self.fit / 2, self.engagement / 2)


@dataclass(frozen=True)
class FittedCandidate:
    """A candidate that learned from the whole window.

    Parameters
    ----------
    model : Model
        The model.
    tuning : dict
        What tuning chose.
    out_of_time : OutOfTime
        What its likes said of the judged rows.
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
    window : TrainingWindow
        All that may be learned from.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        How to train.
    rules : tuple of Rule
        Today's rule book; without one there is no candidate ``points``.
    on_fitted : callable
        Called with the name of each candidate when it is fitted.

    Returns
    -------
    dict of str to Fitted
        Simplest first.
    """
    wanted = set(settings.candidates)
    fitted: dict[str, FittedCandidate] = {}

    def keep(name: str, tuned: TuningResult) -> None:
        fitted[name] = FittedCandidate(tuned.model, tuned.best_params, _judged(tuned, window, catalogue))
        on_fitted(name)

    if rules and "points" in wanted:
        keep("points", _points(window, catalogue, rules))
    if wanted & {"logistic", "blend"}:
        keep("logistic", tune_logistic(window, catalogue, settings))
    for name in ("additive", "interactions"):
        if wanted & {name, "blend"}:
            keep(name, tune_boosted(window, catalogue, settings, additive=name == "additive"))
    if "blend" in wanted:
        better = min(("additive", "interactions"), key=lambda name: fitted[name].tuning["log_loss"])
        parts = fitted["logistic"], fitted[better]
        both = (parts[0].out_of_time + parts[1].out_of_time).halve()
        fitted["blend"] = FittedCandidate(
            AverageEnsemble(parts[0].model, parts[1].model), {"of": ["logistic", better]}, both
        )
        on_fitted("blend")
    return {name: fitted[name] for name in fitted if name in wanted}


def _points(window: TrainingData, catalogue: Catalogue, rules: tuple[Rule, ...]) -> TuningResult:
    def fit(part: TrainingData) -> RulesModel:
        return RulesModel.fit(part.frame, part.won, catalogue, rules)

    return TuningResult(
        fit(window), [fit(window.take(o.train)) for o in window.get_folds()], {"rules": len(rules)}
    )


def _judged(tuned: TuningResult, window: TrainingData, catalogue: Catalogue) -> OutOfTimePredictions:
    margin, fit, engagement = [], [], []
    for model, origin in zip(tuned.fold_models, window.get_folds(), strict=True):
        base, parts = model.explain_log_odds(window.frame.iloc[origin.test].reset_index(drop=True))
        margin.append(base + parts.sum(axis=1))
        of_fit, of_engagement = sum_group_log_odds(parts, catalogue)
        fit.append(of_fit)
        engagement.append(of_engagement)
    return OutOfTimePredictions(np.concatenate(margin), np.concatenate(fit), np.concatenate(engagement))
