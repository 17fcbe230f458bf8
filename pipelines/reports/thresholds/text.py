"""Sentences of the thresholds report."""

from collections.abc import Mapping
from typing import Any

from leadlight.models.scoring.calibration_answers import FAILS, TOO_LITTLE_EVIDENCE
from leadlight.models.scoring.thresholds import SHORT_NAMES, Threshold
from leadlight.pipelines.params.sections import Policy
from leadlight.pipelines.reporting.formatting import format_number, format_percent_scaled

__all__ = ["TEAMS", "UNCALIBRATED", "describe_backtest", "render_policy_yaml", "write_headline"]

TEAMS = {"marketing_qualified": "marketing", "sales_qualified": "sales"}
_COUNTED = "Precision and recall were counted, and do not depend on it."
#: answer of the calibration check -> what to make of the chances
UNCALIBRATED = {
    FAILS: f"The chances of this model did not match outcomes closely enough: read them as ranks. {_COUNTED}",
    TOO_LITTLE_EVIDENCE: "There is too little evidence that the chances of this model match outcomes: read them as "
    f"ranks. {_COUNTED}",
}


def write_headline(report: Mapping[str, Any]) -> str:
    """Return weekly volume and precision of both thresholds in one sentence."""
    parts = []
    for name, threshold in (report["proposed"] or report["standing"]).items():
        precision = threshold["precision"]
        rate = f"{format_percent_scaled(precision[0])} of those above win" if precision else "nobody stands above it"
        weekly = threshold["entering_per_week"]
        volume = f"about {format_number(weekly[0])} new leads a week for {TEAMS[name]}, " if weekly else ""
        parts.append(
            f"{SHORT_NAMES[name]} from a chance of {format_percent_scaled(threshold['probability'])}: {volume}{rate}"
        )
    opening = "Proposed: " if report["proposed"] else ""
    return f"{opening}{'; '.join(parts)}."


def describe_backtest(report: Mapping[str, Any]) -> str:
    """Describe the backtest, or why there is none."""
    backtest = report["replay"]
    if report["window"]["time"] != "dates":
        return "No replay: the source has no dates, so that past weeks are not known."
    if report["window"]["test_start"] is None:
        return "No replay: the history is too short for a test window, and the leads of past weeks were learned from."
    if backtest is None:
        return "No replay: the test window holds fewer than two weeks with open leads."
    sampled = " a sample of" if backtest["weight"] > 1 else ""
    return (
        f"The model of today on{sampled} the leads open at each of {backtest['weeks']} weekly midnights from "
        f"{backtest['from'][:10]} to {backtest['to'][:10]}: the test window, which it did not learn from, "
        "and later than the scores that the thresholds were chosen on. It is for choosing a policy; a model "
        "chosen by it would have seen its test. Outcomes are known of the first "
        f"{backtest['weeks_known']} weeks."
        + ("" if backtest["leads_won"] else " None of these leads won within the horizon: shares of 0 % say nothing.")
    )


def render_policy_yaml(policy: Policy, thresholds: Mapping[str, Threshold]) -> str:
    """Render the policy section of params.yaml, with the agreement to fill in."""
    given = {name: value for name, value in policy.economics.model_dump().items() if value is not None}
    economics = ", ".join(f"{name}: {value:g}" for name, value in given.items())
    lines = [
        "policy:",
        *(f"  {name}: {threshold.sentence}" for name, threshold in thresholds.items()),
        f"  min_leads: {policy.min_leads}",
        f"  hysteresis: {policy.hysteresis:g}",
        f"  economics: {{{economics}}}",
        "  agreed:  # who agreed, when, and on what",
        "    by: [WHO, WHO]",
        '    "on": YYYY-MM-DD',
        *(f"    {name}: {threshold.sentence}" for name, threshold in thresholds.items()),
    ]
    return "\n".join(lines)
