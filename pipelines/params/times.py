"""Types of the date keys of params: they accept what ``--as-of`` accepts."""

import datetime as dt
from typing import Annotated

from pydantic import BeforeValidator

from leadlight.pipelines.workspace.as_of import parse_day_or_moment

__all__ = ["Day", "DayOrMoment"]


def _parse_day(value: object) -> dt.date:
    when = parse_day_or_moment(value)
    return when.date() if isinstance(when, dt.datetime) else when


#: a datetime for a moment; :func:`.convert_to_utc` reads it in source.timezone
DayOrMoment = Annotated[dt.datetime | dt.date, BeforeValidator(parse_day_or_moment)]
#: the day of a moment counts
Day = Annotated[dt.date, BeforeValidator(_parse_day)]
