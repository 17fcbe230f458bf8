"""The audit as one page that needs no network."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from leadlight.pipelines.audit.charts import plot_missingness, plot_months, plot_predictive_power
from leadlight.pipelines.audit.findings import format_percent
from leadlight.pipelines.audit.grouping import group_findings
from leadlight.pipelines.reporting.rendering import load_template

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
    # the renderer of the pictures escapes the text in them
    pictures = {name: Markup(svg) if svg else None for name, svg in charts.items()}
    return load_template(Path(__file__).parent, {"percent": format_percent}).render(
        report=report, told=group_findings(report["findings"]), pictures=pictures
    )
