"""The candidate ``combined``: the learned candidates, weighted by their log loss out of time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from leadlight.models.calibration.parametric import calculate_log_losses
from leadlight.models.candidates.base import AdditiveModel
from leadlight.models.candidates.candidate import Candidate, OutOfTimePredictions, TrainingContext, TunedSettings, Words
from leadlight.models.candidates.ensemble import WeightedEnsemble
from leadlight.models.candidates.registry import find_candidate
from leadlight.models.candidates.season import SeasonalModel
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["CombinedCandidate", "estimate_weights"]

#: candidates that are not members
NOT_LEARNED = ("constant", "points", "mean", "combined")
#: wins at which fitted and equal weights count the same: weights from a hundred wins are noise
EQUAL_AT_WINS = 300.0
#: weights below it are dropped
MIN_WEIGHT = 0.1


class CombinedCandidate(Candidate):
    """Non-negative weights in log-odds with a sum of 1, shrunk towards equal ones where wins are few."""

    label = Words(en="a weighted mean of models", de="einem gewichteten Mittel von Modellen")
    sentence = Words(
        en="Log-odds and contributions are weighted means of those of its members; the weights are fitted out of time.",
        de="Log-Odds und Beiträge sind gewichtete Mittel derer der Mitglieder; die Gewichte sind an späteren Leads "
        "angepasst.",
    )

    def is_available(self, context: TrainingContext) -> bool:
        """Return whether there is more than one member."""
        return len(self.list_members(context)) > 1

    def list_members(self, context: TrainingContext) -> list[str]:
        """Return the names of the learned candidates."""
        return [name for name in context.settings.candidates if name.partition(":")[0] not in NOT_LEARNED]

    def tune(self, context: TrainingContext) -> TunedSettings:
        """Fit the weights on all folds."""
        rows = np.concatenate([fold.test for fold in context.window.get_folds()])
        leads = context.window.leads.to_numpy()[rows]
        return self.describe(context, self._weigh(context, np.arange(len(rows)), leads))

    def predict_folds(self, context: TrainingContext, settings: Mapping[str, Any]) -> OutOfTimePredictions:
        """Combine the predictions of the members; each fold by weights of the others."""
        folds = context.window.get_folds()
        leads = context.window.leads.to_numpy()[np.concatenate([fold.test for fold in folds])]
        of = np.repeat(np.arange(len(folds)), [len(fold.test) for fold in folds])
        combined = np.zeros((len(OutOfTimePredictions._fields), len(of)))
        for place in range(len(folds)):
            others = np.flatnonzero(of != place) if len(folds) > 1 else np.arange(len(of))
            for name, weight in self._weigh(context, others, leads).items():
                combined[:, of == place] += weight * np.stack(context.get_fitted(name).out_of_time)[:, of == place]
        return OutOfTimePredictions(*combined)

    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> AdditiveModel:
        """Fit the members with the settings that each has chosen."""
        weights = settings["weights"]
        members = [find_candidate(name).fit(data, context, settings["members"][name]) for name in weights]
        return WeightedEnsemble(tuple(members), tuple(weights.values())) if len(members) > 1 else members[0]

    def load(self, folder: Path, description: Mapping[str, Any]) -> AdditiveModel:
        """Read a weighted mean, or a model with a season."""
        reader = SeasonalModel if description["kind"] == SeasonalModel.kind else WeightedEnsemble
        return reader.read(folder, description)

    def describe(self, context: TrainingContext, weights: Mapping[str, float]) -> TunedSettings:
        """Return weights and settings of the members as settings."""
        return TunedSettings(
            {"weights": dict(weights), "members": {name: context.get_fitted(name).settings for name in weights}}
        )

    def _weigh(self, context: TrainingContext, rows: np.ndarray, leads: np.ndarray) -> dict[str, float]:
        window, names = context.window, self.list_members(context)
        won = window.won[np.concatenate([fold.test for fold in window.get_folds()])][rows]
        margins = np.stack([context.get_fitted(name).out_of_time.margin[rows] for name in names])
        weights = estimate_weights(margins, won, len(np.unique(leads[rows][won == 1])))
        return {name: float(weight) for name, weight in zip(names, weights, strict=True) if weight > 0}


def estimate_weights(margins: np.ndarray, won: np.ndarray, wins: int) -> np.ndarray:
    """Estimate weights by log loss, shrink them towards equal ones and drop small ones.

    Parameters
    ----------
    margins : ndarray, shape (members, n)
        Log-odds out of time.
    won : ndarray of int, shape (n,)
        Labels.
    wins : int
        Leads won.

    Returns
    -------
    ndarray, shape (members,)
        Not negative, with a sum of 1.
    """
    equal = np.full(len(margins), 1.0 / len(margins))
    found = minimize(
        lambda weights: calculate_log_losses(weights @ margins, won).mean(),
        equal,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * len(margins),
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1.0},
    )
    evidence = wins / (wins + EQUAL_AT_WINS)
    weights = evidence * (found.x if found.success else equal) + (1 - evidence) * equal
    weights[weights < MIN_WEIGHT] = 0.0
    return np.asarray(weights / weights.sum())
