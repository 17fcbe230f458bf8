"""Detect the strptime format of a column, and resolve the order of day and month."""

import itertools
import re
import warnings
from typing import NamedTuple

import pandas as pd
from pandas.api import types
from pandas.tseries.api import guess_datetime_format

from leadlight.pipelines.sources.columns.times import ZONE

__all__ = ["DetectedTimeFormat", "detect_time_format", "resolve_day_month_order", "swap_order"]

#: share of the values that must fit; the others go to quarantine
MIN_FIT = 0.9
MAX_GUESSED, MAX_TRIED = 40, 2_000
_DIGITS_OF_TIME = re.compile(r"\d{1,4}\D{1,3}\d{1,2}\D|\d{1,2}\D{1,3}[A-Za-z]{3}|[A-Za-z]{3,9}\.? \d|\d{8}")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}(:?\d{2}(:?\d{2}([.,]\d+)?)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?")
_YEARS = range(1980, 2100)
#: formats that pandas does not guess, because it requires two digits everywhere
_DAYS = [
    f"{first}{mark}{second}{mark}{year}"
    for mark in "./-"
    for first, second in (("%d", "%m"), ("%m", "%d"))
    for year in ("%Y", "%y")
]
_CLOCKS = ("", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S")


class DetectedTimeFormat(NamedTuple):
    """A column of times."""

    column: str
    format: str | None  # strptime format or ISO8601; None for a column typed as time
    times: pd.Series  # naive (UTC if they have a zone), NaT where they do not fit
    fit: float  # share of the present values that fit
    other: str | None = None  # the format with day and month swapped, where the values do not decide
    reason: str = ""  # what decided between day and month first
    by_day: bool = False  # whether all times are midnights
    zoned: bool = False  # whether every time has a zone

    @property
    def month_first(self) -> bool | None:
        """Whether the month comes before the day; None for year-first and typed times."""
        places = [(self.format or "").find(part) for part in ("%d", "%m", "%y", "%Y")]
        day, month, short, year = places
        if min(day, month) < 0 or (max(year, short) < max(day, month)):
            return None
        return month < day


def detect_time_format(values: pd.Series) -> DetectedTimeFormat | None:
    """Detect the format of a column.

    Parameters
    ----------
    values : pd.Series
        Raw values: text from CSV, typed from Parquet.

    Returns
    -------
    DetectedTimeFormat or None
        None where fewer than nine of ten values fit one format.
    """
    name = str(values.name)
    if types.infer_dtype(values, skipna=True) == "date":  # days in Parquet
        values = pd.to_datetime(values)
    if types.is_datetime64_any_dtype(values):
        return _build_format(name, None, values, values) if values.notna().any() else None
    text = values.astype("str").str.strip()
    if types.is_float_dtype(values):
        text = text.str.replace(r"\.0$", "", regex=True)
    text = text.mask(values.isna() | (text == ""))
    distinct = pd.Series(text.dropna().unique()[:MAX_TRIED], dtype="str")
    if not len(distinct) or not distinct.str.contains(_DIGITS_OF_TIME, regex=True).mean() >= MIN_FIT:
        return None
    if distinct.str.fullmatch(_ISO.pattern).mean() >= MIN_FIT:
        return _detect_iso(name, text, distinct)
    fits = {form: _measure_fit(distinct, form) for form in _guess_formats(distinct)}
    likely = [form for form, share in fits.items() if share >= MIN_FIT]
    if not likely:
        return None
    return _choose_format(name, text, likely)


def resolve_day_month_order(detected: list[DetectedTimeFormat], values: list[pd.Series]) -> list[DetectedTimeFormat]:
    """Apply the day and month order of unambiguous columns to ambiguous ones of the same files.

    Parameters
    ----------
    detected : list of DetectedTimeFormat
        Of all files.
    values : list of pd.Series
        The raw columns.
    """
    orders = {time.month_first for time in detected if time.other is None and time.reason}
    if len(orders) != 1:
        return detected
    month_first = orders.pop()
    resolved = []
    for time, column in zip(detected, values, strict=True):
        if time.other is None:
            resolved.append(time)
            continue
        chosen = time if time.month_first == month_first else swap_order(time, column)
        which = "month" if month_first else "day"
        resolved.append(chosen._replace(reason=f"{which} first, as elsewhere in these files", other=None))
    return resolved


def swap_order(time: DetectedTimeFormat, values: pd.Series) -> DetectedTimeFormat:
    """Read a column whose values fit both orders of day and month in the other one."""
    text = values.astype("str").str.strip().mask(values.isna())
    parsed = _build_format(time.column, time.other, text, _parse(text, time.other or ""))
    return parsed._replace(other=time.format)


def _guess_formats(distinct: pd.Series) -> list[str]:
    sample = distinct.iloc[:: max(len(distinct) // MAX_GUESSED, 1)]
    forms: dict[str, None] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns when both orders are tried
        for text, first in itertools.product(sample, (True, False)):
            if guess := guess_datetime_format(text, dayfirst=first):
                forms[guess] = None
    if distinct.str.match(r"\d{4}\D").mean() < MIN_FIT:
        forms |= dict.fromkeys(day + clock for day, clock in itertools.product(_DAYS, _CLOCKS))
    return [form for form in forms if not form.startswith(("%Y-%d", "%Y/%d", "%Y.%d", "%Y%d"))]


def _parse(text: pd.Series, form: str) -> pd.Series:
    aware = form == "ISO8601" or "%z" in form
    times = pd.to_datetime(text, format=form, errors="coerce", utc=aware)
    return times.dt.tz_localize(None) if times.dt.tz is not None else times


def _measure_fit(distinct: pd.Series, form: str) -> float:
    times = _parse(distinct, form)
    return float(times.dt.year.isin(_YEARS).mean())


def _detect_iso(name: str, text: pd.Series, distinct: pd.Series) -> DetectedTimeFormat:
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"):
        if _measure_fit(distinct, form) == 1:
            return _build_format(name, form, text, _parse(text, form))
    return _build_format(name, "ISO8601", text, _parse(text, "ISO8601"))


def _choose_format(name: str, text: pd.Series, likely: list[str]) -> DetectedTimeFormat | None:
    formats = [_build_format(name, form, text, _parse(text, form)) for form in likely]
    best = max(formats, key=lambda f: f.fit)
    if best.fit < MIN_FIT:
        return None
    rival = next((f for f in formats if f.format == _swap_day_month(best.format or "")), None)
    if best.month_first is None:
        return best
    if rival is None or rival.fit < best.fit:
        which = "month" if best.month_first else "day"
        example = _find_day_over_twelve(text, best.month_first)
        return best._replace(reason=f"{which} first, as {example} shows" if example else f"{which} first")
    chosen, other = (rival, best) if best.month_first else (best, rival)
    return chosen._replace(other=other.format)


def _swap_day_month(form: str) -> str:
    return form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def _find_day_over_twelve(text: pd.Series, month_first: bool) -> str:
    place = 1 if month_first else 0
    parts = text.dropna().str.extract(r"^(\d{1,2})\D(\d{1,2})\D")[place]
    over = text.loc[parts.index][pd.to_numeric(parts, errors="coerce") > 12]
    return str(over.iloc[0]) if len(over) else ""


def _build_format(name: str, form: str | None, values: pd.Series, times: pd.Series) -> DetectedTimeFormat:
    zoned = times.dt.tz is not None
    if zoned:
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    elif form == "ISO8601" or "%z" in (form or ""):
        zoned = bool(values.dropna().str.contains(ZONE, regex=True).all())
    present = values.notna().sum()
    days = times.dropna()
    return DetectedTimeFormat(
        name,
        form,
        times,
        fit=float(times.notna().sum() / present) if present else 0.0,
        by_day=bool((days == days.dt.normalize()).all()),
        zoned=zoned,
    )
