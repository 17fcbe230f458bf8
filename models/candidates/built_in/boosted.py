"""The candidate ``boosted``: a small bag of boosted trees that may combine features."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np

from leadlight.models.calibration.parametric import solve_intercept
from leadlight.models.candidates.boosted import BoostedModel, DesignMatrix
from leadlight.models.candidates.candidate import Candidate, TrainingContext, TunedSettings, TuningTrial, Words
from leadlight.models.candidates.category_encoding import CategoryEncoder
from leadlight.models.candidates.ensemble import WeightedEnsemble
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["BoostedCandidate"]

#: models in the bag, each on other rows and columns
BAG = 3
LEAVES = 7
#: rows that one model of the bag learns from
MAX_ROWS = 60_000
#: early stopping after so many rounds without gain, and the fewest rounds
PATIENCE, MIN_ROUNDS = 30, 10
#: fewest snapshots in a leaf: this number, less where there are few snapshots
MIN_LEAF, MIN_LEAF_SHARE = 100, 0.01


class BoostedCandidate(Candidate):
    """The mean of a few small LightGBM models; the number of rounds is chosen on the folds."""

    label = Words(en="boosted trees with interactions", de="verstärkten Bäumen")
    sentence = Words(
        en="Trees may combine features; SHAP values say what each adds.",
        de="Bäume können Merkmale verbinden; SHAP-Werte sagen, was jedes beiträgt.",
    )

    def tune(self, context: TrainingContext) -> TunedSettings:
        """Choose the rounds at which the mean metric of the folds is best."""
        window, metric = context.window, context.metric
        columns = self._fit_columns(window, context)
        settings = self._list_settings(window, columns, context, seed=context.settings.seed)
        generator = np.random.default_rng(context.settings.seed)
        folds = [tuple(_sample(rows, generator) for rows in fold) for fold in window.get_folds()]
        settings |= {"feature_pre_filter": False}
        offset = window.get_offset()
        offset = offset + solve_intercept(offset, window.won)
        data = lgb.Dataset(columns.transform(window.frame), window.won, init_score=offset, params=settings)
        curve = lgb.cv(
            settings, data, context.settings.max_rounds, folds=folds,
            callbacks=[lgb.early_stopping(PATIENCE, verbose=False)],
        )[f"valid {metric.lightgbm}-mean"]  # fmt: skip
        losses = [metric.convert_to_loss(value) for value in curve]
        rounds = max(MIN_ROUNDS, int(np.argmin(losses)) + 1)
        value = curve[min(rounds, len(curve)) - 1]
        return TunedSettings({"rounds": rounds}, [TuningTrial({"leaves": LEAVES}, value, rounds)])

    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> WeightedEnsemble:
        """Fit the bag."""
        columns = self._fit_columns(data, context)
        matrix, offset = columns.transform(data.frame), data.get_offset()
        start = solve_intercept(offset, data.won)
        members = []
        for place in range(BAG):
            seed = context.settings.seed + place
            rows = _sample(np.arange(len(data.won)), np.random.default_rng(seed))
            parameters = self._list_settings(data, columns, context, seed=seed)
            part = lgb.Dataset(matrix[rows], data.won[rows], init_score=start + offset[rows], params={"verbosity": -1})
            members.append(BoostedModel(columns, lgb.train(parameters, part, settings["rounds"]), start))
        return WeightedEnsemble.average(members)

    def load(self, folder: Path, description: Mapping[str, Any]) -> BoostedModel:
        """Read the trees of one member from LightGBM's text."""
        levels = {name: CategoryEncoder(tuple(kept)) for name, kept in description["levels"].items()}
        text = (folder / "trees.txt").read_text(encoding="utf-8")
        try:
            booster = lgb.Booster(model_str=text)
        except lgb.basic.LightGBMError as error:
            raise ValueError(str(error)) from None
        return BoostedModel(DesignMatrix(tuple(description["features"]), levels), booster, description["start"])

    def _fit_columns(self, data: TrainingData, context: TrainingContext) -> DesignMatrix:
        return DesignMatrix.fit(data.frame, data.leads, context.catalogue, context.settings.min_category_leads)

    def _list_settings(
        self, data: TrainingData, columns: DesignMatrix, context: TrainingContext, seed: int
    ) -> dict[str, Any]:
        return {
            "objective": "binary",
            "metric": context.metric.lightgbm,
            "monotone_constraints": columns.list_monotone_constraints(context.catalogue),
            "learning_rate": context.settings.learning_rate,
            "num_leaves": LEAVES,
            "min_data_in_leaf": max(5, min(MIN_LEAF, int(MIN_LEAF_SHARE * len(data.won)))),
            "lambda_l2": 10.0,
            "feature_fraction": 0.6,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            # sums depend on the number of threads, and threads slow each other down on shared cores
            "num_threads": 1,
            "verbosity": -1,
        }


def _sample(rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= MAX_ROWS else np.sort(generator.choice(rows, MAX_ROWS, replace=False))
