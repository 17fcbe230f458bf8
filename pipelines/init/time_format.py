"""Which strptime format the texts of a column follow, and whether the data can tell days from months."""

import itertools
import re
import warnings
from dataclasses import dataclass, replace

import pandas as pd
from pandas.api import types
from pandas.tseries.api import guess_datetime_format

from leadlight.pipelines.sources.times import ZONE

__all__ = ["DetectedTimeFormat", "detect_time_format", "resolve_day_month_order"]

#: share of the values that must fit; the others will be found in quarantine
FITS = 0.9
GUESSED, TRIED = 40, 2_000
_DIGITS_OF_TIME = re.compile(r"\d{1,4}\D{1,3}\d{1,2}\D|\d{1,2}\D{1,3}[A-Za-z]{3}|[A-Za-z]{3,9}\.? \d|\d{8}")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}(:?\d{2}(:?\d{2}([.,]\d+)?)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?")
_YEARS = range(1980, 2100)
#: dates and clocks that pandas does not guess, for it wants two digits everywhere
_DAYS = [
    f"{first}{mark}{second}{mark}{year}"
    for mark in "./-"
    for first, second in (("%d", "%m"), ("%m", "%d"))
    for year in ("%Y", "%y")
]
_CLOCKS = ("", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S")


@dataclass(frozen=True)
class DetectedTimeFormat:
    """A column of times.

    Parameters
    ----------
    column : str
        Its name.
    format : str or None
        strptime format or ISO8601; None where the column is typed as time.
    times : pd.Series
        The times read, NaT where they do not fit; zones are taken off in UTC.
    fit : float
        Share of the present values that fit.
    other : str or None
        The format with day and month exchanged, where no value tells which is right.
    reason : str
        What decided between day and month first, in words; empty where nothing had to.
    by_day : bool
        Times without a clock.
    zoned : bool
        Every time carries its zone.
    """

    column: str
    format: str | None
    times: pd.Series
    fit: float
    other: str | None = None
    reason: str = ""
    by_day: bool = False
    zoned: bool = False

    @property
    def month_first(self) -> bool | None:
        """Whether the format has the month before the day; None for year-first and typed times."""
        places = [(self.format or "").find(part) for part in ("%d", "%m", "%y", "%Y")]
        day, month, short, year = places
        if min(day, month) < 0 or (max(year, short) < max(day, month)):
            return None
        return month < day


def detect_time_format(values: pd.Series) -> DetectedTimeFormat | None:
    """Find the format of a column.

    Parameters
    ----------
    values : pd.Series
        As read: all text from CSV, typed from Parquet.

    Returns
    -------
    TimeFound or None
        None where fewer than nine of ten values follow one format.
    """
    name = str(values.name)
    if types.infer_dtype(values, skipna=True) == "date":  # days of Parquet, typed as such
        values = pd.to_datetime(values)
    if types.is_datetime64_any_dtype(values):
        return _found(name, None, values, values) if values.notna().any() else None
    text = values.astype("str").str.strip()
    if types.is_float_dtype(values):
        text = text.str.replace(r"\.0$", "", regex=True)
    text = text.mask(values.isna() | (text == ""))
    distinct = pd.Series(text.dropna().unique()[:TRIED], dtype="str")
    if not len(distinct) or not distinct.str.contains(_DIGITS_OF_TIME, regex=True).mean() >= FITS:
        return None
    if distinct.str.fullmatch(_ISO.pattern).mean() >= FITS:
        return _iso(name, text, distinct)
    fits = {form: _share(distinct, form) for form in _candidates(distinct)}
    likely = [form for form, share in fits.items() if share >= FITS]
    if not likely:
        return None
    return _decided(name, text, likely)


def resolve_day_month_order(
    found: list[DetectedTimeFormat], values: list[pd.Series]
) -> list[DetectedTimeFormat]:
    """Let columns that can tell days from months speak for those of the same files that cannot.

    Parameters
    ----------
    found : list of TimeFound
        Of all files.
    values : list of pd.Series
        The columns they were found in.
    """
    told = {time.month_first for time in found if time.other is None and time.reason}
    if len(told) != 1:
        return found
    month_first = told.pop()
    agreed = []
    for time, column in zip(found, values, strict=True):
        if time.other is None:
            agreed.append(time)
            continue
        form = time.format if time.month_first == month_first else time.other
        text = column.astype("str").str.strip().mask(column.isna())
        again = _found(time.column, form, text, _read(text, form or ""))
        which = "month" if month_first else "day"
        agreed.append(replace(again, reason=f"{which} first, as elsewhere in these files"))
    return agreed


def _candidates(distinct: pd.Series) -> list[str]:
    sample = distinct.iloc[:: max(len(distinct) // GUESSED, 1)]
    found: dict[str, None] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns of what is asked here on purpose: both orders
        for text, first in itertools.product(sample, (True, False)):
            if guess := guess_datetime_format(text, dayfirst=first):
                found[guess] = None
    if distinct.str.match(r"\d{4}\D").mean() < FITS:
        found |= dict.fromkeys(day + clock for day, clock in itertools.product(_DAYS, _CLOCKS))
    return [form for form in found if not form.startswith(("%Y-%d", "%Y/%d", "%Y.%d", "%Y%d"))]


def _read(text: pd.Series, form: str) -> pd.Series:
    aware = form == "ISO8601" or "%z" in form
    times = pd.to_datetime(text, format=form, errors="coerce", utc=aware)
    return times.dt.tz_localize(None) if times.dt.tz is not None else times


def _share(distinct: pd.Series, form: str) -> float:
    times = _read(distinct, form)
    return float(times.dt.year.isin(_YEARS).mean())


def _iso(name: str, text: pd.Series, distinct: pd.Series) -> DetectedTimeFormat:
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"):
        if _share(distinct, form) == 1:
            return _found(name, form, text, _read(text, form))
    return _found(name, "ISO8601", text, _read(text, "ISO8601"))


def _decided(name: str, text: pd.Series, likely: list[str]) -> DetectedTimeFormat | None:
    found = [_found(name, form, text, _read(text, form)) for form in likely]
    best = max(found, key=lambda f: f.fit)
    if best.fit < FITS:
        return None
    rival = next((f for f in found if f.format == _exchanged(best.format or "")), None)
    if best.month_first is None:
        return best
    if rival is None or rival.fit < best.fit:
        which = "month" if best.month_first else "day"
        far = _first_over_twelve(text, best.month_first)
        return replace(best, reason=f"{which} first, as {far} shows" if far else f"{which} first")
    chosen, other = (rival, best) if best.month_first else (best, rival)
    return replace(chosen, other=other.format)


def _exchanged(form: str) -> str:
    return form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def _first_over_twelve(text: pd.Series, month_first: bool) -> str:
    place = 1 if month_first else 0
    parts = text.dropna().str.extract(r"^(\d{1,2})\D(\d{1,2})\D")[place]
    over = text.loc[parts.index][pd.to_numeric(parts, errors="coerce") > 12]
    return str(over.iloc[0]) if len(over) else ""


def _found(name: str, form: str | None, values: pd.Series, times: pd.Series) -> DetectedTimeFormat:
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
