"""Times as the source writes them -> UTC in whole seconds."""

import numpy as np
import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.params.source import TimeColumn

__all__ = ["align_day_closes", "convert_to_local", "shift_to_end_of_day", "to_utc"]

#: the end of an ISO 8601 time that carries its zone: Z, +02, +0200 or +02:00 behind hours
ZONE = r"\d[Tt ]\d{2}(?::?\d{2}){0,2}(?:[.,]\d+)?\s*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$"


def to_utc(values: pd.Series, column: TimeColumn, timezone: str, table: str) -> pd.Series:
    """Read a column of times.

    Parameters
    ----------
    values : pd.Series
        Text, or times of Parquet or SQL, with or without a zone.
    column : TimeColumn
        Name of the column and format of its text.
    timezone : str
        IANA zone of times that carry none. Where clocks are set back, an hour that comes twice is taken
        as the second one (standard time); where they are set forward, a time that never was is moved to
        the next that did exist.
    table : str
        Name of the table, for messages.

    Returns
    -------
    pd.Series
        Naive UTC times cut to whole seconds; NaT where there is none or it does not fit.

    Raises
    ------
    SourceError
        If a text column has no format, or if no value at all fits it.
    """
    if pd.api.types.infer_dtype(values, skipna=True) == "date":  # days of Parquet or SQL, typed as such
        values = pd.to_datetime(values)
    times = values if pd.api.types.is_datetime64_any_dtype(values) else _read(values, column, timezone, table)
    if len(values) and values.notna().any() and times.isna().all():
        raise SourceError(
            f"The times in {column.column} of {table} must fit the format {column.format!r}. "
            f"Got {_sample(values)!r}."
        )
    utc: pd.Series = _localised(times, timezone).dt.tz_localize(None).dt.floor("s").astype("datetime64[us]")
    return utc


def _read(values: pd.Series, column: TimeColumn, timezone: str, table: str) -> pd.Series:
    """Read text (or numbers, such as 20240131) by its format."""
    if column.format is None:
        raise SourceError(
            f"The column {column.column} of {table} must have a format, for it is not typed as time: write "
            f"{{column: {column.column}, format: ...}}. Got {_sample(values)!r}."
        )
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    text = values.astype("str").str.strip().mask(values.isna())
    aware = column.format == "ISO8601" or "%z" in column.format.lower()
    try:
        times = pd.to_datetime(text, format=column.format, errors="coerce", utc=aware)
    except ValueError as error:
        raise SourceError(
            f"The format of {column.column} of {table} must be a strptime format or ISO8601. "
            f"Got {column.format!r}: {error}."
        ) from None
    if column.format != "ISO8601":
        return times
    # row by row, for one column may hold times with and without a zone
    local = ~text.str.contains(ZONE, regex=True).fillna(False).astype(bool)
    mixed: pd.Series = times.mask(local, _localised(times.dt.tz_localize(None), timezone))
    return mixed


def _localised(times: pd.Series, timezone: str) -> pd.Series:
    if times.dt.tz is None:
        standard_time = np.zeros(len(times), dtype=bool)
        times = times.dt.tz_localize(timezone, ambiguous=standard_time, nonexistent="shift_forward")
    utc: pd.Series = times.dt.tz_convert("UTC")
    return utc


def convert_to_local(utc: pd.Series, timezone: str) -> pd.Series:
    """Return naive UTC times as the clocks of a zone show them, naive too."""
    shown: pd.Series = utc.dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None)
    return shown.astype("datetime64[us]")


def shift_to_end_of_day(utc: pd.Series, timezone: str) -> pd.Series:
    """Move what is known by the day alone to the last second of that day.

    Nobody can tell at which hour it happened, so it counts as known when the day is over: a lead created
    or a deal closed at noon must not see what was done in the afternoon.

    Parameters
    ----------
    utc : pd.Series
        Naive UTC times: each the moment at which its day began.
    timezone : str
        IANA zone in which days begin.
    """
    next_day = convert_to_local(utc, timezone).dt.normalize() + pd.Timedelta(days=1)
    ends: pd.Series = _localised(next_day, timezone).dt.tz_localize(None) - pd.Timedelta(seconds=1)
    return ends.astype("datetime64[us]")


def align_day_closes(closed_at: pd.Series, created_at: pd.Series, timezone: str) -> pd.Series:
    """Move closes that are known by the day alone to the creation of a lead of the same day.

    Parameters
    ----------
    closed_at, created_at : pd.Series
        Naive UTC times, row by row.
    timezone : str
        IANA zone in which days begin.

    Returns
    -------
    pd.Series
        `closed_at`, but `created_at` where the close is the midnight that began the day of creation.
    """
    closed, created = convert_to_local(closed_at, timezone), convert_to_local(created_at, timezone)
    by_day = (closed == closed.dt.normalize()) & (closed == created.dt.normalize())
    return closed_at.mask(by_day, created_at)


def _sample(values: pd.Series) -> str:
    present = values.dropna()
    return str(present.iloc[0]) if len(present) else ""
