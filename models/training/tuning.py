"""Tune settings by Optuna: seeded, pruned, bounded in trials and in time."""

from collections.abc import Callable, Mapping
from typing import Any

import optuna

from leadlight.models.candidates.candidate import Report, Search, TuningTrial
from leadlight.models.candidates.training_data import TrainingSettings
from leadlight.models.metrics.selection_metric import SelectionMetric

__all__ = ["build_search"]

#: trials completed before any is pruned
BEFORE_PRUNING = 3
#: steps of a trial before it may be pruned
STEPS_BEFORE_PRUNING = 50


def build_search(
    settings: TrainingSettings, metric: SelectionMetric, on_trial: Callable[[TuningTrial], None] = lambda trial: None
) -> Search:
    """Return the function that runs trials for a candidate.

    Parameters
    ----------
    settings : TrainingSettings
        ``seed``, ``trials`` and ``tuning_seconds`` are used.
    metric : SelectionMetric
        Names the value of the best trial, and gives the losses of trials their sign.
    on_trial : callable
        Called with each trial, in their order, after the last one.
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
        for trial in study.trials:
            on_trial(_summarize_trial(trial, metric))
        best, done = study.best_trial, len(study.trials)
        value = metric.convert_to_loss(float(best.value or 0.0))
        return {"trials": done, "stopped_by_time": done < wanted, metric.name: value} | best.user_attrs

    return search


def _summarize_trial(trial: optuna.trial.FrozenTrial, metric: SelectionMetric) -> TuningTrial:
    pruned = trial.state == optuna.trial.TrialState.PRUNED
    # Optuna gives a pruned trial the loss that it reported last; steps count from 0
    rounds = trial.last_step + 1 if pruned and trial.last_step is not None else trial.user_attrs.get("rounds")
    value = float("nan") if trial.value is None else metric.convert_to_loss(float(trial.value))
    return TuningTrial(dict(trial.params), value, rounds, pruned)
