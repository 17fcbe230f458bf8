"""What every report page is made with: pictures as SVG, short names for their axes, templates."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

__all__ = ["INK", "load_template", "render_svg", "truncate_labels"]

INK = "#33383f"


def render_svg(chart: Any) -> str:
    """Draw an altair chart as SVG to be put into HTML; the renderer escapes the text in it.

    Parameters
    ----------
    chart : altair.TopLevelMixin
        Any chart.
    """
    styled = chart.configure_view(stroke=None).configure_axis(
        labelColor=INK,
        titleColor=INK,
        gridColor="#e6e8eb",
        titleFontWeight="normal",
        labelFontSize=13,
        titleFontSize=13,
    )
    svg = str(vl_convert.vegalite_to_svg(styled.to_dict()))
    # inside HTML an SVG needs no address of its namespace
    return re.sub(r'\sxmlns(:xlink)?="[^"]*"', "", svg)


def truncate_labels(given: Iterable[str], longest: int) -> list[str]:
    """Cut long names, each of them still one of its own: two long ones may begin alike.

    Parameters
    ----------
    given : iterable of str
        Names.
    longest : int
        Most characters.
    """
    names: list[str] = []
    for name in given:
        short = name if len(name) <= longest else name[: longest - 1] + "…"
        while short in names:
            short += "\u200b"
        names.append(short)
    return names


def load_template(folder: Path, filters: Mapping[str, Callable[..., Any]]) -> Template:
    """Read ``page.html`` of a folder; what is written into it is escaped, what is not given is an error.

    Parameters
    ----------
    folder : Path
        Where it lies.
    filters : mapping of str to callable
        What it writes values with.
    """
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= dict(filters)
    return environment.get_template("page.html")
