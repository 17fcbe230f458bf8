"""The audit as one page that needs no network."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from leadlight.pipelines.audit.charts import missing_chart, months_chart, strength_chart
from leadlight.pipelines.audit.findings import percent
from leadlight.pipelines.audit.grouping import tell
from leadlight.pipelines.reporting.rendering import template

__all__ = ["page"]


def page(report: dict[str, Any]) -> str:
    """Render the report of :func:`leadlight.pipelines.audit.report.examine` as HTML.

    Parameters
    ----------
    report : dict
        The report.
    """
    charts = {
        "strength": strength_chart(report["columns"]),
        "missing": missing_chart(report["columns"]),
        "months": months_chart(report["months"], report["left_truncated_until"]),
    }
    # the renderer of the pictures escapes the text in them
    pictures = {name: Markup(svg) if svg else None for name, svg in charts.items()}
    return template(Path(__file__).parent, {"percent": percent}).render(
        report=report, told=tell(report["findings"]), pictures=pictures
    )
