"""``leadlight evaluate``: test metrics of the scorer and of its rivals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from leadlight.models.calibration.prior_shift import evaluate_correction
from leadlight.models.candidates.base import margins
from leadlight.models.candidates.baselines import fit_lightgbm_baseline, fit_logistic_baseline, predict_base_rate
from leadlight.models.candidates.rules_model import RulesModel
from leadlight.models.metrics.between_period_variance import assign_periods
from leadlight.models.metrics.bootstrap import ClusterBootstrap
from leadlight.models.metrics.curves import compute_curves
from leadlight.models.metrics.metrics import METRICS, compute_metrics, log_loss
from leadlight.models.metrics.oracle import measure_regret_to_oracle
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.calibration_check import check_calibration
from leadlight.models.validation.segments import compute_segment_metrics
from leadlight.models.validation.threshold_backtest import backtest_expectations
from leadlight.pipelines.counterfactuals.monotonicity_check import measure_monotonicity
from leadlight.pipelines.datasets.labelled_snapshots import AGE, LabelledSnapshots, read_labelled_snapshots, read_rules
from leadlight.pipelines.params import Params
from leadlight.pipelines.reporting.curve_plots import plot_curves
from leadlight.pipelines.reporting.shap_plots import write_shap_plots
from leadlight.pipelines.reports.model_card.build import build_model_card
from leadlight.pipelines.reports.model_card.grade_statistics import compute_grade_and_topic_statistics
from leadlight.pipelines.reports.model_card.html import write_card
from leadlight.pipelines.reports.model_card.tables import list_unused_columns
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, round_floats, write_atomically, write_json

__all__ = ["evaluate"]


def evaluate(params: Params, workdir: Workdir) -> dict[str, Any]:
    """Compute metrics of the scorer and its rivals on the test window.

    Parameters
    ----------
    params : Params
        Seed and rule book.
    workdir : Workdir
        Where the bundle is; ``metrics.json``, plots and the model card go there.

    Returns
    -------
    dict
        The content of ``metrics.json``.
    """
    scorer = load_scorer(workdir.require(workdir.bundle, "calibrate"))
    past, test = read_labelled_snapshots(workdir).split_past_and_test()
    scored = scorer.score(test.frame)
    probabilities = {"leadlight": scored["probability"].to_numpy()} | _score_rivals(params, scorer, past, test)
    bootstrap = ClusterBootstrap(test.leads, params.training.seed)
    result = {
        "test": _summarize_window(test),
        "candidate": scorer.metadata.candidate,
        "figures": {name: compute_metrics(p, test.won) for name, p in probabilities.items()},
        "intervals": _estimate_intervals(probabilities["leadlight"], test, bootstrap),
        "log_loss_saved_against": _estimate_log_loss_saved(probabilities, test, bootstrap),
        "calibration": check_calibration(probabilities["leadlight"], test.won, bootstrap)
        | {"base_rate": _evaluate_base_rate(probabilities["leadlight"], scorer, test)},
        "stages": _count_stages(scored["stage"], test),
        "one_more_activity": measure_monotonicity(params, workdir, scorer),
        "promises": _backtest(scorer, scored, past, test, params.training.seed),
        "optimistic": scorer.metadata.time == "none",
        "simulated": scorer.metadata.simulated,
    }
    if params.simulation is not None:
        truth = read_frame(workdir.require(workdir.truth, "truth"))
        q = test.frame[["lead_id", "as_of"]].merge(truth, on=["lead_id", "as_of"], validate="many_to_one")
        true_probability = q["true_probability"].to_numpy()
        result["truth"] = {name: measure_regret_to_oracle(p, true_probability) for name, p in probabilities.items()}
    _write_plots(probabilities["leadlight"], test, workdir, result)
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
        learned=_summarize_window(past),
        statistics=compute_grade_and_topic_statistics(scorer, scored, test.won),
        unused=list_unused_columns(workdir),
        explanations=[plot.describe(workdir.plots) for plot in explained],
    )
    write_card(card, workdir.plots)
    write_json(workdir.metrics, written)
    return result


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


def _summarize_window(test: LabelledSnapshots) -> dict[str, Any]:
    once = test.frame.drop_duplicates(["lead_id", "as_of"])
    return {
        "snapshots": len(once),
        "standing_for": len(test.won),
        "leads": int(once["lead_id"].nunique()),
        "wins": int(once["won"].sum()),
        "base_rate": float(test.won.mean()),
        "from": test.frame["as_of"].min().isoformat(),
        "to": test.frame["as_of"].max().isoformat(),
    }


def _restrict(figure: Callable[..., float], *columns: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda rows: figure(*(column[rows] for column in columns))


def _name_bounds(interval: tuple[float, float]) -> dict[str, float]:
    return {"low": interval[0], "high": interval[1]}


def _estimate_intervals(
    p: np.ndarray, test: LabelledSnapshots, bootstrap: ClusterBootstrap
) -> dict[str, dict[str, float]]:
    intervals = bootstrap.estimate_interval(*(_restrict(figure, p, test.won) for figure in METRICS.values()))
    return {name: _name_bounds(interval) for name, interval in zip(METRICS, intervals, strict=True)}


def _estimate_log_loss_saved(
    probabilities: dict[str, np.ndarray], test: LabelledSnapshots, bootstrap: ClusterBootstrap
) -> dict[str, Any]:
    ours = probabilities["leadlight"]

    def subtract_log_loss(p: np.ndarray, q: np.ndarray, won: np.ndarray) -> float:
        return log_loss(q, won) - log_loss(p, won)

    rivals = {name: p for name, p in probabilities.items() if name != "leadlight"}
    intervals = bootstrap.estimate_interval(
        *(_restrict(subtract_log_loss, ours, rival, test.won) for rival in rivals.values())
    )
    return {
        name: {"value": subtract_log_loss(ours, rivals[name], test.won)} | _name_bounds(interval)
        for name, interval in zip(rivals, intervals, strict=True)
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
    span = f"{window['from'][:10]} to {window['to'][:10]}"
    title = f"{source}: {window['snapshots']:,} snapshots, {window['wins']:,} wins, {span}"
    plot_curves(curves, title, workdir.plots / "curves.png")
