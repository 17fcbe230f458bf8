"""The interface of candidates: how a kind of model is trained, loaded and named."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from leadlight.features.catalogue import Catalogue
from leadlight.models.calibration.yearly_season import YearlySeason
from leadlight.models.candidates.base import AdditiveModel, sum_group_log_odds
from leadlight.models.candidates.rules import Rule
from leadlight.models.candidates.season import fit_with_season
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.metrics.selection_metric import SelectionMetric

__all__ = [
    "Candidate",
    "FittedCandidate",
    "OutOfTimePredictions",
    "TrainingContext",
    "TunedSettings",
    "TuningTrial",
    "Words",
]


class Words(NamedTuple):
    """The same in each language; what is empty is said in English."""

    en: str
    de: str = ""


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


class TuningTrial(NamedTuple):
    """One trial of tuning.

    Parameters
    ----------
    settings : dict
        Hyperparameters that were tried.
    value : float
        The metric on the folds.
    rounds : int, optional
        Boosting rounds after which it has that value; None for models without rounds.
    """

    settings: dict[str, Any]
    value: float
    rounds: int | None = None


class TunedSettings(NamedTuple):
    """Settings that were chosen on the folds.

    Parameters
    ----------
    settings : dict
        For :meth:`Candidate.fit`, and for JSON.
    trials : sequence of TuningTrial
        What was tried, in that order.
    """

    settings: dict[str, Any]
    trials: Sequence[TuningTrial] = ()


class FittedCandidate(NamedTuple):
    """A candidate as it was judged.

    Parameters
    ----------
    settings : dict
        Settings chosen by tuning.
    out_of_time : OutOfTimePredictions
        Predictions of the models that were fitted before each fold.
    trials : sequence of TuningTrial
        What tuning tried, in that order; empty if nothing is tuned.
    """

    settings: dict[str, Any]
    out_of_time: OutOfTimePredictions
    trials: Sequence[TuningTrial] = ()


class TrainingContext(NamedTuple):
    """What a candidate is trained with.

    Parameters
    ----------
    window : TrainingData
        All training data, with its folds.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        The section ``training`` of params; ``seed`` among them.
    rules : tuple of Rule
        The rule book; empty where there is none.
    metric : SelectionMetric
        What tuning improves.
    seasons : tuple of YearlySeason or None
        Season of the training side of each fold.
    get_fitted : callable
        Returns another candidate by name, judged on the same folds.
    """

    window: TrainingData
    catalogue: Catalogue
    settings: TrainingSettings
    rules: tuple[Rule, ...]
    metric: SelectionMetric
    seasons: tuple[YearlySeason | None, ...]
    get_fitted: Callable[[str], FittedCandidate]


class Candidate(ABC):
    """A kind of model that may serve. A subclass gives its words, :meth:`fit` and :meth:`load`.

    Parameters
    ----------
    argument : str
        What follows the name and a colon in ``training.candidates``; refused unless `takes_argument`.

    Attributes
    ----------
    label : Words
        What it is called, to follow "It is" and "Die Scores beruhen auf".
    sentence : Words
        One sentence on how it predicts, for the model card.
    takes_argument : str
        Form of the argument; empty if there is none.
    """

    label: Words
    sentence: Words
    takes_argument: ClassVar[str] = ""

    def __init__(self, argument: str = "") -> None:
        self.argument = argument

    def is_available(self, context: TrainingContext) -> bool:
        """Return whether it can be trained on these data; if not, it is left out.

        Asked of every candidate before any is trained, so that what is wrong is refused here.

        Raises
        ------
        ParamsError
            If its settings or its argument are wrong.
        """
        return True

    def tune(self, context: TrainingContext) -> TunedSettings:
        """Choose settings on the folds; without tuning there are none."""
        return TunedSettings({})

    def predict_folds(self, context: TrainingContext, settings: Mapping[str, Any]) -> OutOfTimePredictions:
        """Fit on the training side of each fold and predict its test side."""
        window, predicted = context.window, []
        for fold, season in zip(window.get_folds(), context.seasons, strict=True):
            model = fit_with_season(self.fit, window.take(fold.train), context, settings, season)
            base, parts = model.explain_log_odds(window.frame.iloc[fold.test].reset_index(drop=True))
            predicted.append((base + parts.sum(axis=1), *sum_group_log_odds(parts, context.catalogue)))
        return OutOfTimePredictions(*(np.concatenate(values) for values in zip(*predicted, strict=True)))

    @abstractmethod
    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> AdditiveModel:
        """Fit one model.

        Parameters
        ----------
        data : TrainingData
            Frame, labels, lead and offset of each snapshot. Snapshots weigh the same.
        context : TrainingContext
            Catalogue, seed and further settings of params.
        settings : mapping
            What :meth:`tune` chose.
        """

    @abstractmethod
    def load(self, folder: Path, description: Mapping[str, Any]) -> AdditiveModel:
        """Read a model that :meth:`AdditiveModel.save` wrote to a folder; `description` is what it returned."""
