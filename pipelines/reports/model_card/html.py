"""The model card as one page that needs no network."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from leadlight.pipelines.reporting.rendering import template
from leadlight.pipelines.reports.model_card.charts import calibration_chart, topics_chart
from leadlight.pipelines.reports.model_card.formatting import FIGURES, count, decimals, figure, share, signed
from leadlight.pipelines.workspace.workdir import replacing, write_json

__all__ = ["page", "write_card"]

WINDOWS = {
    "learned": "Learned from",
    "judged": "of these, rungs compared and calibrated on",
    "test": "Tested on",
}


def _written(write: Callable[..., str]) -> Callable[..., Markup]:
    """Write a value, with its full value beside it."""
    return lambda value, *form: figure(value, write(value, *form))


def _interval(write: Callable[..., str]) -> Callable[..., Markup]:
    """Write an interval, a mapping with low and high; a dash where an end has no value."""

    def written(row: Mapping[str, float | None], *form: int) -> Markup:
        ends = row["low"], row["high"]
        if None in ends:
            return Markup(write(None))
        return Markup("{} to {}").format(*(figure(end, write(end, *form)) for end in ends))

    return written


FILTERS = {
    "count": _written(count),
    "share": _written(share),
    "decimals": _written(decimals),
    "signed": _written(signed),
    "shares": _interval(share),
    "interval": _interval(decimals),
    "signed_interval": _interval(signed),
}


def write_card(content: Mapping[str, Any], folder: Path) -> None:
    """Write ``card.json`` and ``card.html``.

    Parameters
    ----------
    content : mapping
        See :func:`leadlight.pipelines.reports.model_card.build.card`.
    folder : Path
        Where to.
    """
    text = page(content)
    write_json(folder / "card.json", content)
    with replacing(folder / "card.html") as temporary:
        temporary.write_text(text, encoding="utf-8")


def page(content: Mapping[str, Any]) -> str:
    """Render a card as HTML; every figure of a table is a ``data`` element with its full value.

    Parameters
    ----------
    content : mapping
        See :func:`leadlight.pipelines.reports.model_card.build.card`.
    """
    charts = {
        "calibration": calibration_chart(content["calibration"]["bands"]),
        "topics": topics_chart(content["topics"]),
    }
    # the renderer of the pictures escapes the text in them
    pictures = {name: Markup(svg) if svg else None for name, svg in charts.items()}
    return template(Path(__file__).parent, FILTERS).render(
        card=content, pictures=pictures, names=FIGURES, windows=WINDOWS
    )
