"""``leadlight watch``: monitor drift, volumes and performance after each scoring run."""

import math
from typing import Any

import pandas as pd

from leadlight.features.errors import BundleError
from leadlight.models.metrics.expected_auc import estimate_expected_auc
from leadlight.models.scoring.calibration_answers import find_answer
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.night_metrics import log_night_metrics
from leadlight.pipelines.reporting.report import write_files
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset, load_dataset
from leadlight.pipelines.reports.monitoring.drift import SCORE, DriftResult, group_by_topic, measure_drift
from leadlight.pipelines.reports.monitoring.findings import OK, UNKNOWN, Check, find_max_severity
from leadlight.pipelines.reports.monitoring.html import render_html
from leadlight.pipelines.reports.monitoring.mlflow_metrics import collect_night_metrics
from leadlight.pipelines.reports.monitoring.night_age import check_night_age
from leadlight.pipelines.reports.monitoring.realized_performance import check_realized_performance
from leadlight.pipelines.reports.monitoring.source_checks import check_source
from leadlight.pipelines.reports.monitoring.stage_volumes import check_stage_volumes
from leadlight.pipelines.workspace.console import errors
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["NO_SIGNAL", "run_checks", "run_monitoring"]

NO_SIGNAL = (
    "No evidence of signal: when the champion was trained, nothing in the source predicted wins better than the "
    "base rate. Every lead has the base score, and no stage is given. What could be added: activities, attributes that "
    "sales asks for, a longer history."
)


def run_monitoring(
    params: Params, workdir: Workdir, as_of: pd.Timestamp, clock: pd.Timestamp | None = None
) -> dict[str, Any]:
    """Run all checks on the newest scoring run, write page and report, and log the main figures to MLflow.

    Parameters
    ----------
    params : Params
        The mapping, and the limits of ``watch``.
    workdir : Workdir
        Where store, registry and the tables of the night are, and ``watch/`` goes.
    as_of : pd.Timestamp
        Later runs and outcomes are ignored; naive UTC.
    clock : pd.Timestamp, optional
        Time at which the age of the newest night is judged, naive UTC; `as_of` if left out.

    Returns
    -------
    dict
        The report, see :func:`run_checks`.

    Raises
    ------
    LeadlightError
        See :func:`leadlight.pipelines.reports.monitoring.dataset.load_dataset`.
    """
    dataset = load_dataset(params, workdir, as_of)
    try:
        age = check_night_age(dataset.as_of, as_of, clock or as_of, params.night.max_age_hours)
        report = run_checks(dataset, age)
    finally:
        dataset.store.close()
    write_files(workdir.watch, {"index.html": render_html(report), "watch.json": report})
    _log_metrics(workdir, report, params.source.timezone)
    return report


def _log_metrics(workdir: Workdir, report: dict[str, Any], zone: str) -> None:
    """Log figures to the runs of the models; a registry that refuses them changes neither report nor exit code."""
    try:
        registry = open_registry(workdir)
        for night in collect_night_metrics(report, zone):
            log_night_metrics(registry, night)
    except BundleError as error:
        errors.print(f"The figures are not logged: {error}", markup=False, soft_wrap=True)


def run_checks(dataset: MonitoringDataset, age: Check) -> dict[str, Any]:
    """Run all checks of a night.

    Parameters
    ----------
    dataset : MonitoringDataset
    age : Check
        Whether the night is new enough.

    Returns
    -------
    dict
        Plain data: ``verdict`` (fine, look or act), ``sentence``, ``notice`` (a sentence where the champion has no
        signal), ``checks``, and the evidence: ``features``,
        ``scores``, ``shares``, ``missing``, ``expected``, ``outcomes``, ``reference``.
    """
    record, origin = dataset.reference if dataset.same_model else (None, _other_model(dataset))
    moved = measure_drift(dataset, record) if record is not None else []
    of_features = [m for m in moved if m.topic != SCORE]
    of_scores = [m for m in moved if m.topic == SCORE]
    share_check, share_rows = check_stage_volumes(dataset, record)
    probability = dataset.scores["probability"].to_numpy(dtype=float)
    expected_auc = estimate_expected_auc(probability)
    outcome_check, outcomes = check_realized_performance(dataset)
    *of_source, rewritten = check_source(dataset)
    # what names a fault of the source comes before what follows from it
    checks = [
        age,
        *of_source,
        _drift("Features", of_features, origin),
        _drift("Scores", of_scores, origin),
        share_check,
        outcome_check,
        rewritten,
    ]
    verdict = find_max_severity(check.level for check in checks)
    return {
        "as_of": dataset.night.as_of.isoformat(),
        "model_version": dataset.night.model_version,
        "champion": dataset.version.name,
        "leads": len(dataset.scores),
        "horizon_days": dataset.scorer.metadata.horizon_shown,
        "simulated": dataset.params.simulation is not None,
        "calibration": find_answer(dataset.scorer.metadata.calibration_check),
        "notice": None if dataset.scorer.metadata.has_signal else NO_SIGNAL,
        "verdict": OK if verdict == UNKNOWN else verdict,
        "sentence": _sentence(checks),
        "checks": [check.to_dict() for check in checks],
        "reference": {
            "origin": origin,
            "cut_off": dataset.scorer.metadata.snapshots["cut_off"],
            "leads": record["all"]["leads"] if record else None,
            "new": record["new"]["leads"] if record and record["new"] else None,
            "baseline_dates": [then["as_of"] for then in record["earlier"]] if record else [],
        },
        "features": [m._asdict() | {"beyond": m.beyond} for m in of_features],
        "scores": {
            "moved": [m._asdict() | {"beyond": m.beyond} for m in of_scores],
            "before": record["all"]["scores"] if record else None,
            "now": _bins(dataset),
        },
        "shares": share_rows,
        "missing": dataset.find_max_missing(),
        "expected": {"wins": float(probability.sum()), "auc": None if math.isnan(expected_auc) else expected_auc},
        "outcomes": outcomes,
        "limits": dataset.params.watch.model_dump(),
    }


def _bins(dataset: MonitoringDataset) -> list[int]:
    places = (dataset.scores["score"] // 5).clip(0, 19).astype(int)
    return [int(n) for n in places.value_counts().reindex(range(20), fill_value=0)]


def _drift(name: str, moved: list[DriftResult], origin: str) -> Check:
    if not moved:
        return Check(name, f"not compared: {origin}", (), False)
    findings = group_by_topic(moved)
    most = moved[0]
    message = f"nothing moved beyond chance and what is usual; most did {most.name} ({most.moved})"
    if findings:
        message = f"{len(findings)} moved beyond chance and what is usual"
    return Check(name, message, tuple(findings))


def _other_model(dataset: MonitoringDataset) -> str:
    return (
        f"the night was scored by {dataset.night.model_version}, but the champion is now "
        f"{dataset.version.name}: score a night with it first"
    )


def _sentence(checks: list[Check]) -> str:
    """Return the first of the most severe findings as one sentence."""
    level = find_max_severity(check.level for check in checks)
    worst = [f for check in checks for f in check.findings if f.level == level]
    if not worst:
        followed = next(c for c in checks if c.name.startswith("Outcomes")).level == OK
        limit = "" if followed else "; the outcomes of this model are not known yet"
        return f"Fine: no check found a problem{limit}."
    first, more = worst[0], len(worst) - 1
    rest = f", and {more} more finding{'s' if more > 1 else ''}" if more else ""
    return f"{level.capitalize()}: {first.code}: {first.name}: {first.sentence}{rest}."
