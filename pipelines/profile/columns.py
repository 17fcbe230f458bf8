"""Profile a column of raw values: kind, missing values, placeholders."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types

from leadlight.pipelines.profile.placeholders import (
    Placeholder,
    find_missing_markers,
    find_sentinel_dates,
    find_sentinel_numbers,
)

__all__ = ["ColumnProfile", "Kind", "Placeholder", "convert_to_text", "list_placeholders", "profile_column"]

Kind = Literal["empty", "constant", "number", "time", "identifier", "email", "category", "text"]

TOP, RARE_BELOW = 5, 10
#: least share of values that parse as number, time or address; the rest may be errors
MAJORITY_THRESHOLD = 0.95
#: rows from which a column of unique values counts as an identifier
MIN_IDENTIFIER_ROWS = 20
#: distinct values sampled to detect the kind
MAX_SAMPLED = 2000

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ZONE = r"(?:Z|z|[A-Z]{3,4}|[+-]\d{2}(?::?\d{2})?)"
_CLOCK = rf"(?:[T ]\s*\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*{_ZONE}?)?"
_DIGITS = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _CLOCK)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})" + _CLOCK)
_NAMED_MONTH = re.compile(
    r"(?:\d{1,2}[ .-]+[A-Za-zäçûé]{3,10}[ .,-]+\d{2,4}"
    r"|[A-Za-zäçûé]{3,10}\.? \d{1,2},? \d{4})" + _CLOCK
)


class ColumnProfile(NamedTuple):
    """Profile of a column.

    ``kind`` is identifier for nearly unique values, category also for flags such as 0 and 1, and text for many
    words that are nearly unique. Rows are missing if they are empty or have a text listed as missing.
    """

    kind: Kind
    rows: int
    missing: int
    missing_share: float
    placeholders: tuple[Placeholder, ...]  # not listed as missing; most frequent first
    distinct: int  # values, without missing ones
    top: tuple[tuple[str, int], ...]  # most frequent values with their rows
    rare: int  # values with fewer than ten rows
    mostly_constant_share: float  # share of the most frequent value among the filled rows; 0 without any


def profile_column(values: pd.Series, missing: Iterable[str] = ()) -> ColumnProfile:
    """Profile a column.

    Parameters
    ----------
    values : pd.Series
        As read: all text from CSV, typed from Parquet and SQL.
    missing : iterable of str
        Texts that mean "not known", besides empty text.
    """
    counts = _count_texts(values, missing)
    rows, present = len(values), int(counts.sum())
    placeholders = _find_placeholders(counts, rows, values.dtype)
    known = counts.drop([p.text for p in placeholders])
    return ColumnProfile(
        kind=_detect_kind(known if len(known) else counts, values.dtype),
        rows=rows,
        missing=rows - present,
        missing_share=(rows - present) / rows if rows else 0.0,
        placeholders=placeholders,
        distinct=len(counts),
        top=tuple((str(text), int(n)) for text, n in counts.head(TOP).items()),
        rare=int((counts < RARE_BELOW).sum()),
        mostly_constant_share=float(counts.iloc[0] / present) if present else 0.0,
    )


def list_placeholders(values: pd.Series) -> tuple[Placeholder, ...]:
    """Find values that seem to mean "not known", most frequent first.

    Parameters
    ----------
    values : pd.Series
        As read. "None" among numbers is a placeholder, "none" among yes and no a value; -1 and 9999 are
        placeholders only where they are frequent and far from the other numbers.
    """
    return _find_placeholders(_count_texts(values, ()), len(values), values.dtype)


def convert_to_text(values: pd.Series) -> pd.Series:
    """Convert values to stripped text, whole numbers without a decimal point, empty text to NA."""
    if types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    if types.is_datetime64_any_dtype(values):
        return _convert_times_to_text(values)
    texts = values.astype("str").str.strip()
    return texts.mask(values.isna() | (texts == ""))


def _convert_times_to_text(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    by_day = bool((values.dropna() == values.dropna().dt.normalize()).all())
    moments = values.to_numpy().astype("datetime64[D]" if by_day else "datetime64[s]")
    texts = pd.Series(np.datetime_as_string(moments), index=values.index, dtype="str")
    return texts.str.replace("T", " ", regex=False).mask(values.isna())


def _count_texts(values: pd.Series, missing: Iterable[str]) -> pd.Series:
    """Count rows by distinct text, most frequent first; ties in alphabetical order."""
    raw = values.value_counts(sort=False)  # first: there are far fewer distinct values than rows
    texts = convert_to_text(pd.Series(raw.index))
    counts = pd.Series(raw.to_numpy(dtype="int64"), index=pd.Index(texts))[texts.notna().to_numpy()]
    if not counts.index.is_unique:
        counts = counts.groupby(level=0).sum()
    counts = counts[~counts.index.isin(list(missing))]
    return counts.sort_index().sort_values(ascending=False, kind="stable")


def _find_placeholders(counts: pd.Series, rows: int, dtype: Any) -> tuple[Placeholder, ...]:
    if types.is_bool_dtype(dtype) or counts.empty:
        return ()
    texts = counts.index.to_series().astype("str")
    likely = _detect_kind(counts, dtype, threshold=0.5)
    frequent = texts.head(MAX_SAMPLED)  # frequent placeholders are among them
    placeholders = set(find_missing_markers(frequent, numeric=likely in ("number", "time", "email")))
    if likely != "time":
        numbers = pd.to_numeric(texts, errors="coerce")
        known = numbers.notna()
        if counts[known].sum() > 0.5 * counts.sum():
            placeholders |= set(texts[numbers.isin(find_sentinel_numbers(numbers[known], counts[known]))])
    else:
        days = frequent.map(_parse_day)
        days = days[days.notna()]
        placeholders |= set(days.index[find_sentinel_dates(days, counts[days.index])])
        placeholders |= set(frequent[frequent.str.startswith("0000-00-00")])
    frequencies = counts[counts.index.isin(placeholders)]
    return tuple(Placeholder(str(text), int(n), float(n / rows)) for text, n in frequencies.items())


def _detect_kind(counts: pd.Series, dtype: Any, threshold: float = MAJORITY_THRESHOLD) -> Kind:
    if len(counts) < 2:
        return "constant" if len(counts) else "empty"
    texts = counts.index.to_series().astype("str")
    sample = counts.iloc[:: -(-len(counts) // MAX_SAMPLED)]

    def is_majority(fits: Callable[[str], object]) -> bool:
        return bool(sample[[bool(fits(text)) for text in sample.index]].sum() >= threshold * sample.sum())

    if types.is_datetime64_any_dtype(dtype) or is_majority(_is_time):
        return "time"
    if len(counts) == 2:
        return "category"
    numbers = pd.to_numeric(texts, errors="coerce")
    if counts[numbers.notna()].sum() >= threshold * counts.sum():
        return "identifier" if _is_key(numbers.dropna(), counts) else "number"
    if is_majority(_EMAIL.fullmatch):
        return "email"
    return _detect_text_kind(texts, int(counts.sum()))


def _detect_text_kind(texts: pd.Series, rows: int) -> Kind:
    if rows < MIN_IDENTIFIER_ROWS:
        return "category"
    long = float(texts.str.count(r"\s").mean()) >= 1.5 or float(texts.str.len().mean()) > 60
    if long and len(texts) > 0.3 * rows:
        return "text"
    return "identifier" if len(texts) >= 0.9 * rows else "category"


def _is_key(numbers: pd.Series, counts: pd.Series) -> bool:
    """Whether numbers are a key: whole, unique, and dense or of equal length."""
    rows = int(counts.sum())
    if len(counts) < 0.99 * rows or rows < MIN_IDENTIFIER_ROWS or (numbers % 1 != 0).any():
        return False
    dense = numbers.min() >= 0 and numbers.max() - numbers.min() < 3 * rows
    widths = numbers.abs().astype("str").str.len()
    return bool(dense or (numbers.min() >= 1000 and (widths == widths.mode().iloc[0]).mean() > 0.95))


def _is_time(text: str) -> bool:
    return _parse_day(text) is not None or _NAMED_MONTH.fullmatch(text) is not None


def _parse_day(text: str) -> tuple[int, int, int] | None:
    """Parse year, month and day of a text that looks like a time; day and month may be swapped."""
    if match := _YEAR_FIRST.fullmatch(text) or _DIGITS.fullmatch(text):
        year, month, day = (int(part) for part in match.groups()[:3])
    elif match := _YEAR_LAST.fullmatch(text):
        first, second, year = (int(part) for part in match.groups()[:3])
        day, month = (second, first) if second > 12 else (first, second)
    else:
        return None
    return (year, month, day) if month <= 12 and day <= 31 else None
