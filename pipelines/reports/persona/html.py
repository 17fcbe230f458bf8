"""The buyer persona as one HTML page."""

from pathlib import Path
from typing import Any

from leadlight.pipelines.reporting.rendering import render_page
from leadlight.pipelines.reports.persona.charts import plot_lift

__all__ = ["render_html"]

#: ranges in the table over all topics
MAX_LISTED = 12


def render_html(report: dict[str, Any]) -> str:
    """Render the report of :func:`leadlight.pipelines.reports.persona.report.build_report` as HTML."""
    context = {
        "report": report,
        "charts": {t["feature"]: plot_lift(t["ranges"], report["called"]) for t in report["topics"]},
        "strongest": report["strongest"][:MAX_LISTED],
    }
    return render_page(Path(__file__).parent, context)
