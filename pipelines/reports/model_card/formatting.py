"""How figures are written on a card, and how models and figures are called."""

import math
from typing import Any

from markupsafe import Markup

__all__ = [
    "CANDIDATE_LABELS",
    "FIGURES",
    "MODELS",
    "format_between",
    "format_count",
    "format_decimals",
    "format_share",
    "format_signed",
    "get_display_name",
    "render_data_element",
]

BLANK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
NOTHING = "–"

#: from the simplest to the least simple
CANDIDATE_LABELS = {
    "points": "the rule book",
    "logistic": "a logistic model",
    "additive": "additive boosted trees",
    "interactions": "boosted trees with interactions",
    "blend": "the mean of the logistic model and boosted trees",
}
MODELS = {
    "leadlight": "Leadlight",
    "constant": "Base rate for all",
    "points_table": "Today's rule book",
    "plain_logistic": "Plain logistic regression",
    "default_lightgbm": "LightGBM as it comes",
}
#: name and decimals
FIGURES = {
    "log_loss": ("Log loss (nats)", 4),
    "brier": ("Brier score", 4),
    "auc": ("AUC", 3),
    "average_precision": ("Average precision", 3),
    "lift_at_10_percent": ("Lift of the best tenth", 2),
    "ece": ("ECE", 4),
}


def get_display_name(names: dict[str, str], key: str) -> str:
    """Return the name of a key, or the key in words where it has none."""
    return names.get(key, key.replace("_", " "))


def format_count(number: float | None) -> str:
    """Write a whole number."""
    return NOTHING if _nothing(number) else f"{number:,.0f}"


def format_share(value: float | None) -> str:
    """Write a share in percent with one decimal."""
    return NOTHING if _nothing(value) else f"{100 * float(value or 0):.1f}{BLANK}%"


def format_decimals(value: float | None, places: int = 2) -> str:
    """Write a figure with its decimals; what rounds to nothing has no sign."""
    if _nothing(value):
        return NOTHING
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text.replace("-", MINUS)


def format_signed(value: float | None, places: int = 4) -> str:
    """Write a difference, its sign always."""
    text = format_decimals(value, places)
    return text if text.startswith((MINUS, NOTHING)) or not text.strip("0.,") else f"+{text}"


def format_between(low: str, high: str) -> str:
    """Write an interval of two written figures."""
    return NOTHING if NOTHING in (low, high) else f"{low} to {high}"


def render_data_element(value: Any, text: str) -> Markup:
    """Mark a written figure with its full value, which a machine can read off the page."""
    return Markup(text) if _nothing(value) else Markup('<data value="{}">{}</data>').format(value, text)


def _nothing(value: float | None) -> bool:
    return value is None or not math.isfinite(value)
