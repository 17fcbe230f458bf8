"""The model card as one HTML page."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from leadlight.pipelines.reporting.formatting import DASH, format_count, format_decimals, format_percent, format_signed
from leadlight.pipelines.reporting.rendering import render_page
from leadlight.pipelines.reporting.report import write_files
from leadlight.pipelines.reports.model_card.charts import plot_calibration, plot_topics
from leadlight.pipelines.reports.model_card.labels import GROUPS, METRICS, MODELS
from leadlight.pipelines.workspace.agreement import describe_agreement

__all__ = ["render_html", "write_card"]

WINDOWS = {"learned": "Judged: learned from", "test": "Judged: tested on", "serves": "What serves: learned from"}


def _with_value(form: Callable[..., str]) -> Callable[..., Markup]:
    """Return a filter that marks a formatted number with its machine-readable full value."""

    def render(value: float | None, *args: int) -> Markup:
        text = form(value, *args)
        return Markup(text) if text == DASH else Markup('<data value="{}">{}</data>').format(value, text)

    return render


def _as_interval(form: Callable[..., str]) -> Callable[..., Markup]:
    """Return a filter for an interval: a mapping with low and high."""
    render = _with_value(form)

    def render_interval(row: Mapping[str, float | None], *args: int) -> Markup:
        if row["low"] is None or row["high"] is None:
            return Markup(DASH)
        return Markup("{} to {}").format(render(row["low"], *args), render(row["high"], *args))

    return render_interval


FILTERS = {
    "count": _with_value(format_count),
    "percent": _with_value(format_percent),
    "decimals": _with_value(format_decimals),
    "signed": _with_value(format_signed),
    "percent_interval": _as_interval(format_percent),
    "interval": _as_interval(format_decimals),
    "signed_interval": _as_interval(format_signed),
}


def write_card(content: Mapping[str, Any], folder: Path) -> None:
    """Write ``card.json`` and ``card.html`` with the content of ``build_model_card``."""
    write_files(folder, {"card.json": content, "card.html": render_html(content, folder)})


def render_html(content: Mapping[str, Any], folder: Path | None = None) -> str:
    """Render a card as HTML; each number is a ``data`` element with its full value.

    Parameters
    ----------
    content : mapping
        What ``build_model_card`` gave.
    folder : Path, optional
        Folder of the PNG files that it names, which become part of the page; without it, the page has none.
    """
    charts = {"calibration": plot_calibration(content["calibration"]["bins"]), "topics": plot_topics(content["topics"])}
    plots = content["explanations"] if folder is not None else []
    images = {plot["file"]: _encode_image(Path(folder or "") / plot["file"]) for plot in plots}
    agreement = describe_agreement(content["agreed"], policy_agreed=content["policy_agreed"])
    context = {
        "card": content,
        "agreement": agreement,
        "charts": charts,
        "images": images,
        "groups": GROUPS,
        "metrics": METRICS,
        "models": MODELS,
        "windows": WINDOWS,
    }
    return render_page(Path(__file__).parent, context, FILTERS)


def _encode_image(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
