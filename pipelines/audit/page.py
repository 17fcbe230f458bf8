"""The audit as one page that needs no network."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.audit.charts import missing_chart, months_chart, strength_chart
from pipelines.audit.findings import percent
from pipelines.audit.telling import tell

__all__ = ["page"]


def page(report: dict[str, Any]) -> str:
    """Render the report of :func:`pipelines.audit.report.examine` as HTML.

    Parameters
    ----------
    report : dict
        The report.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    charts = {
        "strength": strength_chart(report["columns"]),
        "missing": missing_chart(report["columns"]),
        "months": months_chart(report["months"], report["left_truncated_until"]),
    }
    # the renderer of the pictures escapes the text in them
    pictures = {name: Markup(svg) if svg else None for name, svg in charts.items()}
    return environment.get_template("page.html").render(
        report=report, told=tell(report["findings"]), pictures=pictures
    )
