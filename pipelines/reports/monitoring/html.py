"""The monitoring report as one HTML page."""

from pathlib import Path
from typing import Any

from leadlight.pipelines.reporting.formatting import format_percent_brief
from leadlight.pipelines.reporting.rendering import render_page
from leadlight.pipelines.reports.monitoring.charts import plot_drift, plot_outcomes, plot_scores
from leadlight.pipelines.reports.monitoring.findings import OK

__all__ = ["render_html"]

#: topics in the chart, and in the table; watch.json has all
MAX_DRAWN, MAX_LISTED = 12, 40


def render_html(report: dict[str, Any]) -> str:
    """Render the report of :func:`leadlight.pipelines.reports.monitoring.watch.run_checks` as HTML."""
    features = _by_topic(report["features"])
    limits, scores = report["limits"], report["scores"]
    charts = {
        "drift": plot_drift(features[:MAX_DRAWN], limits["warning"], limits["critical"]),
        "scores": plot_scores(scores["before"], scores["now"]) if scores["before"] else None,
        "outcomes": plot_outcomes(report["outcomes"]["nights"]),
    }
    context = {"report": report, "charts": charts, "features": features[:MAX_LISTED]}
    return render_page(Path(__file__).parent, context, {"percent": format_percent_brief})


def _by_topic(features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the feature of each topic that drifted most, warnings first."""
    ranked = sorted(features, key=lambda m: (m["level"] == OK, -m["beyond"], -m["psi"]))
    first: dict[str, dict[str, Any]] = {}
    for row in ranked:
        first.setdefault(row["topic"], row)
    return list(first.values())
