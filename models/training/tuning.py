"""Settings of each candidate, chosen by its log loss after rolling origins."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import optuna

from leadlight.features.catalogue import Catalogue
from leadlight.models.calibration.parametric import log_losses
from leadlight.models.candidates.base import Model, margins
from leadlight.models.candidates.boosted import BoostedModel, Columns
from leadlight.models.candidates.logistic import LogisticModel
from leadlight.models.training.data import TrainingSettings, TrainingWindow
from leadlight.models.training.rolling_origin import Origin

__all__ = ["Tuned", "tuned_logistic", "tuned_trees"]

#: strongest first: each solution is where the next one starts
PENALTIES = (400.0, 100.0, 25.0, 5.0, 1.0)
#: rounds without gain after which a curve of losses has turned
PATIENCE = 50
#: a trial tells how it stands every so many rounds
TELL_EVERY = 25
#: trials that are run to their end before any is given up
BEFORE_PRUNING = 3
SMALLEST_LEAF = 20
#: relative gain of the likelihood at which a fit ends, while tuning and at last
ROUGHLY, EXACTLY = 1e-7, 1e-9
FEWEST_ROUNDS = 20


@dataclass(frozen=True)
class Tuned:
    """A kind of candidate with its settings chosen.

    Parameters
    ----------
    model : Model
        Fitted on the whole window.
    before : list of Model
        Fitted before each origin, with the same settings.
    chosen : dict
        The settings, and their ``log_loss`` after the origins.
    """

    model: Model
    before: list[Any]
    chosen: dict[str, Any]


def tuned_logistic(window: TrainingWindow, catalogue: Catalogue, settings: TrainingSettings) -> Tuned:
    """Choose the penalty of the logistic model.

    Parameters
    ----------
    window : TrainingWindow
        With its origins.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        ``rare_below`` is used.
    """

    def path(part: TrainingWindow, penalties: tuple[float, ...], tolerance: float) -> Iterator[LogisticModel]:
        return LogisticModel.path(
            part.frame, part.won, part.leads, catalogue,
            penalties=penalties, rare_below=settings.rare_below, tolerance=tolerance,
        )  # fmt: skip

    earlier = [window.rows(origin.earlier) for origin in window.rolling()]
    later = [window.rows(origin.later) for origin in window.rolling()]
    paths = [path(part, PENALTIES, ROUGHLY) for part in earlier]
    tried: dict[float, float] = {}
    for penalty, models in zip(PENALTIES, zip(*paths, strict=True), strict=True):
        judged = [log_losses(margins(m, part.frame), part.won) for m, part in zip(models, later, strict=True)]
        loss = float(np.concatenate(judged).mean())
        if tried and loss > min(
            tried.values()
        ):  # weaker penalties take longest, and the curve has one valley
            break
        tried[penalty] = loss
    # what is compared with other candidates is fitted as exactly as what serves
    *before, model = (deque(path(part, tuple(tried), EXACTLY), maxlen=1)[0] for part in (*earlier, window))
    return Tuned(model, before, {"penalty": min(tried), "log_loss": min(tried.values())})


def tuned_trees(
    window: TrainingWindow, catalogue: Catalogue, settings: TrainingSettings, *, additive: bool
) -> Tuned:
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
    columns = Columns.fit(window.frame, window.leads, catalogue, settings.rare_below)
    fixed = _fixed(columns, catalogue, settings, additive)
    search = _Search(window, columns, fixed, settings)
    chosen, stopped = search.run(_space(additive, len(window.won)), _start(additive, settings, window))
    parameters = fixed | chosen["settings"]

    def fit(part: TrainingWindow) -> BoostedModel:
        return BoostedModel.fit(
            part.frame, part.won, columns, settings=parameters, rounds=max(FEWEST_ROUNDS, chosen["rounds"])
        )

    before = [fit(window.rows(o.earlier)) for o in window.rolling()]
    told = {"additive": additive, "trials": search.done, "stopped_by_time": stopped} | chosen
    return Tuned(fit(window), before, told)


@dataclass
class _Search:
    """Trials of one kind of boosted trees."""

    window: TrainingWindow
    columns: Columns
    fixed: dict[str, Any]
    settings: TrainingSettings
    done: int = 0

    def __post_init__(self) -> None:
        generator = np.random.default_rng(self.settings.seed)
        most = self.settings.tuning_snapshots
        # settings depend on how much there is to learn from, but little above some ten thousand rows
        self.origins = [
            Origin(_sample(o.earlier, most, generator), _sample(o.later, most, generator))
            for o in self.window.rolling()
        ]
        self._matrix = self.columns.matrix(self.window.frame)

    def run(
        self, space: Callable[[optuna.Trial], dict[str, Any]], start: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=self.settings.seed),
            pruner=optuna.pruners.MedianPruner(BEFORE_PRUNING, n_warmup_steps=2 * TELL_EVERY),
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
            if (env.iteration + 1) % TELL_EVERY == 0:
                trial.report(env.evaluation_result_list[0][2], env.iteration)
                if trial.should_prune():
                    raise optuna.TrialPruned

        data = lgb.Dataset(self._matrix, label=self.window.won, params={"verbosity": -1}, free_raw_data=False)
        result = lgb.cv(
            self.fixed | settings | {"feature_pre_filter": False},
            data,
            num_boost_round=self.settings.max_rounds,
            folds=[(o.earlier, o.later) for o in self.origins],
            callbacks=[lgb.early_stopping(PATIENCE, verbose=False), tell],
        )
        curve: list[float] = result["valid binary_logloss-mean"]
        return curve


def _sample(rows: np.ndarray, most: int, generator: np.random.Generator) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return np.sort(generator.choice(rows, most, replace=False))


def _fixed(
    columns: Columns, catalogue: Catalogue, settings: TrainingSettings, additive: bool
) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "objective": "binary",
        "metric": "binary_logloss",
        "monotone_constraints": columns.directions(catalogue),
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
        parameters["interaction_constraints"] = [[place] for place in range(len(columns.owners))]
    return parameters


def _start(additive: bool, settings: TrainingSettings, window: TrainingWindow) -> dict[str, Any]:
    start: dict[str, Any] = {
        "num_leaves": min(settings.leaves, 4) if additive else settings.leaves,
        "min_data_in_leaf": _leaf_bounds(len(window.won))[1] // 4 + SMALLEST_LEAF,
        "lambda_l2": 10.0,
    }
    return start if additive else start | {"feature_fraction": 0.6}


def _leaf_bounds(rows: int) -> tuple[int, int]:
    return SMALLEST_LEAF, max(2 * SMALLEST_LEAF, rows // 50)


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
