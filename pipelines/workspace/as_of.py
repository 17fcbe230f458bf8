"""Days and moments as a person writes them: ``--as-of`` and the dates of params."""

import datetime as dt
from contextlib import suppress

import pandas as pd

from leadlight.features.errors import ParamsError

__all__ = [
    "convert_to_utc",
    "get_latest_midnight_utc",
    "get_now_utc",
    "localize_midnight_utc",
    "parse_as_of",
    "parse_day_or_moment",
]

#: supported years; beyond them engines and time zones know no times
YEARS = range(1900, 2200)


def get_now_utc() -> pd.Timestamp:
    """Return the present time as naive UTC."""
    return pd.Timestamp.now(tz="UTC").tz_localize(None)


def get_latest_midnight_utc(timezone: str) -> pd.Timestamp:
    """Return the midnight that started today in a time zone, as naive UTC."""
    return localize_midnight_utc(pd.Timestamp.now(tz=timezone).tz_localize(None), timezone)


def localize_midnight_utc(day: dt.date | pd.Timestamp, timezone: str) -> pd.Timestamp:
    """Return the start of a local day as naive UTC; where clocks skip midnight, the next moment."""
    start = pd.Timestamp(day).normalize()
    aware = start.tz_localize(timezone, ambiguous=True, nonexistent="shift_forward")
    return aware.tz_convert("UTC").tz_localize(None)


def parse_day_or_moment(value: object) -> dt.date:
    """Read a day or a moment.

    Parameters
    ----------
    value : object
        ISO 8601 text, ``2025-09-01`` or ``2025-09-01T06:30:00``; or a date or datetime, as YAML reads them
        where they are not in quotes.

    Returns
    -------
    datetime.date
        A date for a day, a datetime for a moment, which carries a zone if the text does.

    Raises
    ------
    ValueError
        If it is neither, or the year is not supported.
    """
    got = value if isinstance(value, str) else str(value)
    message = f"must be an ISO day or moment such as 2025-09-01 or 2025-09-01T06:30:00. Got {got!r}"
    for kind in (dt.date, dt.datetime) if isinstance(value, str) else ():
        with suppress(ValueError):
            value = kind.fromisoformat(got)
            break
    if not isinstance(value, dt.date) or value.year not in YEARS:
        raise ValueError(message)
    return value


def convert_to_utc(when: dt.date, timezone: str) -> pd.Timestamp:
    """Convert a day or moment, local to a time zone unless it carries another, to naive UTC.

    Parameters
    ----------
    when : datetime.date
        A date means the midnight that starts it.
    timezone : str
        IANA zone of the source.

    Returns
    -------
    pd.Timestamp
        Whole seconds.
    """
    if not isinstance(when, dt.datetime):
        return localize_midnight_utc(when, timezone)
    moment = pd.Timestamp(when)
    if moment.tzinfo is None:
        moment = moment.tz_localize(timezone, ambiguous=False, nonexistent="shift_forward")
    return moment.tz_convert("UTC").tz_localize(None).floor("s")


def parse_as_of(text: str, timezone: str) -> pd.Timestamp:
    """Read the text of ``--as-of`` as naive UTC: see :func:`parse_day_or_moment` and :func:`convert_to_utc`.

    Raises
    ------
    ParamsError
        If the text is no day or moment.
    """
    try:
        return convert_to_utc(parse_day_or_moment(text), timezone)
    except ValueError as error:
        raise ParamsError(f"The as_of {error}.") from None
