"""Times as the source writes them -> UTC in whole seconds."""

import numpy as np
import pandas as pd

from features.errors import SourceError
from pipelines.params.source import TimeColumn

__all__ = ["to_utc"]


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
    if pd.api.types.is_datetime64_any_dtype(values):
        times = values
    else:
        if column.format is None:
            raise SourceError(
                f"The column {column.column} of {table} must have a format, for it holds text "
                f"(such as {_sample(values)!r}): write {{column: {column.column}, format: ...}}."
            )
        text = values.astype("str").str.strip()
        aware = column.format == "ISO8601" or "%z" in column.format
        try:
            times = pd.to_datetime(text, format=column.format, errors="coerce", utc=aware)
        except ValueError as error:
            raise SourceError(
                f"The format of {column.column} of {table} must be a strptime format or ISO8601. "
                f"Got {column.format!r}: {error}."
            ) from None
        if aware and column.format == "ISO8601" and not _carries_zone(text):
            times = times.dt.tz_localize(None)
    if len(values) and values.notna().any() and times.isna().all():
        raise SourceError(
            f"The times in {column.column} of {table} must fit the format {column.format!r}. "
            f"Got {_sample(values)!r}."
        )
    if times.dt.tz is None:
        standard_time = np.zeros(len(times), dtype=bool)
        times = times.dt.tz_localize(timezone, ambiguous=standard_time, nonexistent="shift_forward")
    utc: pd.Series = times.dt.tz_convert("UTC").dt.tz_localize(None).dt.floor("s").astype("datetime64[us]")
    return utc


def _sample(values: pd.Series) -> str:
    present = values.dropna()
    return str(present.iloc[0]) if len(present) else ""


def _carries_zone(text: pd.Series) -> bool:
    return bool(text.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True).any())
