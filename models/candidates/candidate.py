"""The interface of candidates: how a kind of model is trained, loaded and named."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from leadlight.features.catalogue import Catalogue
from leadlight.models.candidates.base import AdditiveModel
from leadlight.models.candidates.rules import Rule
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.metrics.selection_metric import SelectionMetric

__all__ = [
    "Candidate",
    "FittedCandidate",
    "OutOfTimePredictions",
    "TrainedCandidate",
    "TrainingContext",
    "TuningTrial",
    "Words",
]

#: reports a loss at a step of a trial, and ends the trial where it is pruned
Report = Callable[[float, int], None]
#: runs trials: a function of (trial, report) that returns a loss, and the settings of the first trial
Search = Callable[[Callable[[Any, Report], float], Mapping[str, Any]], dict[str, Any]]


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
        The metric on the folds; of a pruned trial, when it was pruned.
    rounds : int, optional
        Boosting rounds after which it has that value; None for models without rounds.
    pruned : bool
        Whether it was given up before its end.
    """

    settings: dict[str, Any]
    value: float
    rounds: int | None = None
    pruned: bool = False


class TrainedCandidate(NamedTuple):
    """The result of training a candidate.

    Parameters
    ----------
    model : AdditiveModel
        Fitted on the whole window.
    tuning : dict
        Settings chosen by tuning, for JSON; with the metric on the folds under its name, if it was computed.
    fold_models : sequence of AdditiveModel
        Fitted on the training side of each fold, with the same settings.
    out_of_time : OutOfTimePredictions, optional
        What the fold models predict; left out, it is computed from them.
    trials : sequence of TuningTrial
        Settings that were tried without ``context.search``, which keeps its own.
    """

    model: AdditiveModel
    tuning: dict[str, Any]
    fold_models: Sequence[AdditiveModel] = ()
    out_of_time: OutOfTimePredictions | None = None
    trials: Sequence[TuningTrial] = ()


class FittedCandidate(NamedTuple):
    """A candidate fitted on the whole window.

    Parameters
    ----------
    tuning : dict
        Settings chosen by tuning.
    out_of_time : OutOfTimePredictions
        Predictions of the refitted models.
    trials : sequence of TuningTrial
        What tuning tried, in that order; empty if nothing is tuned.
    """

    model: AdditiveModel
    tuning: dict[str, Any]
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
    search : callable
        Runs trials of settings: seeded, pruned, bounded in trials and in time. Returns what the best trial
        set by ``trial.set_user_attr``, the number of trials, and the metric under its name.
    get_fitted : callable
        Returns another candidate by name, fitted on the same data.
    """

    window: TrainingData
    catalogue: Catalogue
    settings: TrainingSettings
    rules: tuple[Rule, ...]
    metric: SelectionMetric
    search: Search
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

    def train(self, context: TrainingContext) -> TrainedCandidate:
        """Choose settings, then fit on the whole window and on the training side of each fold."""
        chosen = self.tune(context)
        window = context.window
        before = [self.fit(window.take(fold.train), context, chosen) for fold in window.get_folds()]
        return TrainedCandidate(self.fit(window, context, chosen), chosen, before)

    def tune(self, context: TrainingContext) -> dict[str, Any]:
        """Choose settings on the folds; without tuning there are none."""
        return {}

    @abstractmethod
    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> AdditiveModel:
        """Fit one model.

        Parameters
        ----------
        data : TrainingData
            Frame, labels and lead of each snapshot. Snapshots weigh the same.
        context : TrainingContext
            Catalogue, seed and further settings of params.
        settings : mapping
            What :meth:`tune` chose.
        """

    @abstractmethod
    def load(self, folder: Path, description: Mapping[str, Any]) -> AdditiveModel:
        """Read a model that :meth:`AdditiveModel.save` wrote to a folder; `description` is what it returned."""
