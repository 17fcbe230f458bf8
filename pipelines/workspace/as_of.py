"""The moment that a job speaks of, as a person types it."""

import datetime as dt

import pandas as pd

from leadlight.features.errors import ParamsError

__all__ = ["get_latest_midnight_utc", "localize_midnight_utc", "parse_as_of"]


#: years that a lead may live in; beyond them engines and time zones know no times
YEARS = range(1900, 2200)


def get_latest_midnight_utc(timezone: str) -> pd.Timestamp:
    """Return the midnight that started today in a time zone, as naive UTC."""
    return localize_midnight_utc(pd.Timestamp.now(tz=timezone).tz_localize(None), timezone)


def localize_midnight_utc(day: dt.date | pd.Timestamp, timezone: str) -> pd.Timestamp:
    """Return the moment that starts a local day, as naive UTC; where clocks skip midnight, the next."""
    start = pd.Timestamp(day).normalize()
    aware = start.tz_localize(timezone, ambiguous=True, nonexistent="shift_forward")
    return aware.tz_convert("UTC").tz_localize(None)


def parse_as_of(text: str, timezone: str) -> pd.Timestamp:
    """Read a day or a moment.

    Parameters
    ----------
    text : str
        ISO 8601: ``2025-09-01`` (the midnight that starts the day) or ``2025-09-01T06:30:00``; local to
        `timezone` unless it carries a zone.
    timezone : str
        IANA zone of the source.

    Returns
    -------
    pd.Timestamp
        Naive UTC, whole seconds.

    Raises
    ------
    ParamsError
        If it is no such text.
    """
    try:
        moment = pd.Timestamp(dt.datetime.fromisoformat(text))
        if moment.year not in YEARS:
            raise ValueError
        if moment.tzinfo is None:
            moment = moment.tz_localize(timezone, ambiguous=False, nonexistent="shift_forward")
    except ValueError:
        raise ParamsError(f"The as_of must be an ISO date such as 2025-09-01. Got {text!r}.") from None
    return moment.tz_convert("UTC").tz_localize(None).floor("s")
