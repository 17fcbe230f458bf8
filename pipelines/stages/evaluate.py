"""``leadlight evaluate``: test metrics of the procedure and of its rivals.

What is judged is the scorer of the same procedure that was fitted before the test window; what serves has learned from
the test window too.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from leadlight.features.errors import BundleError
from leadlight.models.candidates.base import margins
from leadlight.models.candidates.baselines import fit_lightgbm_baseline, fit_logistic_baseline
from leadlight.models.candidates.rules_model import RulesModel
from leadlight.models.candidates.training_data import TrainingData
from leadlight.models.metrics.between_period_variance import assign_periods
from leadlight.models.metrics.bootstrap import ClusterBootstrap, percentile_interval
from leadlight.models.metrics.curves import compute_curves
from leadlight.models.metrics.decision_metrics import measure_decisions
from leadlight.models.metrics.metrics import METRICS, POINTWISE_METRICS, compute_metrics
from leadlight.models.metrics.oracle import measure_regret_to_oracle
from leadlight.models.metrics.rank_metrics import resample_ece, resample_rank_metrics
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.anchors import THRESHOLD_SCORES
from leadlight.models.scoring.bundle import load_evaluation_scorer, load_scorer
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.calibration_check import check_calibration_by_age, split_by_age
from leadlight.models.validation.metric_summary import summarize_metrics
from leadlight.models.validation.segments import compute_segment_metrics
from leadlight.models.validation.threshold_backtest import backtest_expectations
from leadlight.pipelines.counterfactuals.monotonicity_check import measure_monotonicity
from leadlight.pipelines.datasets.labelled_snapshots import AGE, LabelledSnapshots, read_labelled_snapshots, read_rules
from leadlight.pipelines.datasets.out_of_time_scores import measure_weeks
from leadlight.pipelines.params import Params
from leadlight.pipelines.reporting.curve_plots import plot_curves
from leadlight.pipelines.reporting.shap_plots import write_shap_plots
from leadlight.pipelines.reports.model_card.build import build_model_card
from leadlight.pipelines.reports.model_card.grade_statistics import compute_grade_and_topic_statistics
from leadlight.pipelines.reports.model_card.html import write_card
from leadlight.pipelines.reports.model_card.tables import list_unused_columns
from leadlight.pipelines.workspace.console import errors
from leadlight.pipelines.workspace.time_words import describe_span
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, round_floats, write_atomically, write_json

__all__ = ["evaluate"]


def evaluate(params: Params, workdir: Workdir, folder: Path | None = None) -> dict[str, Any]:
    """Compute metrics of the scorer and its rivals on the test window.

    Parameters
    ----------
    params : Params
        Seed and rule book.
    workdir : Workdir
        Where the bundle is; ``metrics.json``, ``details.json``, plots and the model card go there.
    folder : Path, optional
        Folder of the params file. With it, the training is logged to MLflow as one run.

    Returns
    -------
    dict
        The content of ``details.json``.
    """
    bundle = workdir.require(workdir.bundle, "calibrate")
    scorer, serving = load_evaluation_scorer(bundle), load_scorer(bundle)
    snapshots = read_labelled_snapshots(workdir)
    past, test = snapshots.select_past(), snapshots.select_split("test")
    scored = scorer.predict(test.frame)
    probabilities = {"leadlight": scored["probability"].to_numpy()} | _score_rivals(params, scorer, past, test)
    bootstrap = ClusterBootstrap(test.leads, params.training.seed)
    ages = test.frame[AGE].to_numpy() if AGE in scorer.catalogue.names else None
    weeks = measure_weeks(test.frame["as_of"], scorer.metadata.time)
    result = {
        "test": _summarize_window(test, dated=scorer.metadata.has_dates),
        "candidate": scorer.metadata.candidate,
        "figures": {name: compute_metrics(p, test.won) for name, p in probabilities.items()},
        "intervals": _estimate_intervals(probabilities["leadlight"], test, bootstrap),
        "log_loss_reduction": _estimate_log_loss_saved(probabilities, test, bootstrap),
        "by_age": _compare_ages(probabilities, test, params.training.seed),
        "calibration": check_calibration_by_age(
            probabilities["leadlight"], test.won, test.leads, ages, params.training.seed
        ),
        "stages": _count_stages(scored["stage"], test),
        "decisions": _measure_decisions(
            params, scored["score"].to_numpy(), probabilities, test, snapshots, weeks=weeks
        ),
        "one_more_activity": measure_monotonicity(params, workdir, scorer),
        "expectations": _backtest(scorer, scored, past, test, params.training.seed),
        "learned_until": serving.metadata.snapshots["learned_until"] if serving.metadata.has_dates else None,
        "optimistic": scorer.metadata.snapshots["optimistic"],
        "simulated": scorer.metadata.simulated,
    }
    if params.simulation is not None:
        truth = read_frame(workdir.require(workdir.truth, "truth"))
        q = test.frame[["lead_id", "as_of"]].merge(truth, on=["lead_id", "as_of"], validate="many_to_one")
        true_probability = q["true_probability"].to_numpy()
        result["truth"] = {name: measure_regret_to_oracle(p, true_probability) for name, p in probabilities.items()}
    _write_plots(probabilities["leadlight"], test, workdir, result)
    _write_candidates(serving.metadata.choice, workdir.plots / "candidates.csv")
    segments = compute_segment_metrics(
        probabilities["leadlight"],
        test.won,
        test.leads,
        frame=test.frame,
        catalogue=scorer.catalogue,
        seed=params.training.seed,
    )
    with write_atomically(workdir.plots / "segments.csv") as temporary:
        segments.to_csv(temporary, index=False, float_format="%.6g")
    explained = write_shap_plots(serving, test.frame, workdir.plots / "shap", params.training.seed)
    written = round_floats(result)
    card = build_model_card(
        serving,
        written,
        segments,
        learned=_summarize_window(past, dated=scorer.metadata.has_dates),
        statistics=compute_grade_and_topic_statistics(scorer, serving, test.frame, test.won),
        unused=list_unused_columns(workdir),
        explanations=[plot.describe(workdir.plots) for plot in explained],
    )
    write_card(card, workdir.plots)
    write_json(workdir.details, written)
    write_json(workdir.metrics, round_floats(summarize_metrics(written, probabilities["leadlight"], test.won, weeks)))
    if folder is not None:
        _log_run(workdir, folder)
    return result


def _log_run(workdir: Workdir, folder: Path) -> None:
    """Log the training; where MLflow cannot be reached, say so: registering logs what is missing."""
    from leadlight.pipelines.registry.champion import open_registry
    from leadlight.pipelines.registry.run_logging import log_training
    from leadlight.pipelines.registry.training_run import describe_training

    try:
        registry = open_registry(workdir, create=True)
        log_training(registry, describe_training(workdir, folder), workdir, folder / "params.yaml")
    except BundleError as error:
        errors.print(f"The run is not logged: {error}", markup=False, soft_wrap=True)


def _score_rivals(
    params: Params, scorer: Scorer, past: LabelledSnapshots, test: LabelledSnapshots
) -> dict[str, np.ndarray]:
    """Fit the rivals on everything before the test window, as ours was, and predict the test window."""
    names = scorer.catalogue.names
    before, after = past.frame[names], test.frame[names]
    rivals = {
        "constant": np.full(len(after), past.won.mean()),
        "plain_logistic": fit_logistic_baseline(before, past.won, after, scorer.catalogue),
        "default_lightgbm": fit_lightgbm_baseline(before, past.won, after, scorer.catalogue),
    }
    if params.points:
        data = TrainingData(before, past.won, past.frame["lead_id"])
        table = RulesModel.fit(data, scorer.catalogue, read_rules(params))
        rivals["points_table"] = expit(margins(table, after))
    return rivals


def _summarize_window(test: LabelledSnapshots, *, dated: bool) -> dict[str, Any]:
    return {
        "snapshots": len(test.won),
        "leads": int(test.frame["lead_id"].nunique()),
        "wins": int(test.won.sum()),
        "base_rate": float(test.won.mean()),
        "from": test.frame["as_of"].min().isoformat() if dated else None,
        "to": test.frame["as_of"].max().isoformat() if dated else None,
    }


def _name_bounds(interval: tuple[float, float]) -> dict[str, float]:
    return {"low": interval[0], "high": interval[1]}


def _estimate_intervals(
    p: np.ndarray, test: LabelledSnapshots, bootstrap: ClusterBootstrap
) -> dict[str, dict[str, float]]:
    values = resample_rank_metrics(p, test.won, bootstrap) | {"ece": resample_ece(p, test.won, bootstrap)}
    intervals = {name: percentile_interval(value) for name, value in values.items()}
    means = _resample_means(np.stack([loss(p, test.won) for loss in POINTWISE_METRICS.values()]), bootstrap)
    intervals |= dict(zip(POINTWISE_METRICS, means, strict=True))
    return {name: _name_bounds(intervals[name][1:]) for name in METRICS}


def _resample_means(rows: np.ndarray, bootstrap: ClusterBootstrap) -> list[tuple[float, float, float]]:
    """Return mean, low and high of each row of values, shape (k, n)."""
    *sums, count = bootstrap.resample_sums(np.vstack([rows, np.ones(rows.shape[1])])).T
    return [percentile_interval(column / count) for column in sums]


def _estimate_log_loss_saved(
    probabilities: dict[str, np.ndarray], test: LabelledSnapshots, bootstrap: ClusterBootstrap
) -> dict[str, Any]:
    rivals = [name for name in probabilities if name != "leadlight"]
    ours, *theirs = (POINTWISE_METRICS["log_loss"](probabilities[name], test.won) for name in ("leadlight", *rivals))
    means = _resample_means(np.stack(theirs) - ours, bootstrap)
    return {
        name: {"value": value} | _name_bounds((low, high))
        for name, (value, low, high) in zip(rivals, means, strict=True)
    }


def _compare_ages(probabilities: dict[str, np.ndarray], test: LabelledSnapshots, seed: int) -> dict[str, Any]:
    """Compare the model with the base rate on leads in their first week and on older ones; empty without ages."""
    if AGE not in test.frame:
        return {}
    found = {}
    for name, rows in split_by_age(test.frame[AGE].to_numpy()).items():
        part = test.filter(rows)
        if len(np.unique(part.won)) < 2:
            continue
        kept = {model: probabilities[model][rows] for model in ("leadlight", "constant")}
        found[name] = _summarize_window(part, dated=True) | {
            "figures": {model: compute_metrics(p, part.won) for model, p in kept.items()},
            "log_loss_reduction": _estimate_log_loss_saved(kept, part, ClusterBootstrap(part.leads, seed))["constant"],
        }
    return found


def _count_stages(stage: pd.Series, test: LabelledSnapshots) -> dict[str, Any]:
    """Count snapshots of the grid by stage: they have leads of all ages, as a night has."""
    on_grid = test.frame["on_grid"].to_numpy()
    won, stage = pd.Series(test.won, index=stage.index)[on_grid], stage[on_grid]
    return {
        str(name): {"snapshots": len(rows), "wins": int(rows.sum()), "win_rate": float(rows.mean())}
        for name, rows in won.groupby(stage)
    }


def _measure_decisions(
    params: Params,
    score: np.ndarray,
    probabilities: Mapping[str, np.ndarray],
    test: LabelledSnapshots,
    snapshots: LabelledSnapshots,
    *,
    weeks: float | None,
) -> dict[str, Any]:
    if weeks is None or not params.snapshots.every_days:
        return {}  # no night has leads of all ages
    earliest = test.frame["lead_id"].map(snapshots.frame.groupby("lead_id")["as_of"].min())
    frame = test.frame[["lead_id", "as_of", "on_grid", "won"]].assign(first=test.frame["as_of"] == earliest)
    return measure_decisions(frame, score, probabilities, THRESHOLD_SCORES, weeks=weeks, seed=params.training.seed)


def _backtest(
    scorer: Scorer, scored: pd.DataFrame, past: LabelledSnapshots, test: LabelledSnapshots, seed: int
) -> dict[str, Any]:
    """Compare grades and thresholds on the test window with their values out of time."""
    moments = test.frame["as_of"]
    # expectations are of leads of all ages in one night, as the grid has them
    past = past.select_grid()
    return backtest_expectations(
        scorer,
        _add_grades(scored[test.frame["on_grid"].to_numpy()], test.select_grid()),
        # training snapshots: only for the variance between periods
        _add_grades(scorer.predict(past.frame), past),
        seed,
        period=assign_periods(past.frame["as_of"], moments.max() - moments.min()),
        ages=past.frame[AGE].to_numpy() if AGE in scorer.catalogue.names else None,
    )


def _add_grades(scored: pd.DataFrame, side: LabelledSnapshots) -> ScoredSnapshots:
    grades = {group: scored[f"{group}_grade"].to_numpy() for group in ("fit", "engagement")}
    return ScoredSnapshots(scored["probability"].to_numpy(), side.won, side.leads, grades=grades)


def _write_plots(p: np.ndarray, test: LabelledSnapshots, workdir: Workdir, result: dict[str, Any]) -> None:
    curves = compute_curves(p, test.won)
    for name, frame in curves.items():
        with write_atomically(workdir.plots / f"{name}.csv") as temporary:
            frame.to_csv(temporary, index=False)
    window = result["test"]
    source = "Simulated CRM" if result["simulated"] else "Test window"
    span = describe_span(window["from"], window["to"])
    title = ", ".join(filter(None, [f"{source}: {window['snapshots']:,} snapshots", f"{window['wins']:,} wins", span]))
    plot_curves(curves, title, workdir.plots / "curves.png")


def _write_candidates(choice: Mapping[str, Any], path: Path) -> None:
    """Write the out-of-time log loss of each candidate, which DVC plots."""
    losses = pd.Series(choice["log_loss"], dtype=float).rename_axis("candidate").rename("log_loss")
    with write_atomically(path) as temporary:
        losses.sort_values().reset_index().to_csv(temporary, index=False, float_format="%.6f")
