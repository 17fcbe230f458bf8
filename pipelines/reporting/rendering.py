"""HTML pages of reports: charts as inline SVG, axis labels, templates that extend ``base.html``."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from leadlight.pipelines.reporting.formatting import format_count, format_decimals, format_percent
from leadlight.pipelines.reporting.theme import apply_theme

__all__ = ["render_page", "render_svg", "truncate_labels"]

FILTERS: dict[str, Callable[..., Any]] = {"count": format_count, "decimals": format_decimals, "percent": format_percent}


def render_svg(chart: Any) -> Markup:
    """Render an Altair chart as SVG for inline use in HTML; vl_convert escapes its text."""
    svg = str(vl_convert.vegalite_to_svg(apply_theme(chart).to_dict()))
    # inline SVG needs no namespace, and pages must contain no address
    return Markup(re.sub(r'\sxmlns(:xlink)?="[^"]*"', "", svg))


def truncate_labels(labels: Iterable[str], max_length: int) -> list[str]:
    """Truncate long labels; labels that become equal stay distinct by zero-width spaces."""
    names: list[str] = []
    for name in labels:
        short = name if len(name) <= max_length else name[: max_length - 1] + "…"
        while short in names:
            short += "\u200b"
        names.append(short)
    return names


def render_page(
    folder: Path, context: Mapping[str, Any], filters: Mapping[str, Callable[..., Any]] | None = None
) -> str:
    """Render ``page.html`` of a report, with autoescape; an undefined name is an error.

    Parameters
    ----------
    folder : Path
        Folder of the report; ``base.html`` and ``macros.html`` lie beside this module.
    context : mapping
        Variables of the template.
    filters : mapping of str to callable, optional
        Formats of the report; they override :data:`FILTERS`.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS | dict(filters or {})
    return environment.get_template("page.html").render(context)
