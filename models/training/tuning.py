"""Tune each candidate by its log loss on rolling-origin folds."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import lightgbm as lgb
import numpy as np
import optuna

from leadlight.features.catalogue import Catalogue
from leadlight.models.calibration.parametric import calculate_log_losses
from leadlight.models.candidates.base import AdditiveModel, margins
from leadlight.models.candidates.boosted import BoostedModel, DesignMatrix
from leadlight.models.candidates.logistic import AdditiveLogisticModel
from leadlight.models.training.data import TrainingData, TrainingSettings

__all__ = ["TuningResult", "tune_boosted", "tune_logistic"]

#: strongest first: each fit starts from the last
PENALTIES = (400.0, 100.0, 25.0, 5.0, 1.0)
#: early stopping after so many rounds without gain
PATIENCE = 50
#: rounds between reports of the loss to the pruner
REPORT_EVERY = 25
#: trials completed before any is pruned
BEFORE_PRUNING = 3
MIN_LEAF = 20
#: keep columns that a large ``min_data_in_leaf`` could not split, so that one data set fits every trial
UNFILTERED = {"feature_pre_filter": False}
MIN_ROUNDS = 20


class TuningResult(NamedTuple):
    """A tuned candidate.

    Parameters
    ----------
    model : AdditiveModel
        Fitted on the whole window.
    fold_models : list of AdditiveModel
        Fitted on the training side of each fold, with the same settings.
    best_params : dict
        The settings, and their ``log_loss`` on the folds.
    """

    model: AdditiveModel
    fold_models: list[Any]
    best_params: dict[str, Any]


def tune_logistic(window: TrainingData, catalogue: Catalogue, settings: TrainingSettings) -> TuningResult:
    """Choose the penalty of the logistic model.

    Parameters
    ----------
    window : TrainingData
        With its folds.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        ``min_category_leads`` is used.
    """

    def path(part: TrainingData, penalties: Iterable[float]) -> Iterator[AdditiveLogisticModel]:
        return AdditiveLogisticModel.fit_regularization_path(
            part.frame, part.won, part.leads, catalogue,
            penalties=penalties, min_category_leads=settings.min_category_leads,
        )  # fmt: skip

    folds = window.get_folds()
    paths = [path(window.take(fold.train), PENALTIES) for fold in folds]
    tests = [window.take(fold.test) for fold in folds]
    best: dict[str, Any] = {"log_loss": np.inf}
    fold_models: list[AdditiveLogisticModel] = []
    for penalty, models in zip(PENALTIES, zip(*paths, strict=True), strict=True):
        losses = [calculate_log_losses(margins(m, test.frame), test.won) for m, test in zip(models, tests, strict=True)]
        loss = float(np.concatenate(losses).mean())
        if loss > best["log_loss"]:  # the losses of a path have one minimum
            break
        best, fold_models = {"penalty": penalty, "log_loss": loss}, list(models)
    (model,) = path(window, [best["penalty"]])
    return TuningResult(model, fold_models, best)


def tune_boosted(
    window: TrainingData, catalogue: Catalogue, settings: TrainingSettings, *, additive: bool
) -> TuningResult:
    """Choose the settings of boosted trees by Optuna: seeded, pruned, bounded in trials and in time.

    The first trial has the default settings, so tuning can only lower the loss on the folds.

    Parameters
    ----------
    window : TrainingData
        With its folds.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        How to train; ``trials`` 0 means no tuning.
    additive : bool
        Let every tree use one column only.
    """
    columns = DesignMatrix.fit(window.frame, window.leads, catalogue, settings.min_category_leads)
    fixed = _fixed(columns, catalogue, settings, additive)
    space, start = _space(additive, len(window.won)), _start(additive, settings, window)
    chosen = _search(window, columns, settings, fixed=fixed, suggest=space, start=start)
    parameters = fixed | chosen["settings"]

    def fit(part: TrainingData) -> BoostedModel:
        return BoostedModel.fit(
            part.frame, part.won, columns, settings=parameters, rounds=max(MIN_ROUNDS, chosen["rounds"])
        )

    before = [fit(window.take(o.train)) for o in window.get_folds()]
    return TuningResult(fit(window), before, {"additive": additive} | chosen)


def _search(
    window: TrainingData,
    columns: DesignMatrix,
    settings: TrainingSettings,
    *,
    fixed: dict[str, Any],
    suggest: Callable[[optuna.Trial], dict[str, Any]],
    start: dict[str, Any],
) -> dict[str, Any]:
    generator = np.random.default_rng(settings.seed)
    # the best settings change little above some ten thousand rows
    folds = [tuple(_sample(rows, settings.tuning_snapshots, generator) for rows in fold) for fold in window.get_folds()]
    # binned once: no setting that is searched changes the bins
    binned = lgb.Dataset(
        columns.transform(window.frame), label=window.won, params={**fixed, **UNFILTERED}, free_raw_data=False
    )
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=settings.seed),
        pruner=optuna.pruners.MedianPruner(BEFORE_PRUNING, n_warmup_steps=2 * REPORT_EVERY),
    )
    study.enqueue_trial(start)

    def evaluate(trial: optuna.Trial) -> float:
        def report(env: Any) -> None:
            if (env.iteration + 1) % REPORT_EVERY == 0:
                trial.report(env.evaluation_result_list[0][2], env.iteration)
                if trial.should_prune():
                    raise optuna.TrialPruned

        suggested = suggest(trial)
        curve = lgb.cv(
            {**fixed, **suggested, **UNFILTERED},
            binned,
            num_boost_round=settings.max_rounds,
            folds=folds,
            callbacks=[lgb.early_stopping(PATIENCE, verbose=False), report],
        )["valid binary_logloss-mean"]
        trial.set_user_attr("settings", suggested)
        trial.set_user_attr("rounds", int(np.argmin(curve)) + 1)
        return float(np.min(curve))

    wanted = max(1, settings.trials)
    study.optimize(evaluate, n_trials=wanted, timeout=settings.tuning_seconds)
    best, done = study.best_trial, len(study.trials)
    return {"trials": done, "stopped_by_time": done < wanted, "log_loss": best.value} | best.user_attrs


def _sample(rows: np.ndarray, most: int, generator: np.random.Generator) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return np.sort(generator.choice(rows, most, replace=False))


def _fixed(columns: DesignMatrix, catalogue: Catalogue, settings: TrainingSettings, additive: bool) -> dict[str, Any]:
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
        # sums depend on the number of threads, and threads slow each other down on shared cores
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
