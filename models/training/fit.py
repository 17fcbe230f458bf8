"""Judge candidates by out-of-time predictions, and fit one of them as it serves."""

from collections.abc import Callable, Mapping
from typing import Any

from leadlight.features.catalogue import Catalogue
from leadlight.models.candidates.base import AdditiveModel
from leadlight.models.candidates.candidate import FittedCandidate, TrainingContext
from leadlight.models.candidates.registry import find_candidate
from leadlight.models.candidates.rules import Rule
from leadlight.models.candidates.season import fit_season, fit_with_season
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.metrics.selection_metric import SELECTION_METRICS

__all__ = ["fit_procedure", "judge_candidates"]

#: always compared, whatever params name
BASELINE = "constant"


def judge_candidates(
    window: TrainingData,
    catalogue: Catalogue,
    settings: TrainingSettings,
    rules: tuple[Rule, ...] = (),
    on_fitted: Callable[[str], None] = lambda name: None,
) -> dict[str, FittedCandidate]:
    """Tune every candidate and predict the test side of each fold by models fitted on its training side.

    Parameters
    ----------
    window : TrainingData
        All snapshots before the test window, with folds.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        How to train.
    rules : tuple of Rule
        The rule book; without one there is no candidate ``points``.
    on_fitted : callable
        Called with the name of each candidate when it is judged.

    Returns
    -------
    dict of str to FittedCandidate
        In the order of ``settings.candidates``, simplest first, after the base rate.

    Raises
    ------
    ParamsError
        If a candidate is not known, cannot be imported or could not be saved; before anything is fitted.
    """
    candidates = {name: find_candidate(name) for name in dict.fromkeys((BASELINE, *settings.candidates))}
    fitted: dict[str, FittedCandidate] = {}

    def get_fitted(name: str) -> FittedCandidate:
        if name not in fitted:
            candidate = candidates.get(name) or find_candidate(name)
            tuned = candidate.tune(context)
            predictions = candidate.predict_folds(context, tuned.settings)
            fitted[name] = FittedCandidate(tuned.settings, predictions, tuned.trials)
            on_fitted(name)
        return fitted[name]

    seasons = tuple(fit_season(window.take(fold.train), catalogue, settings) for fold in window.get_folds())
    metric = SELECTION_METRICS[settings.metric]
    context = TrainingContext(window, catalogue, settings, rules, metric, seasons, get_fitted)
    available = [name for name, candidate in candidates.items() if candidate.is_available(context)]
    return {name: get_fitted(name) for name in available}


def fit_procedure(
    name: str,
    tuned: Mapping[str, Any],
    data: TrainingData,
    *,
    catalogue: Catalogue,
    settings: TrainingSettings,
    rules: tuple[Rule, ...] = (),
) -> AdditiveModel:
    """Fit one candidate, with the season of the same snapshots where they cover about a year.

    Parameters
    ----------
    name : str
        The candidate.
    tuned : mapping
        Its settings, from :func:`judge_candidates`.
    data : TrainingData
        All snapshots to learn from.
    catalogue, settings, rules
        As there.
    """

    def refuse(other: str) -> FittedCandidate:
        raise KeyError(other)  # settings name all that is needed

    metric = SELECTION_METRICS[settings.metric]
    context = TrainingContext(data, catalogue, settings, rules, metric, (), refuse)
    season = fit_season(data, catalogue, settings)
    return fit_with_season(find_candidate(name).fit, data, context, tuned, season)
