"""What a column of raw values holds: its kind, what is missing, what only looks like a value."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

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
#: share of the values that must look like a number, a time or an address; the rest may be slips
MAJORITY_THRESHOLD = 0.95
#: at least so many rows before values that never repeat make a column an identifier
MIN_IDENTIFIER_ROWS = 20
#: so many distinct values tell what all of them look like
MAX_SAMPLED = 2000

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ZONE = r"(?:Z|z|[A-Z]{3,4}|[+-]\d{2}(?::?\d{2})?)"
_CLOCK = rf"(?:[T ]\s*\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*{_ZONE}?)?"
_DIGITS = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _CLOCK)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})" + _CLOCK)
_NAMED_MONTH = re.compile(
    r"(?:\d{1,2}[ .-]+[A-Za-zäçûé]{3,10}[ .,-]+\d{2,4}|[A-Za-zäçûé]{3,10}\.? \d{1,2},? \d{4})" + _CLOCK
)


@dataclass(frozen=True)
class ColumnProfile:
    """What a column holds.

    Parameters
    ----------
    kind : str
        empty, constant, number, time, identifier (never or hardly ever the same twice), email, category
        (also flags such as 0 and 1) or text (many words, hardly ever the same twice).
    rows : int
        All rows.
    missing : int
        Rows without a value: empty ones, and those with a text that was named as missing.
    missing_share : float
        Their share.
    placeholders : tuple of Placeholder
        Texts that look as if they meant "not known" and were not named as missing, most frequent first.
    distinct : int
        Different values, without what is missing.
    top : tuple of (str, int)
        The most frequent values with their rows.
    rare : int
        Values that fewer than ten rows have.
    mostly_constant_share : float
        Share of the most frequent value among the rows that have one; 0 where none has.
    """

    kind: Kind
    rows: int
    missing: int
    missing_share: float
    placeholders: tuple[Placeholder, ...]
    distinct: int
    top: tuple[tuple[str, int], ...]
    rare: int
    mostly_constant_share: float


def profile_column(values: pd.Series, missing: Iterable[str] = ()) -> ColumnProfile:
    """Describe a column.

    Parameters
    ----------
    values : pd.Series
        As read: all text from CSV, typed from Parquet and SQL.
    missing : iterable of str
        Texts that are known to mean "not known"; empty text always does.
    """
    counts = _counts(values, missing)
    rows, present = len(values), int(counts.sum())
    found = _placeholders(counts, rows, values.dtype)
    plain = counts.drop([p.text for p in found])
    return ColumnProfile(
        kind=_kind(plain if len(plain) else counts, values.dtype),
        rows=rows,
        missing=rows - present,
        missing_share=(rows - present) / rows if rows else 0.0,
        placeholders=found,
        distinct=len(counts),
        top=tuple((str(text), int(n)) for text, n in counts.head(TOP).items()),
        rare=int((counts < RARE_BELOW).sum()),
        mostly_constant_share=float(counts.iloc[0] / present) if present else 0.0,
    )


def list_placeholders(values: pd.Series) -> tuple[Placeholder, ...]:
    """Find values that look as if they meant "not known", most frequent first.

    Parameters
    ----------
    values : pd.Series
        As read. "None" among numbers is a placeholder, "none" among yes and no a value; -1 and 9999 are
        placeholders only where they stand far off the other numbers and come often.
    """
    return _placeholders(_counts(values, ()), len(values), values.dtype)


def convert_to_text(values: pd.Series) -> pd.Series:
    """Return values as text without blanks around it, whole numbers without a decimal point, and NA."""
    if types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    if types.is_datetime64_any_dtype(values):
        return _times_as_texts(values)
    texts = values.astype("str").str.strip()
    return texts.mask(values.isna() | (texts == ""))


def _times_as_texts(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    by_day = bool((values.dropna() == values.dropna().dt.normalize()).all())
    moments = values.to_numpy().astype("datetime64[D]" if by_day else "datetime64[s]")
    texts = pd.Series(np.datetime_as_string(moments), index=values.index, dtype="str")
    return texts.str.replace("T", " ", regex=False).mask(values.isna())


def _counts(values: pd.Series, missing: Iterable[str]) -> pd.Series:
    """Rows by distinct text, most frequent first; ties in alphabetical order."""
    raw = values.value_counts(sort=False)  # first, for there are far fewer distinct values than rows
    texts = convert_to_text(pd.Series(raw.index))
    counts = pd.Series(raw.to_numpy(dtype="int64"), index=pd.Index(texts))[texts.notna().to_numpy()]
    if not counts.index.is_unique:
        counts = counts.groupby(level=0).sum()
    counts = counts[~counts.index.isin(list(missing))]
    return counts.sort_index().sort_values(ascending=False, kind="stable")


def _placeholders(counts: pd.Series, rows: int, dtype: Any) -> tuple[Placeholder, ...]:
    if types.is_bool_dtype(dtype) or counts.empty:
        return ()
    texts = counts.index.to_series().astype("str")
    likely = _kind(counts, dtype, most=0.5)
    frequent = texts.head(MAX_SAMPLED)  # what stands for many rows is among them
    found = set(find_missing_markers(frequent, numeric=likely in ("number", "time", "email")))
    if likely != "time":
        numbers = pd.to_numeric(texts, errors="coerce")
        known = numbers.notna()
        if counts[known].sum() > 0.5 * counts.sum():
            found |= set(texts[numbers.isin(find_sentinel_numbers(numbers[known], counts[known]))])
    else:
        days = frequent.map(_day)
        days = days[days.notna()]
        found |= set(days.index[find_sentinel_dates(days, counts[days.index])])
        found |= set(frequent[frequent.str.startswith("0000-00-00")])
    kept = counts[counts.index.isin(found)]
    return tuple(Placeholder(str(text), int(n), float(n / rows)) for text, n in kept.items())


def _kind(counts: pd.Series, dtype: Any, most: float = MAJORITY_THRESHOLD) -> Kind:
    if len(counts) < 2:
        return "constant" if len(counts) else "empty"
    texts = counts.index.to_series().astype("str")
    some = counts.iloc[:: -(-len(counts) // MAX_SAMPLED)]

    def mostly(fits: Callable[[str], object]) -> bool:
        return bool(some[[bool(fits(text)) for text in some.index]].sum() >= most * some.sum())

    if types.is_datetime64_any_dtype(dtype) or mostly(_is_time):
        return "time"
    if len(counts) == 2:
        return "category"
    numbers = pd.to_numeric(texts, errors="coerce")
    if counts[numbers.notna()].sum() >= most * counts.sum():
        return "identifier" if _numbered(numbers.dropna(), counts) else "number"
    if mostly(_EMAIL.fullmatch):
        return "email"
    return _kind_of_words(texts, int(counts.sum()))


def _kind_of_words(texts: pd.Series, rows: int) -> Kind:
    if rows < MIN_IDENTIFIER_ROWS:
        return "category"
    long = float(texts.str.count(r"\s").mean()) >= 1.5 or float(texts.str.len().mean()) > 60
    if long and len(texts) > 0.3 * rows:
        return "text"
    return "identifier" if len(texts) >= 0.9 * rows else "category"


def _numbered(numbers: pd.Series, counts: pd.Series) -> bool:
    """Whole numbers that never come twice, and that are dense or all as long as each other."""
    rows = int(counts.sum())
    if len(counts) < 0.99 * rows or rows < MIN_IDENTIFIER_ROWS or (numbers % 1 != 0).any():
        return False
    dense = numbers.min() >= 0 and numbers.max() - numbers.min() < 3 * rows
    widths = numbers.abs().astype("str").str.len()
    return bool(dense or (numbers.min() >= 1000 and (widths == widths.mode().iloc[0]).mean() > 0.95))


def _is_time(text: str) -> bool:
    return _day(text) is not None or _NAMED_MONTH.fullmatch(text) is not None


def _day(text: str) -> tuple[int, int, int] | None:
    """Year, month and day of a text that looks like a time; day and month may be exchanged."""
    if found := _YEAR_FIRST.fullmatch(text) or _DIGITS.fullmatch(text):
        year, month, day = (int(part) for part in found.groups()[:3])
    elif found := _YEAR_LAST.fullmatch(text):
        first, second, year = (int(part) for part in found.groups()[:3])
        day, month = (second, first) if second > 12 else (first, second)
    else:
        return None
    return (year, month, day) if month <= 12 and day <= 31 else None
