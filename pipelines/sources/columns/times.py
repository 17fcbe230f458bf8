"""Convert times of the source to UTC in whole seconds."""

import numpy as np
import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.params.tables import TimeColumn
from leadlight.pipelines.sources.files.raw_table import is_whole

__all__ = ["align_day_closes", "convert_to_local", "shift_to_end_of_day", "to_utc"]

#: end of an ISO 8601 time with a zone: Z, +02, +0200 or +02:00 after the hours
ZONE = r"\d[Tt ]\d{2}(?::?\d{2}){0,2}(?:[.,]\d+)?\s*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$"


def to_utc(values: pd.Series, column: TimeColumn, timezone: str, table: str) -> pd.Series:
    """Convert a column of times to UTC.

    Parameters
    ----------
    values : pd.Series
        Text, or times of Parquet or SQL, with or without a zone.
    column : TimeColumn
        Its name and the format of its text.
    timezone : str
        IANA zone of times without one. An ambiguous hour (clocks set back) is read as standard time; a
        time that does not exist (clocks set forward) is moved to the next one that does.
    table : str
        Name of the table, for messages.

    Returns
    -------
    pd.Series
        Naive UTC times in whole seconds; NaT where missing or not in the format.

    Raises
    ------
    SourceError
        If a text column has no format.
    """
    if pd.api.types.infer_dtype(values, skipna=True) == "date":  # days of Parquet or SQL, typed as such
        values = pd.to_datetime(values)
    times = values if pd.api.types.is_datetime64_any_dtype(values) else _read(values, column, timezone, table)
    utc: pd.Series = _localize(times, timezone).dt.tz_localize(None).dt.floor("s").astype("datetime64[us]")
    return utc


def _read(values: pd.Series, column: TimeColumn, timezone: str, table: str) -> pd.Series:
    """Read text (or numbers, such as 20240131) by its format."""
    if column.format is None:
        raise SourceError(
            f"The column {column.column} of {table} must have a format, because it is not typed as time: "
            f"{{column: {column.column}, format: ...}}. Got {_sample(values)!r}."
        )
    if pd.api.types.is_float_dtype(values) and is_whole(values):
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
    # by row, because a column may mix times with and without a zone
    local = ~text.str.contains(ZONE, regex=True).fillna(False).astype(bool)
    mixed: pd.Series = times.mask(local, _localize(times.dt.tz_localize(None), timezone))
    return mixed


def _localize(times: pd.Series, timezone: str) -> pd.Series:
    if times.dt.tz is None:
        standard_time = np.zeros(len(times), dtype=bool)
        times = times.dt.tz_localize(timezone, ambiguous=standard_time, nonexistent="shift_forward")
    utc: pd.Series = times.dt.tz_convert("UTC")
    return utc


def convert_to_local(utc: pd.Series, timezone: str) -> pd.Series:
    """Convert naive UTC times to naive local times of a zone."""
    local: pd.Series = utc.dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None)
    return local.astype("datetime64[us]")


def shift_to_end_of_day(utc: pd.Series, timezone: str) -> pd.Series:
    """Move times of which only the day is known to the last second of that day.

    The hour is unknown, so the record counts from the end of the day: a snapshot at noon must not use
    what may have happened in the afternoon.

    Parameters
    ----------
    utc : pd.Series
        Naive UTC times of the beginning of the day.
    timezone : str
        IANA zone in which days begin.
    """
    next_day = convert_to_local(utc, timezone).dt.normalize() + pd.Timedelta(days=1)
    ends: pd.Series = _localize(next_day, timezone).dt.tz_localize(None) - pd.Timedelta(seconds=1)
    return ends.astype("datetime64[us]")


def align_day_closes(closed_at: pd.Series, created_at: pd.Series, timezone: str) -> pd.Series:
    """Move closes of which only the day is known to the creation of the lead, if it is on that day.

    Parameters
    ----------
    closed_at, created_at : pd.Series
        Naive UTC times, row by row.
    timezone : str
        IANA zone in which days begin.

    Returns
    -------
    pd.Series
        `closed_at`, or `created_at` where the close is the midnight before the creation.
    """
    closed, created = convert_to_local(closed_at, timezone), convert_to_local(created_at, timezone)
    by_day = (closed == closed.dt.normalize()) & (closed == created.dt.normalize())
    return closed_at.mask(by_day, created_at)


def _sample(values: pd.Series) -> str:
    present = values.dropna()
    return str(present.iloc[0]) if len(present) else ""
