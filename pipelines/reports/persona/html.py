"""A persona as one page that needs no network."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from leadlight.pipelines.reporting.rendering import load_template
from leadlight.pipelines.reports.persona.charts import plot_lift

__all__ = ["render_html"]

#: ranges that are listed first, of all topics
MAX_LISTED = 12


def render_html(report: dict[str, Any]) -> str:
    """Render the report of :func:`leadlight.pipelines.reports.persona.report.build_report` as HTML.

    Parameters
    ----------
    report : dict
        The report.
    """
    # the renderer of the pictures escapes the text in them
    pictures = {
        topic["feature"]: Markup(plot_lift(topic["ranges"], report["called"])) for topic in report["topics"]
    }
    return load_template(Path(__file__).parent, {"percent": format_percent}).render(
        report=report, pictures=pictures, strongest=report["strongest"][:MAX_LISTED]
    )


def format_percent(share: float) -> str:
    """Write a share in percent."""
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"
