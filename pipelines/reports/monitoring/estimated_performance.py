"""Estimated performance before outcomes are known."""

from typing import Any

import numpy as np

from leadlight.models.metrics.performance_estimation import estimate_metrics
from leadlight.pipelines.findings.monitoring_codes import ESTIMATE_BELOW
from leadlight.pipelines.reporting.formatting import format_percent_brief
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset
from leadlight.pipelines.reports.monitoring.findings import WARNING, Check, MonitoringFinding
from leadlight.pipelines.reports.monitoring.stage_volumes import BARS
from leadlight.pipelines.workspace.time_words import describe_horizon

__all__ = ["ASSUMPTIONS", "check_estimated_performance"]

ASSUMPTIONS = (
    "the probabilities are calibrated: of leads given 20 % a share of 20 % wins",
    "the way from what is known of a lead to its chance is as it was in training (no concept drift)",
    "every lead wins or not by itself, whatever the others do",
)
#: warning if below the reference by: AUC difference, precision ratio
AUC_BELOW, PRECISION_BELOW = 0.05, 0.75
MIN_ABOVE = 20


def check_estimated_performance(
    dataset: MonitoringDataset, reference: dict[str, Any] | None
) -> tuple[Check, list[dict[str, Any]]]:
    """Estimate metrics of the run from its scores alone.

    Findings are never critical: the estimate rests on :data:`ASSUMPTIONS`, which only outcomes can check.

    Parameters
    ----------
    reference : dict or None
        See :func:`leadlight.models.validation.reference_population.build_reference`.

    Returns
    -------
    Check
    list of dict
        One a figure: name, value, low, high (95 %), and that of the reference.
    """
    p = dataset.scores["probability"].to_numpy(dtype=float)
    seed = dataset.params.training.seed
    then = reference["all"]["expected"] if reference else {}
    rows: list[dict[str, Any]] = [
        {"figure": name, **estimate.to_dict(), "reference": then.get(name), "leads": len(p)}
        for name, estimate in estimate_metrics(p, seed).items()
    ]
    findings = []
    auc = next(row for row in rows if row["figure"] == "auc")
    if auc["value"] and auc["reference"] and auc["value"] < auc["reference"] - AUC_BELOW:
        findings.append(MonitoringFinding(WARNING, ESTIMATE_BELOW, "Estimated AUC",
            f"the scores tell leads apart less well than at the training cut-off: expected AUC "
            f"{auc['value']:.2f}, then {auc['reference']:.2f}", {}))  # fmt: skip
    for key, short, bar in BARS:
        above = p[(dataset.scores["score"] >= bar).to_numpy()]
        row = _precision(above, seed) | {"figure": f"precision_{key}", "reference": then.get(key)}
        row["chosen"] = list(dataset.scorer.thresholds[key].precision)
        rows.append(row)
        known = row["value"] is not None and row["reference"] is not None and len(above) >= MIN_ABOVE
        if known and row["value"] < PRECISION_BELOW * row["reference"]:
            findings.append(MonitoringFinding(WARNING, ESTIMATE_BELOW, f"Estimated precision at {short}",
                f"of the leads at {short} {format_percent_brief(row['value'])} are expected to win, at the "
                f"training cut-off {format_percent_brief(row['reference'])}", {}))  # fmt: skip
    wins = rows[0]
    message = (
        f"expected AUC {auc['value']:.2f}, " if auc["value"] is not None else ""
    ) + f"{wins['value']:,.0f} wins{describe_horizon(dataset.scorer.metadata.horizon_shown)}"
    return Check("Estimate before outcomes", message, tuple(findings)), rows


def _precision(above: np.ndarray, seed: int) -> dict[str, Any]:
    if len(above) == 0:
        return {"value": None, "low": None, "high": None, "leads": 0}
    wins = estimate_metrics(above, seed)["wins"]
    n = len(above)
    return {"value": wins.value / n, "low": wins.low / n, "high": wins.high / n, "leads": n}
