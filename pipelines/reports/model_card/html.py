"""The model card as one page that needs no network."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from leadlight.pipelines.reporting.rendering import load_template
from leadlight.pipelines.reports.model_card.charts import plot_calibration, plot_topics
from leadlight.pipelines.reports.model_card.formatting import (
    FIGURES,
    format_count,
    format_decimals,
    format_share,
    format_signed,
    render_data_element,
)
from leadlight.pipelines.workspace.workdir import write_atomically, write_json

__all__ = ["render_html", "write_card"]

WINDOWS = {
    "learned": "Learned from",
    "judged": "of these, rungs compared and calibrated on",
    "test": "Tested on",
}


def _written(write: Callable[..., str]) -> Callable[..., Markup]:
    """Write a value, with its full value beside it."""
    return lambda value, *form: render_data_element(value, write(value, *form))


def _interval(write: Callable[..., str]) -> Callable[..., Markup]:
    """Write an interval, a mapping with low and high; a dash where an end has no value."""

    def written(row: Mapping[str, float | None], *form: int) -> Markup:
        ends = row["low"], row["high"]
        if None in ends:
            return Markup(write(None))
        return Markup("{} to {}").format(*(render_data_element(end, write(end, *form)) for end in ends))

    return written


FILTERS = {
    "count": _written(format_count),
    "share": _written(format_share),
    "decimals": _written(format_decimals),
    "signed": _written(format_signed),
    "shares": _interval(format_share),
    "interval": _interval(format_decimals),
    "signed_interval": _interval(format_signed),
}


def write_card(content: Mapping[str, Any], folder: Path) -> None:
    """Write ``card.json`` and ``card.html``.

    Parameters
    ----------
    content : mapping
        See :func:`leadlight.pipelines.reports.model_card.build.build_model_card`.
    folder : Path
        Where to.
    """
    text = render_html(content)
    write_json(folder / "card.json", content)
    with write_atomically(folder / "card.html") as temporary:
        temporary.write_text(text, encoding="utf-8")


def render_html(content: Mapping[str, Any]) -> str:
    """Render a card as HTML; every figure of a table is a ``data`` element with its full value.

    Parameters
    ----------
    content : mapping
        See :func:`leadlight.pipelines.reports.model_card.build.build_model_card`.
    """
    charts = {
        "calibration": plot_calibration(content["calibration"]["bands"]),
        "topics": plot_topics(content["topics"]),
    }
    # the renderer of the pictures escapes the text in them
    pictures = {name: Markup(svg) if svg else None for name, svg in charts.items()}
    return load_template(Path(__file__).parent, FILTERS).render(
        card=content, pictures=pictures, names=FIGURES, windows=WINDOWS
    )
