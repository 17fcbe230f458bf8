"""A persona as one page that needs no network."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from leadlight.pipelines.reporting.rendering import template
from leadlight.pipelines.reports.persona.charts import lift_chart

__all__ = ["page"]

#: ranges that are listed first, of all topics
MOST_LISTED = 12


def page(report: dict[str, Any]) -> str:
    """Render the report of :func:`leadlight.pipelines.reports.persona.report.examine` as HTML.

    Parameters
    ----------
    report : dict
        The report.
    """
    # the renderer of the pictures escapes the text in them
    pictures = {
        topic["feature"]: Markup(lift_chart(topic["ranges"], report["called"])) for topic in report["topics"]
    }
    return template(Path(__file__).parent, {"percent": percent}).render(
        report=report, pictures=pictures, strongest=report["strongest"][:MOST_LISTED]
    )


def percent(share: float) -> str:
    """Write a share in percent."""
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"
