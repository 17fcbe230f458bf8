"""Formats of numbers and dates by language."""

import datetime as dt
import math
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import dates
from babel.numbers import format_decimal, format_percent

from leadlight.serving.text.messages import get_locale, translate

__all__ = [
    "MAX_PROBABILITY",
    "MIN_PROBABILITY",
    "format_date",
    "format_datetime",
    "format_lift",
    "format_number",
    "format_probability",
    "format_rate",
    "format_signed",
]

MIN_PROBABILITY, MAX_PROBABILITY = 0.001, 0.99
"""Probabilities beyond are shown as "under 0.1 %" and "over 99 %"."""

_MINUS = "\N{MINUS SIGN}"


def format_number(value: float, language: str) -> str:
    """Format a number, fractions with up to three significant digits."""
    if float(value).is_integer() or abs(value) >= 1000:
        return str(format_decimal(round(value), locale=get_locale(language)))
    decimals = max(1, 2 - math.floor(math.log10(abs(value))))
    return str(format_decimal(value, format="#,##0." + "#" * min(decimals, 6), locale=get_locale(language)))


def format_signed(points: int) -> str:
    """Format points with their sign: ``+14``, a true minus sign, and ``±0``."""
    if points == 0:
        return "±0"
    return f"+{points}" if points > 0 else f"{_MINUS}{-points}"


def format_probability(probability: float, language: str) -> str:
    """Format a probability in percent.

    Parameters
    ----------
    probability : float
        0 to 1.
    language : str

    Returns
    -------
    str
        One decimal below 10 percent, none above; extremes as "under 0.1 %" and "over 99 %".
    """
    if probability < MIN_PROBABILITY:
        return translate(language, "chance.under", percent=_format_percent(MIN_PROBABILITY, language, decimals=1))
    if probability > MAX_PROBABILITY:
        return translate(language, "chance.over", percent=_format_percent(MAX_PROBABILITY, language, decimals=0))
    return _format_percent(probability, language, decimals=1 if probability < 0.0995 else 0)


def format_rate(rate: float, language: str) -> str:
    """Format an observed rate: 0 and 1 exactly, else as :func:`format_probability`."""
    return _format_percent(rate, language, decimals=0) if rate in (0, 1) else format_probability(rate, language)


def format_lift(probability: float, base: float, language: str) -> str | None:
    """Format the ratio to the average, such as "3.2 times the average"; None without an average."""
    if base <= 0:
        return None
    lift = probability / base
    if 0.95 <= lift < 1.05:
        return translate(language, "ratio.same")
    if lift < 0.1:
        return translate(language, "ratio.low")
    times = format_decimal(lift, format="0.0" if lift < 9.95 else "#,##0", locale=get_locale(language))
    return translate(language, "ratio.times", times=times)


def format_date(day: dt.date, language: str) -> str:
    """Format a day in long form, such as "1 August 2025"."""
    return str(dates.format_date(day, format="long", locale=get_locale(language)))


def format_datetime(utc: dt.datetime, timezone: str, language: str, with_time: bool = False) -> str:
    """Format a time as the local date, or date and time, of a time zone.

    Parameters
    ----------
    utc : datetime
        Naive, UTC.
    timezone : str
        Name of a zone; UTC if unknown.
    language : str
    with_time : bool
        Whether to add hours and minutes.

    Returns
    -------
    str
    """
    try:
        zone: dt.tzinfo = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = dt.UTC
    local = utc.replace(tzinfo=dt.UTC).astimezone(zone)
    if not with_time:
        return format_date(local.date(), language)
    time = dates.format_time(local, format="short", locale=get_locale(language))
    return f"{format_date(local.date(), language)}, {time} ({local.tzinfo})"


def _format_percent(rate: float, language: str, decimals: int) -> str:
    pattern = get_locale(language).percent_formats[None].pattern.replace("#,##0", "#,##0.0" if decimals else "#,##0")
    return str(format_percent(rate, format=pattern, locale=get_locale(language)))
