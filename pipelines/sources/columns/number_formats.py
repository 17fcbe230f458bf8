"""Read numbers from text by decimal mark and thousands separator, and detect both from a column."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["PLAIN", "DetectedNumberFormat", "NumberFormat", "detect_number_format", "parse_numbers"]

#: blank, no-break space, thin space, narrow no-break space
_BLANKS = " \u00a0\u2009\u202f"
_APOSTROPHES = "'\u2019"
_MAX_DISTINCT = 50_000


class NumberFormat(NamedTuple):
    """Decimal mark and thousands separator; empty for no separator."""

    decimal: str = "."
    thousands: str = ""


PLAIN = NumberFormat()
#: in the order of preference where several fit equally well and mean the same
_FORMATS = (
    PLAIN,
    NumberFormat(".", ","),
    NumberFormat(",", "."),
    NumberFormat(",", " "),
    NumberFormat(".", "'"),
    NumberFormat(".", " "),
    NumberFormat(",", "'"),
    NumberFormat(",", ""),
)


class DetectedNumberFormat(NamedTuple):
    """The format of a column of numbers as text."""

    decimal: str
    thousands: str
    #: share of the present values that it reads
    fit: float
    #: whether another format reads as many values as other numbers, so that the user must look
    is_doubtful: bool
    #: a value that shows the marks; empty where no value has one
    example: str


def parse_numbers(values: pd.Series, form: NumberFormat = PLAIN) -> pd.Series:
    """Convert values to finite float64.

    Parameters
    ----------
    values : pd.Series
        Text, or numbers, which are kept whatever the format is.
    form : NumberFormat
        How the text is written. Thousands must stand in groups of three digits.

    Returns
    -------
    pd.Series of float64
        NaN where a value is missing, no number in this format, or not finite.
    """
    if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values):
        return pd.Series(np.nan, index=values.index)  # pandas would count nanoseconds
    if form != PLAIN and not pd.api.types.is_numeric_dtype(values):
        text = values.astype("str").str.strip().mask(values.isna())
        fits = text.str.fullmatch(_compile(form)).fillna(False).astype(bool)
        for mark in _expand(form.thousands):
            text = text.str.replace(mark, "", regex=False)
        values = text.str.replace(form.decimal, ".", regex=False).where(fits)
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def detect_number_format(values: pd.Series) -> DetectedNumberFormat | None:
    """Detect decimal mark and thousands separator from a whole column.

    Where each mark has exactly three digits behind it, as in ``4.917`` beside ``350``, it is taken for a
    thousands separator, and the result is doubtful.

    Parameters
    ----------
    values : pd.Series
        Raw values; missing ones must be NA or empty text.

    Returns
    -------
    DetectedNumberFormat or None
        The format that reads most values; None where no value is a number in any format.
    """
    if pd.api.types.is_numeric_dtype(values):
        return DetectedNumberFormat(*PLAIN, fit=1.0, is_doubtful=False, example="") if values.notna().any() else None
    text = values.astype("str").str.strip().mask(values.isna())
    counts = text[text != ""].dropna().value_counts()
    distinct = pd.Series(counts.index[:_MAX_DISTINCT], dtype="str")
    weights = counts.to_numpy()[:_MAX_DISTINCT]
    numbers = {form: parse_numbers(distinct, form).to_numpy() for form in _FORMATS}
    fits = {form: float(weights[np.isfinite(found)].sum()) for form, found in numbers.items()}
    best = max(fits.values(), default=0.0)
    if not best:
        return None
    likely = [form for form in _FORMATS if fits[form] == best]
    chosen = max(likely, key=lambda form: _count_grouped(distinct, form))
    rivals = [form for form in likely if not np.array_equal(numbers[form], numbers[chosen], equal_nan=True)]
    marked = distinct[np.isfinite(numbers[chosen]) & distinct.str.contains(r"\d\D+\d", regex=True).to_numpy(dtype=bool)]
    example = str(marked.iloc[0]) if len(marked) else ""
    return DetectedNumberFormat(*chosen, fit=best / float(weights.sum()), is_doubtful=bool(rivals), example=example)


def _count_grouped(distinct: pd.Series, form: NumberFormat) -> int:
    """Count the values in which the thousands separator stands."""
    if not form.thousands:
        return 0
    fits = distinct.str.fullmatch(_compile(form)).astype(bool)
    return int(distinct[fits].str.contains(f"[{re.escape(_expand(form.thousands))}]", regex=True).sum())


def _compile(form: NumberFormat) -> str:
    grouped = rf"|[1-9]\d{{0,2}}(?:[{re.escape(_expand(form.thousands))}]\d{{3}})+" if form.thousands else ""
    mark = re.escape(form.decimal)
    return rf"[+-]?(?:(?:\d+{grouped})(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?"


def _expand(thousands: str) -> str:
    return {" ": _BLANKS, "'": _APOSTROPHES}.get(thousands, thousands)
