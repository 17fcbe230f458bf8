"""The audit as one HTML page."""

from pathlib import Path
from typing import Any

from leadlight.pipelines.audit.charts import plot_missingness, plot_months, plot_predictive_power
from leadlight.pipelines.audit.grouping import group_findings
from leadlight.pipelines.audit.overview_text import describe_overview
from leadlight.pipelines.reporting.formatting import format_percent_bounded
from leadlight.pipelines.reporting.rendering import render_page

__all__ = ["render_html"]


def render_html(report: dict[str, Any]) -> str:
    """Render the report of :func:`leadlight.pipelines.audit.report.build_report` as HTML.

    Parameters
    ----------
    report : dict
        The report.
    """
    charts = {
        "strength": plot_predictive_power(report["columns"]),
        "missing": plot_missingness(report["columns"]),
        "months": plot_months(report["months"], report["left_truncated_until"]),
    }
    context: dict[str, Any] = {"report": report, "groups": group_findings(report["findings"]), "charts": charts}
    context["overview"] = describe_overview(report)
    return render_page(Path(__file__).parent, context, {"percent": format_percent_bounded})
