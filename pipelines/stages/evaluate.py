"""``leadlight evaluate``: test metrics of the scorer and of its rivals."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from leadlight.features.errors import BundleError
from leadlight.models.calibration.prior_shift import evaluate_correction
from leadlight.models.candidates.base import margins
from leadlight.models.candidates.baselines import fit_lightgbm_baseline, fit_logistic_baseline, predict_base_rate
from leadlight.models.candidates.rules_model import RulesModel
from leadlight.models.metrics.between_period_variance import assign_periods
from leadlight.models.metrics.bootstrap import ClusterBootstrap, percentile_interval
from leadlight.models.metrics.curves import compute_curves
from leadlight.models.metrics.metrics import METRICS, POINTWISE_METRICS, compute_metrics
from leadlight.models.metrics.oracle import measure_regret_to_oracle
from leadlight.models.metrics.rank_metrics import resample_ece, resample_rank_metrics
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.calibration_check import check_calibration_by_age
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
    scorer = load_scorer(workdir.require(workdir.bundle, "calibrate"))
    past, test = read_labelled_snapshots(workdir).split_past_and_test()
    scored = scorer.score(test.frame)
    probabilities = {"leadlight": scored["probability"].to_numpy()} | _score_rivals(params, scorer, past, test)
    bootstrap = ClusterBootstrap(test.leads, params.training.seed)
    ages = test.frame[AGE].to_numpy() if AGE in scorer.catalogue.names else None
    result = {
        "test": _summarize_window(test, dated=scorer.metadata.has_dates),
        "candidate": scorer.metadata.candidate,
        "figures": {name: compute_metrics(p, test.won) for name, p in probabilities.items()},
        "intervals": _estimate_intervals(probabilities["leadlight"], test, bootstrap),
        "log_loss_reduction": _estimate_log_loss_saved(probabilities, test, bootstrap),
        "calibration": check_calibration_by_age(
            probabilities["leadlight"], test.won, test.leads, ages, params.training.seed
        )
        | {"base_rate": _evaluate_base_rate(probabilities["leadlight"], scorer, test)},
        "stages": _count_stages(scored["stage"], test),
        "one_more_activity": measure_monotonicity(params, workdir, scorer),
        "expectations": _backtest(scorer, scored, past, test, params.training.seed),
        "optimistic": scorer.metadata.time == "none",
        "simulated": scorer.metadata.simulated,
    }
    if params.simulation is not None:
        truth = read_frame(workdir.require(workdir.truth, "truth"))
        q = test.frame[["lead_id", "as_of"]].merge(truth, on=["lead_id", "as_of"], validate="many_to_one")
        true_probability = q["true_probability"].to_numpy()
        result["truth"] = {name: measure_regret_to_oracle(p, true_probability) for name, p in probabilities.items()}
    _write_plots(probabilities["leadlight"], test, workdir, result)
    _write_candidates(scorer.metadata.choice, workdir.plots / "candidates.csv")
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
    explained = write_shap_plots(scorer, test.frame, workdir.plots / "shap", params.training.seed)
    written = round_floats(result)
    card = build_model_card(
        scorer,
        written,
        segments,
        learned=_summarize_window(past, dated=scorer.metadata.has_dates),
        statistics=compute_grade_and_topic_statistics(scorer, scored, test.won),
        unused=list_unused_columns(workdir),
        explanations=[plot.describe(workdir.plots) for plot in explained],
    )
    write_card(card, workdir.plots)
    write_json(workdir.details, written)
    weeks = measure_weeks(test.frame["as_of"], scorer.metadata.time)
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
        "constant": predict_base_rate(before, past.won, after),
        "plain_logistic": fit_logistic_baseline(before, past.won, after, scorer.catalogue),
        "default_lightgbm": fit_lightgbm_baseline(before, past.won, after, scorer.catalogue),
    }
    if params.points:
        table = RulesModel.fit(before, past.won, scorer.catalogue, read_rules(params))
        rivals["points_table"] = expit(margins(table, after))
    return rivals


def _summarize_window(test: LabelledSnapshots, *, dated: bool) -> dict[str, Any]:
    once = test.frame.drop_duplicates(["lead_id", "as_of"])
    return {
        "snapshots": len(once),
        "standing_for": len(test.won),
        "leads": int(once["lead_id"].nunique()),
        "wins": int(once["won"].sum()),
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


def _evaluate_base_rate(p: np.ndarray, scorer: Scorer, test: LabelledSnapshots) -> dict[str, Any]:
    """Evaluate a correction for a moving base rate, which at each moment uses only leads matured by then."""
    days = scorer.metadata.horizon_days if scorer.metadata.has_dates else 0
    correction = evaluate_correction(
        logit(np.clip(p, 1e-12, 1 - 1e-12)), test.won, test.leads, test.frame["as_of"], pd.Timedelta(days=days)
    )
    corrected = expit(correction.log_odds)
    return correction.to_dict() | {
        "uncorrected": compute_metrics(p, test.won),
        "corrected": compute_metrics(corrected, test.won),
    }


def _count_stages(stage: pd.Series, test: LabelledSnapshots) -> dict[str, Any]:
    won = pd.Series(test.won, index=stage.index)
    return {
        str(name): {"snapshots": len(rows), "wins": int(rows.sum()), "win_rate": float(rows.mean())}
        for name, rows in won.groupby(stage)
    }


def _backtest(
    scorer: Scorer, scored: pd.DataFrame, past: LabelledSnapshots, test: LabelledSnapshots, seed: int
) -> dict[str, Any]:
    """Compare grades and thresholds on the test window with their values out of time."""
    moments = test.frame["as_of"]
    return backtest_expectations(
        scorer,
        _add_grades(scored, test),
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
