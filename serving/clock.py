"""The present time."""

import datetime as dt

__all__ = ["get_now_utc"]


def get_now_utc() -> dt.datetime:
    """Return the present time as naive UTC, as the store holds times."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
