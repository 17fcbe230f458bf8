"""Percentages, counts, decimals and intervals as English text; a dash for missing values."""

import math
from collections.abc import Sequence

__all__ = [
    "DASH",
    "NBSP",
    "format_count",
    "format_decimals",
    "format_interval",
    "format_number",
    "format_percent",
    "format_percent_bounded",
    "format_percent_brief",
    "format_percent_interval",
    "format_percent_scaled",
    "format_range",
    "format_signed",
    "format_significant",
]

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DASH = "–"


def format_count(number: float | None) -> str:
    """Format a whole number with thousands separators."""
    return DASH if _is_missing(number) else f"{number:,.0f}"


def format_decimals(value: float | None, places: int = 2) -> str:
    """Format a number with a fixed number of decimals; what rounds to zero has no sign."""
    if _is_missing(value):
        return DASH
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text.replace("-", MINUS)


def format_signed(value: float | None, places: int = 4) -> str:
    """Format a difference with its sign."""
    text = format_decimals(value, places)
    return text if text.startswith((MINUS, DASH)) or not text.strip("0.,") else f"+{text}"


def format_number(value: float) -> str:
    """Format a volume: one decimal below 10, thousands as ``k`` from 100,000."""
    if abs(value) >= 100_000:
        return f"{value / 1000:,.0f}k"
    return f"{value:,.1f}" if abs(value) < 10 and value != 0 else f"{value:,.0f}"


def format_significant(number: float) -> str:
    """Format a number with three significant digits, or as a whole number from 1,000."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def format_percent(share: float | None, places: int = 1) -> str:
    """Format a share as a percentage with a fixed number of decimals."""
    return DASH if share is None or _is_missing(share) else f"{100 * share:.{places}f}{NBSP}%"


def format_percent_scaled(share: float) -> str:
    """Format a share as a percentage, small shares with more decimals."""
    return format_percent(share, _count_places(share))


def format_percent_brief(share: float) -> str:
    """Format a share for a sentence: 0.4 %, 12 %."""
    if 0 < share < 0.001:
        return f"under 0.1{NBSP}%"
    return format_percent(share, int(share < 0.1)).replace(".0", "")


def format_percent_bounded(share: float) -> str:
    """Format a share for a sentence; only exact 0 and 1 print as 0 % and 100 %."""
    if 0 < share < 0.001:
        return "less than 0.1 %"
    if 0.999 < share < 1:
        return "more than 99.9 %"
    return f"{100 * share:.1f} %".replace(".0 %", " %")


def format_range(low: str, high: str) -> str:
    """Join two formatted ends of an interval."""
    return DASH if DASH in (low, high) else f"{low} to {high}"


def format_interval(estimate: Sequence[float] | None) -> str:
    """Format value, low and high as a number with its interval."""
    if estimate is None:
        return DASH
    value, low, high = (format_number(end) for end in estimate)
    return f"{value} ({low} to {high})"


def format_percent_interval(estimate: Sequence[float] | None) -> str:
    """Format value, low and high as a percentage with its interval."""
    if estimate is None:
        return DASH
    low, high = (f"{100 * end:.{_count_places(estimate[0])}f}" for end in estimate[1:])
    return f"{format_percent_scaled(estimate[0])} ({low} to {high})"


def _count_places(share: float) -> int:
    return 0 if share >= 0.3 or share == 0 else 1 if share >= 0.01 else 2


def _is_missing(value: float | None) -> bool:
    return value is None or not math.isfinite(value)
