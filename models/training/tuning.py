"""Settings of each candidate, chosen by its log loss after rolling origins."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import optuna

from leadlight.features.catalogue import Catalogue
from leadlight.models.calibration.parametric import calculate_log_losses
from leadlight.models.candidates.base import AdditiveModel, margins
from leadlight.models.candidates.boosted import BoostedModel, DesignMatrix
from leadlight.models.candidates.logistic import AdditiveLogisticModel
from leadlight.models.training.data import TrainingData, TrainingSettings
from leadlight.models.training.rolling_origin import Fold

__all__ = ["TuningResult", "tune_boosted", "tune_logistic"]

#: strongest first: each solution is where the next one starts
PENALTIES = (400.0, 100.0, 25.0, 5.0, 1.0)
#: rounds without gain after which a curve of losses has turned
PATIENCE = 50
#: a trial tells how it stands every so many rounds
REPORT_EVERY = 25
#: trials that are run to their end before any is given up
BEFORE_PRUNING = 3
MIN_LEAF = 20
#: relative gain of the likelihood at which a fit ends, while tuning and at last
TUNING_TOL, FINAL_TOL = 1e-7, 1e-9
MIN_ROUNDS = 20


@dataclass(frozen=True)
class TuningResult:
    """A kind of candidate with its settings chosen.

    Parameters
    ----------
    model : Model
        Fitted on the whole window.
    fold_models : list of Model
        Fitted before each origin, with the same settings.
    best_params : dict
        The settings, and their ``log_loss`` after the origins.
    """

    model: AdditiveModel
    fold_models: list[Any]
    best_params: dict[str, Any]


def tune_logistic(window: TrainingData, catalogue: Catalogue, settings: TrainingSettings) -> TuningResult:
    """Choose the penalty of the logistic model.

    Parameters
    ----------
    window : TrainingWindow
        With its origins.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        ``min_category_leads`` is used.
    """

    def path(
        part: TrainingData, penalties: tuple[float, ...], tolerance: float
    ) -> Iterator[AdditiveLogisticModel]:
        return AdditiveLogisticModel.fit_regularization_path(
            part.frame, part.won, part.leads, catalogue,
            penalties=penalties, min_category_leads=settings.min_category_leads, tolerance=tolerance,
        )  # fmt: skip

    earlier = [window.take(origin.train) for origin in window.get_folds()]
    later = [window.take(origin.test) for origin in window.get_folds()]
    paths = [path(part, PENALTIES, TUNING_TOL) for part in earlier]
    tried: dict[float, float] = {}
    for penalty, models in zip(PENALTIES, zip(*paths, strict=True), strict=True):
        judged = [
            calculate_log_losses(margins(m, part.frame), part.won)
            for m, part in zip(models, later, strict=True)
        ]
        loss = float(np.concatenate(judged).mean())
        if tried and loss > min(
            tried.values()
        ):  # weaker penalties take longest, and the curve has one valley
            break
        tried[penalty] = loss
    # what is compared with other candidates is fitted as exactly as what serves
    *before, model = (deque(path(part, tuple(tried), FINAL_TOL), maxlen=1)[0] for part in (*earlier, window))
    return TuningResult(model, before, {"penalty": min(tried), "log_loss": min(tried.values())})


def tune_boosted(
    window: TrainingData, catalogue: Catalogue, settings: TrainingSettings, *, additive: bool
) -> TuningResult:
    """Choose the settings of boosted trees by Optuna: seeded, pruned, bounded in trials and in time.

    The first trial is what is used without tuning, so that tuning can only do better after the origins.

    Parameters
    ----------
    window : TrainingWindow
        With its origins.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        How to train; ``trials`` 0 means no tuning.
    additive : bool
        Let every tree use one column only.
    """
    columns = DesignMatrix.fit(window.frame, window.leads, catalogue, settings.min_category_leads)
    fixed = _fixed(columns, catalogue, settings, additive)
    search = _Search(window, columns, fixed, settings)
    chosen, stopped = search.run(_space(additive, len(window.won)), _start(additive, settings, window))
    parameters = fixed | chosen["settings"]

    def fit(part: TrainingData) -> BoostedModel:
        return BoostedModel.fit(
            part.frame, part.won, columns, settings=parameters, rounds=max(MIN_ROUNDS, chosen["rounds"])
        )

    before = [fit(window.take(o.train)) for o in window.get_folds()]
    told = {"additive": additive, "trials": search.done, "stopped_by_time": stopped} | chosen
    return TuningResult(fit(window), before, told)


@dataclass
class _Search:
    """Trials of one kind of boosted trees."""

    window: TrainingData
    columns: DesignMatrix
    fixed: dict[str, Any]
    settings: TrainingSettings
    done: int = 0

    def __post_init__(self) -> None:
        generator = np.random.default_rng(self.settings.seed)
        most = self.settings.tuning_snapshots
        # settings depend on how much there is to learn from, but little above some ten thousand rows
        self.origins = [
            Fold(_sample(o.train, most, generator), _sample(o.test, most, generator))
            for o in self.window.get_folds()
        ]
        self._matrix = self.columns.transform(self.window.frame)

    def run(
        self, space: Callable[[optuna.Trial], dict[str, Any]], start: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=self.settings.seed),
            pruner=optuna.pruners.MedianPruner(BEFORE_PRUNING, n_warmup_steps=2 * REPORT_EVERY),
        )
        study.enqueue_trial(start)

        def judge(trial: optuna.Trial) -> float:
            settings = space(trial)
            curve = self._curve(settings, trial)
            trial.set_user_attr("settings", settings)
            trial.set_user_attr("rounds", int(np.argmin(curve)) + 1)
            return float(np.min(curve))

        wanted = max(1, self.settings.trials)
        study.optimize(judge, n_trials=wanted, timeout=self.settings.tuning_seconds)
        self.done = len(study.trials)
        best = study.best_trial
        return {"log_loss": best.value} | best.user_attrs, self.done < wanted

    def _curve(self, settings: dict[str, Any], trial: optuna.Trial) -> list[float]:
        def tell(env: Any) -> None:
            if (env.iteration + 1) % REPORT_EVERY == 0:
                trial.report(env.evaluation_result_list[0][2], env.iteration)
                if trial.should_prune():
                    raise optuna.TrialPruned

        data = lgb.Dataset(self._matrix, label=self.window.won, params={"verbosity": -1}, free_raw_data=False)
        result = lgb.cv(
            self.fixed | settings | {"feature_pre_filter": False},
            data,
            num_boost_round=self.settings.max_rounds,
            folds=[(o.train, o.test) for o in self.origins],
            callbacks=[lgb.early_stopping(PATIENCE, verbose=False), tell],
        )
        curve: list[float] = result["valid binary_logloss-mean"]
        return curve


def _sample(rows: np.ndarray, most: int, generator: np.random.Generator) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return np.sort(generator.choice(rows, most, replace=False))


def _fixed(
    columns: DesignMatrix, catalogue: Catalogue, settings: TrainingSettings, additive: bool
) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "objective": "binary",
        "metric": "binary_logloss",
        "monotone_constraints": columns.list_monotone_constraints(catalogue),
        "learning_rate": settings.learning_rate,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        # sums depend on the number of threads; more than one wait for each other wherever a core is shared
        "num_threads": 1,
        "verbosity": -1,
    }
    if additive:
        parameters["interaction_constraints"] = [[place] for place in range(len(columns.feature_index))]
    return parameters


def _start(additive: bool, settings: TrainingSettings, window: TrainingData) -> dict[str, Any]:
    start: dict[str, Any] = {
        "num_leaves": min(settings.leaves, 4) if additive else settings.leaves,
        "min_data_in_leaf": _leaf_bounds(len(window.won))[1] // 4 + MIN_LEAF,
        "lambda_l2": 10.0,
    }
    return start if additive else start | {"feature_fraction": 0.6}


def _leaf_bounds(rows: int) -> tuple[int, int]:
    return MIN_LEAF, max(2 * MIN_LEAF, rows // 50)


def _space(additive: bool, rows: int) -> Callable[[optuna.Trial], dict[str, Any]]:
    def suggest(trial: optuna.Trial) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "num_leaves": trial.suggest_int("num_leaves", 2, 8 if additive else 31, log=True),
            "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", *_leaf_bounds(rows), log=True),
            "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
        }
        if not additive:  # column sampling by tree leaves too few columns to a tree that may use one
            settings["feature_fraction"] = trial.suggest_float("feature_fraction", 0.2, 1.0)
        return settings

    return suggest
