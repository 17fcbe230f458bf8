"""Tune settings by Optuna: seeded, pruned, bounded in trials and in time."""

from collections.abc import Callable, Mapping
from typing import Any

import optuna

from leadlight.models.candidates.candidate import Report, Search
from leadlight.models.candidates.training_data import TrainingSettings
from leadlight.models.metrics.selection_metric import SelectionMetric

__all__ = ["build_search"]

#: trials completed before any is pruned
BEFORE_PRUNING = 3
#: steps of a trial before it may be pruned
STEPS_BEFORE_PRUNING = 50


def build_search(settings: TrainingSettings, metric: SelectionMetric) -> Search:
    """Return the function that runs trials for a candidate.

    Parameters
    ----------
    settings : TrainingSettings
        ``seed``, ``trials`` and ``tuning_seconds`` are used.
    metric : SelectionMetric
        Names the value of the best trial, and gives the losses of trials their sign.
    """

    def search(evaluate: Callable[[Any, Report], float], start: Mapping[str, Any]) -> dict[str, Any]:
        def objective(trial: optuna.Trial) -> float:
            def report(loss: float, step: int) -> None:
                trial.report(loss, step)
                if trial.should_prune():
                    raise optuna.TrialPruned

            return evaluate(trial, report)

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=settings.seed),
            pruner=optuna.pruners.MedianPruner(BEFORE_PRUNING, n_warmup_steps=STEPS_BEFORE_PRUNING),
        )
        study.enqueue_trial(dict(start))
        wanted = max(1, settings.trials)
        study.optimize(objective, n_trials=wanted, timeout=settings.tuning_seconds)
        best, done = study.best_trial, len(study.trials)
        value = metric.convert_to_loss(float(best.value or 0.0))
        return {"trials": done, "stopped_by_time": done < wanted, metric.name: value} | best.user_attrs

    return search
