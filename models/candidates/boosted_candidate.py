"""Train boosted trees: their parameters, the space that is searched, and the objective of a trial."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import lightgbm as lgb
import numpy as np

from leadlight.models.candidates.boosted import BoostedModel, DesignMatrix
from leadlight.models.candidates.candidate import Candidate, Report, TrainedCandidate, TrainingContext
from leadlight.models.candidates.category_encoding import CategoryEncoder
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["BoostedCandidate"]

#: early stopping after so many rounds without gain
PATIENCE = 50
#: rounds between reports of the loss to the pruner
REPORT_EVERY = 25
MIN_LEAF = 20
#: keep columns that a large ``min_data_in_leaf`` could not split, so that one data set fits every trial
UNFILTERED = {"feature_pre_filter": False}
MIN_ROUNDS = 20


class BoostedCandidate(Candidate):
    """LightGBM, tuned by trials on the folds.

    The first trial has the default settings, so tuning can only improve the metric on the folds.
    """

    additive: ClassVar[bool]

    def train(self, context: TrainingContext) -> TrainedCandidate:
        """Choose the settings by trials, then fit; the design matrix is that of the whole window."""
        window, settings = context.window, context.settings
        columns = DesignMatrix.fit(window.frame, window.leads, context.catalogue, settings.min_category_leads)
        fixed = self._list_fixed(columns, context)
        chosen = context.search(
            _build_objective(context, columns, fixed, self._build_space(len(window.won))), self._list_start(context)
        )

        def fit(part: TrainingData) -> BoostedModel:
            return self._fit(part, columns, fixed, chosen)

        before = [fit(window.take(fold.train)) for fold in window.get_folds()]
        return TrainedCandidate(fit(window), {"additive": self.additive} | chosen, before)

    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> BoostedModel:
        """Fit with given settings, on a design matrix of these data."""
        columns = DesignMatrix.fit(data.frame, data.leads, context.catalogue, context.settings.min_category_leads)
        return self._fit(data, columns, self._list_fixed(columns, context), settings)

    def load(self, folder: Path, description: Mapping[str, Any]) -> BoostedModel:
        """Read the trees from LightGBM's text."""
        levels = {name: CategoryEncoder(tuple(kept)) for name, kept in description["levels"].items()}
        text = (folder / "trees.txt").read_text(encoding="utf-8")
        try:
            booster = lgb.Booster(model_str=text)
        except lgb.basic.LightGBMError as error:
            raise ValueError(str(error)) from None
        return BoostedModel(DesignMatrix(tuple(description["features"]), levels), booster)

    def _fit(
        self, data: TrainingData, columns: DesignMatrix, fixed: dict[str, Any], chosen: Mapping[str, Any]
    ) -> BoostedModel:
        rounds = max(MIN_ROUNDS, chosen["rounds"])
        return BoostedModel.fit(data.frame, data.won, columns, settings=fixed | chosen["settings"], rounds=rounds)

    def _list_fixed(self, columns: DesignMatrix, context: TrainingContext) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "objective": "binary",
            "metric": context.metric.lightgbm,
            "monotone_constraints": columns.list_monotone_constraints(context.catalogue),
            "learning_rate": context.settings.learning_rate,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "seed": context.settings.seed,
            "deterministic": True,
            "force_row_wise": True,
            # sums depend on the number of threads, and threads slow each other down on shared cores
            "num_threads": 1,
            "verbosity": -1,
        }
        if self.additive:
            parameters["interaction_constraints"] = [[place] for place in range(len(columns.feature_index))]
        return parameters

    def _list_start(self, context: TrainingContext) -> dict[str, Any]:
        leaves = context.settings.leaves
        start: dict[str, Any] = {
            "num_leaves": min(leaves, 4) if self.additive else leaves,
            "min_data_in_leaf": _leaf_bounds(len(context.window.won))[1] // 4 + MIN_LEAF,
            "lambda_l2": 10.0,
        }
        return start if self.additive else start | {"feature_fraction": 0.6}

    def _build_space(self, rows: int) -> Callable[[Any], dict[str, Any]]:
        def suggest(trial: Any) -> dict[str, Any]:
            settings: dict[str, Any] = {
                "num_leaves": trial.suggest_int("num_leaves", 2, 8 if self.additive else 31, log=True),
                "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", *_leaf_bounds(rows), log=True),
                "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
            }
            if not self.additive:  # column sampling by tree leaves too few columns to a tree that may use one
                settings["feature_fraction"] = trial.suggest_float("feature_fraction", 0.2, 1.0)
            return settings

        return suggest


def _build_objective(
    context: TrainingContext, columns: DesignMatrix, fixed: dict[str, Any], suggest: Callable[[Any], dict[str, Any]]
) -> Callable[[Any, Report], float]:
    """Return the loss of a trial: that of the best round, averaged over the folds."""
    window, settings, metric = context.window, context.settings, context.metric
    generator = np.random.default_rng(settings.seed)
    # the best settings change little above some ten thousand rows
    folds = [tuple(_sample(rows, settings.tuning_snapshots, generator) for rows in fold) for fold in window.get_folds()]
    # binned once: no setting that is searched changes the bins
    binned = lgb.Dataset(
        columns.transform(window.frame), label=window.won, params={**fixed, **UNFILTERED}, free_raw_data=False
    )

    def evaluate(trial: Any, report: Report) -> float:
        def report_round(env: Any) -> None:
            if (env.iteration + 1) % REPORT_EVERY == 0:
                report(metric.convert_to_loss(env.evaluation_result_list[0][2]), env.iteration)

        suggested = suggest(trial)
        curve = lgb.cv(
            {**fixed, **suggested, **UNFILTERED},
            binned,
            num_boost_round=settings.max_rounds,
            folds=folds,
            callbacks=[lgb.early_stopping(PATIENCE, verbose=False), report_round],
        )[f"valid {metric.lightgbm}-mean"]
        losses = [metric.convert_to_loss(value) for value in curve]
        trial.set_user_attr("settings", suggested)
        trial.set_user_attr("rounds", int(np.argmin(losses)) + 1)
        return float(np.min(losses))

    return evaluate


def _sample(rows: np.ndarray, most: int, generator: np.random.Generator) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return np.sort(generator.choice(rows, most, replace=False))


def _leaf_bounds(rows: int) -> tuple[int, int]:
    return MIN_LEAF, max(2 * MIN_LEAF, rows // 50)
