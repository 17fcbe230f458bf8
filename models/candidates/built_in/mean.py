"""The candidate ``mean``: the mean of the logistic model and boosted trees, in log-odds."""

import numpy as np

from leadlight.models.candidates.built_in.combined import CombinedCandidate
from leadlight.models.candidates.candidate import OutOfTimePredictions, TrainingContext, TunedSettings, Words

__all__ = ["MeanCandidate"]


class MeanCandidate(CombinedCandidate):
    """The mean of the learned candidates with equal weights."""

    label = Words(
        en="the mean of the logistic model and boosted trees",
        de="einem logistischen Modell und verstärkten Bäumen zusammen",
    )
    sentence = Words(
        en="Log-odds and contributions are the mean of those of both models.",
        de="Log-Odds und Beiträge sind das Mittel derer beider Modelle.",
    )

    def tune(self, context: TrainingContext) -> TunedSettings:
        """Give every member the same weight."""
        members = self.list_members(context)
        return self.describe(context, dict.fromkeys(members, 1.0 / len(members)))

    def predict_folds(self, context: TrainingContext, settings: object) -> OutOfTimePredictions:
        """Average the predictions of the members."""
        members = [context.get_fitted(name).out_of_time for name in self.list_members(context)]
        return OutOfTimePredictions(*np.mean(np.stack([np.stack(member) for member in members]), axis=0))
