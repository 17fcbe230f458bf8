"""The sentences of the report, and how its figures are written."""

from collections.abc import Mapping
from typing import Any

from leadlight.models.scoring.thresholds import Threshold
from leadlight.pipelines.params.sections import Policy

__all__ = [
    "SHORT",
    "TEAMS",
    "UNCALIBRATED",
    "describe_backtest",
    "format_interval",
    "format_number",
    "format_percent",
    "format_percent_interval",
    "render_policy_yaml",
    "write_headline",
]

SHORT = {"marketing_qualified": "MQL", "sales_qualified": "SQL"}
TEAMS = {"marketing_qualified": "marketing", "sales_qualified": "sales"}
UNCALIBRATED = (
    "The chances of this model did not pass their check on the test window: read them as ranks. "
    "Precision and recall were counted, and do not depend on it."
)
BLANK = "\N{NO-BREAK SPACE}"


def format_percent(rate: float) -> str:
    """Write a share with as many decimals as tell it from its neighbours."""
    return f"{rate * 100:.{_decimals(rate)}f}{BLANK}%"


def _decimals(rate: float) -> int:
    return 0 if rate >= 0.3 or rate == 0 else 1 if rate >= 0.01 else 2


def format_number(value: float) -> str:
    """Write a number: small ones with a decimal, large ones with separators or in thousands."""
    if abs(value) >= 100_000:
        return f"{value / 1000:,.0f}k"
    return f"{value:,.1f}" if abs(value) < 10 and value != 0 else f"{value:,.0f}"


def format_interval(figure: list[float] | None) -> str:
    """Write a number with its 95 % interval; a dash where there is none."""
    if figure is None:
        return "–"
    value, low, high = (format_number(end) for end in figure)
    return f"{value} ({low} to {high})"


def format_percent_interval(figure: list[float] | None) -> str:
    """Write a share with its 95 % interval; a dash where there is none."""
    if figure is None:
        return "–"
    low, high = (f"{end * 100:.{_decimals(figure[0])}f}" for end in figure[1:])
    return f"{format_percent(figure[0])} ({low} to {high})"


def write_headline(report: Mapping[str, Any]) -> str:
    """Say in one sentence what both thresholds bring, and to whom."""
    parts = []
    for name, threshold in (report["proposed"] or report["standing"]).items():
        precision = threshold["precision"]
        rate = f"{format_percent(precision[0])} of those above win" if precision else "nobody stands above it"
        weekly = threshold["entering_per_week"]
        volume = f"about {format_number(weekly[0])} new leads a week for {TEAMS[name]}, " if weekly else ""
        parts.append(
            f"{SHORT[name]} from a chance of {format_percent(threshold['probability'])}: {volume}{rate}"
        )
    opening = "Proposed: " if report["proposed"] else ""
    return f"{opening}{'; '.join(parts)}."


def describe_backtest(report: Mapping[str, Any]) -> str:
    """Say what the replay is, or why there is none."""
    told = report["replay"]
    if report["window"]["time"] != "dates":
        return "No replay: the source has no dates, so nobody can say who stood where in which week."
    if told is None:
        return "No replay: the test window holds fewer than two weeks with open leads."
    sampled = " a sample of" if told["standing_for"] > 1 else ""
    return (
        f"The model of today on{sampled} the leads open at each of {told['weeks']} weekly midnights from "
        f"{told['from'][:10]} to {told['to'][:10]}: the test window, which it did not learn from, and later "
        "than the scores that the thresholds were chosen on. It is for choosing a policy; a model chosen by "
        f"it would have seen its test. Outcomes are known of the first {told['weeks_known']} weeks."
    )


def render_policy_yaml(policy: Policy, thresholds: Mapping[str, Threshold]) -> str:
    """Write the section of params.yaml, with the agreement left to fill in."""
    given = {name: value for name, value in policy.economics.model_dump().items() if value is not None}
    economics = ", ".join(f"{name}: {value:g}" for name, value in given.items())
    lines = [
        "policy:",
        *(f"  {name}: {threshold.sentence}" for name, threshold in thresholds.items()),
        f"  min_leads: {policy.min_leads}",
        f"  hysteresis: {policy.hysteresis:g}",
        f"  economics: {{{economics}}}",
        '  agreed: {by: [WHO, WHO], "on": YYYY-MM-DD}  # who agreed, and when',
    ]
    return "\n".join(lines)
