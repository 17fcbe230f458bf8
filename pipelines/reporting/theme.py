"""Colours, fonts and sizes of all charts."""

from typing import Any

__all__ = ["AMBER", "BLUE", "DARK_GREY", "GREEN", "GREY", "INK", "LIGHT_GREY", "RED", "VIOLET", "apply_theme"]

INK = "#33383f"
BLUE, GREEN, RED, AMBER, VIOLET = "#1f5fa8", "#1c6b3a", "#b3261e", "#c77700", "#8e3b8a"
DARK_GREY, GREY, LIGHT_GREY = "#5b626c", "#8a9099", "#b9bec6"

AXIS = {
    "labelColor": INK,
    "titleColor": INK,
    "gridColor": "#e6e8eb",
    "titleFontWeight": "normal",
    "labelFontSize": 13,
    "titleFontSize": 13,
}


def apply_theme(chart: Any) -> Any:
    """Return an Altair chart with the configuration that all charts share."""
    return (
        chart.configure_view(stroke=None)
        .configure_axis(**AXIS)
        .configure_text(fontSize=12, color=INK)
        .configure_title(anchor="start", fontSize=13, fontWeight="normal", color=INK, offset=4)
    )
