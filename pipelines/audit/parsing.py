"""Parse raw text as numbers and times of unknown format."""

import numpy as np
import pandas as pd

from leadlight.pipelines.sources.columns import number_formats
from leadlight.pipelines.sources.columns.number_formats import NumberFormat

__all__ = ["MIN_FIT", "convert_numbers", "parse_numbers", "parse_times"]

DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d.%m.%y", "%m/%d/%y")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
#: day before month first; the format that fits most texts wins
FORMATS = ("ISO8601", *(f"{day}{clock}" for day in DAYS for clock in CLOCKS))
_SAMPLE = 500
#: share of the values of a column that must be numbers in a format
MIN_FIT = 0.95


def parse_numbers(texts: pd.Series) -> np.ndarray:
    """Return float64, NaN where the text is no number."""
    return pd.to_numeric(texts, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)


def parse_times(texts: pd.Series) -> pd.Series:
    """Return naive times by the format that fits most of a sample; NaT where it does not fit.

    Times without a zone count as UTC: comparisons must allow a day of tolerance.
    """
    sample = texts.dropna().iloc[:_SAMPLE]
    parsed = {form: _parse_format(sample, form).notna().sum() for form in FORMATS}
    return _parse_format(texts, max(FORMATS, key=lambda form: parsed[form]))


def _parse_format(texts: pd.Series, form: str) -> pd.Series:
    times = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
    naive: pd.Series = times.dt.tz_localize(None).astype("datetime64[us]")
    return naive


def convert_numbers(frame: pd.DataFrame, form: NumberFormat, used: set[str]) -> pd.DataFrame:
    """Convert the columns with numbers in a format, so that they are taken for numbers.

    Parameters
    ----------
    frame : pd.DataFrame
        Raw columns.
    form : NumberFormat
        Decimal mark and thousands separator.
    used : set of str
        Keys and times, which stay as they are.
    """
    converted = {}
    for column in frame.columns:
        if column in used or pd.api.types.is_numeric_dtype(frame[column]):
            continue
        text = frame[column].astype("str").str.strip()
        present = frame[column].notna() & (text != "")
        numbers = number_formats.parse_numbers(frame[column], form)
        marked = text[present].str.contains(r"\d[^\d]\d", regex=True).any()
        if marked and present.any() and numbers[present].notna().mean() >= MIN_FIT:
            converted[column] = numbers
    return frame.assign(**converted)
