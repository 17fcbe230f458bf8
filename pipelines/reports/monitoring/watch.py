"""``leadlight watch``: whether the model is still right, after every night and without labels."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from leadlight.pipelines.params import Params
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset, load_dataset
from leadlight.pipelines.reports.monitoring.drift import (
    SCORE,
    DriftResult,
    list_baseline_dates,
    measure_drift,
)
from leadlight.pipelines.reports.monitoring.estimated_performance import (
    ASSUMPTIONS,
    check_estimated_performance,
)
from leadlight.pipelines.reports.monitoring.findings import (
    OK,
    UNKNOWN,
    WARNING,
    Check,
    MonitoringFinding,
    find_max_severity,
)
from leadlight.pipelines.reports.monitoring.grouped import group_by_topic
from leadlight.pipelines.reports.monitoring.html import render_html
from leadlight.pipelines.reports.monitoring.realized_performance import check_realized_performance
from leadlight.pipelines.reports.monitoring.stage_volumes import check_stage_volumes
from leadlight.pipelines.workspace.workdir import Workdir, write_atomically, write_json

__all__ = ["run_checks", "run_monitoring"]

#: days by which the tables may be older than the night
STALE_DAYS = 3


def run_monitoring(params: Params, workdir: Workdir, as_of: pd.Timestamp) -> dict[str, Any]:
    """Examine the newest night, and write the page and the report.

    Parameters
    ----------
    params : Params
        The mapping, and what is to be let pass.
    workdir : Workdir
        Where store, registry and the tables of the night are, and ``watch/`` goes.
    as_of : pd.Timestamp
        Nothing later is looked at; naive UTC.

    Returns
    -------
    dict
        The report, see :func:`run_checks`.

    Raises
    ------
    StoreError
        If no night is stored up to then.
    SourceError
        If the tables of the night are gone.
    BundleError
        If there is no champion, or it does not fit params.
    """
    material = load_dataset(params, workdir, as_of)
    try:
        report = run_checks(material)
    finally:
        material.store.close()
    rendered = render_html(report)
    with write_atomically(workdir.watch / "index.html") as temporary:
        temporary.write_text(rendered, encoding="utf-8")
    write_json(workdir.watch / "watch.json", report)
    return report


def run_checks(material: MonitoringDataset) -> dict[str, Any]:
    """Ask every question of a night.

    Parameters
    ----------
    material : Material

    Returns
    -------
    dict
        Plain data: ``verdict`` (fine, look or act), ``sentence``, ``checks``, and the evidence: ``features``,
        ``scores``, ``shares``, ``expected``, ``outcomes``, ``reference``.
    """
    record, origin = material.reference if material.same_model else (None, _other_model(material))
    earlier = []
    moments = list_baseline_dates(material) if record is not None and material.dated else []
    for moment in moments:
        population = material.score_open_leads(moment)
        if population is not None:
            earlier.append(population)
    moved = measure_drift(material, record, earlier) if record is not None else []
    of_features = [m for m in moved if m.topic != SCORE]
    of_scores = [m for m in moved if m.topic == SCORE]
    share_check, share_rows = check_stage_volumes(material, record, earlier)
    estimate_check, estimate_rows = check_estimated_performance(material, record)
    outcome_check, outcomes = check_realized_performance(material)
    checks = [
        _drift("Features", of_features, origin),
        _drift("Scores", of_scores, origin),
        share_check,
        estimate_check,
        outcome_check,
        _fresh(material),
    ]
    verdict = find_max_severity(check.level for check in checks)
    return {
        "as_of": material.night.as_of.isoformat(),
        "model_version": material.night.model_version,
        "champion": material.version.name,
        "leads": len(material.scores),
        "horizon_days": material.scorer.facts["horizon_days"],
        "simulated": material.params.simulation is not None,
        "calibrated": material.version.tags.get("calibrated") == "true",
        "verdict": OK if verdict == UNKNOWN else verdict,
        "sentence": _sentence(checks),
        "checks": [check.to_dict() for check in checks],
        "reference": {
            "origin": origin,
            "cut_off": material.scorer.facts["snapshots"]["cut_off"],
            "leads": record["all"]["leads"] if record else None,
            "new": record["new"]["leads"] if record and record["new"] else None,
            "usual": [moment.isoformat() for moment in moments],
        },
        "features": [asdict(m) | {"beyond": m.beyond} for m in of_features],
        "scores": {
            "moved": [asdict(m) | {"beyond": m.beyond} for m in of_scores],
            "before": record["all"]["scores"] if record else None,
            "now": _bins(material),
        },
        "shares": share_rows,
        "expected": estimate_rows,
        "assumptions": list(ASSUMPTIONS),
        "outcomes": outcomes,
        "limits": material.params.watch.model_dump(),
    }


def _bins(material: MonitoringDataset) -> list[int]:
    places = (material.scores["score"] // 5).clip(0, 19).astype(int)
    return [int(n) for n in places.value_counts().reindex(range(20), fill_value=0)]


def _drift(name: str, moved: list[DriftResult], origin: str) -> Check:
    if not moved:
        return Check(name, f"not compared: {origin}", (), False)
    findings = group_by_topic(moved)
    most = moved[0]
    said = f"nothing moved beyond chance and what is usual; most did {most.name} ({most.moved})"
    if findings:
        said = f"{len(findings)} moved beyond chance and what is usual"
    return Check(name, said, tuple(findings))


def _other_model(material: MonitoringDataset) -> str:
    return (
        f"the night was scored by {material.night.model_version}, but the champion is now "
        f"{material.version.name}: score a night with it first"
    )


def _fresh(material: MonitoringDataset) -> Check:
    """Say up to when the tables speak: features of a night that lacks its last days are too low."""
    if not material.dated:
        return Check("Freshness of the tables", "the source has no dates", (), False)
    night, until = pd.Timestamp(material.night.as_of), pd.Timestamp(material.engine.report["known_until"])
    said = f"the tables speak up to {until:%Y-%m-%d}"
    behind = (night - until) / pd.Timedelta(days=1)
    if behind <= STALE_DAYS:
        return Check("Freshness of the tables", said)
    late = MonitoringFinding(
        WARNING, "Stale tables", f"{said}, {behind:.0f} days before the night", {"days": behind}
    )
    return Check("Freshness of the tables", said, (late,))


def _sentence(checks: list[Check]) -> str:
    """Say the verdict in one sentence: of what is worst, the first."""
    level = find_max_severity(check.level for check in checks)
    found = [f for check in checks for f in check.findings if f.level == level]
    if not found:
        followed = next(c for c in checks if c.name.startswith("Outcomes")).level == OK
        limit = "" if followed else ", as far as can be told without outcomes"
        return f"Fine: nothing speaks against the model{limit}."
    first, more = found[0], len(found) - 1
    rest = f", and {more} more finding{'s' if more > 1 else ''}" if more else ""
    return f"{level.capitalize()}: {first.name}: {first.sentence}{rest}."
