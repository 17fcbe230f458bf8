"""Seasonality of a German company by hour, weekday and date: browsing, campaigns, closes."""

import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["DAY_SECONDS", "Seasonality", "convert_share_to_time", "convert_time_to_share"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DAY_SECONDS = 86_400
BEFORE, AFTER = 60, 800
"""Days kept in the tables before the first and after the last day of the span."""

# activity per hour of the day in UTC; never zero, so that the share of the day is invertible
MORNING = (0.04, 0.02, 0.02, 0.03, 0.1, 0.5, 2.2, 5.5, 8.0, 8.5, 7.0, 5.5)
AFTERNOON = (7.0, 8.0, 7.5, 6.0, 3.5, 2.0, 1.6, 1.5, 1.2, 0.8, 0.4, 0.1)
HOURS = np.array([*MORNING, *AFTERNOON])
SHARES = np.concatenate([[0.0], np.cumsum(HOURS) / HOURS.sum()])
SECONDS = np.arange(25) * 3_600.0

WEEK = np.array([1.0, 1.12, 1.1, 1.02, 0.85, 0.14, 0.2])
CLOSING_WEEK = np.array([1.3, 1.4, 1.4, 1.4, 1.3, 0.1, 0.1])
# (month, first day, last day) of the yearly trade fairs
FAIRS = ((4, 17, 25), (9, 16, 24), (11, 10, 18))
CAMPAIGN_EVERY_DAYS = 14
CAMPAIGN_WAVE = (0.6, 0.28, 0.12)
"""Share of a campaign's readers that open it on the day it goes out and on the two days after."""


def convert_time_to_share(second: Ints) -> Floats:
    """Convert a second of the day to the share of the day's activity before it.

    Parameters
    ----------
    second : ndarray of int
        Seconds since midnight UTC, 0 to 86,400.

    Returns
    -------
    ndarray
        Shares from 0 to 1, same shape.
    """
    return np.asarray(np.interp(second, SECONDS, SHARES), dtype=np.float64)


def convert_share_to_time(share: Floats) -> Ints:
    """Convert a share of the day's activity to the second of the day (UTC); inverse of the above."""
    second = np.minimum(np.interp(share, SHARES, SECONDS), DAY_SECONDS - 1)
    return np.asarray(second, dtype=np.int64)


class Seasonality(NamedTuple):
    """Factors per calendar day; index a table with `day + BEFORE`, day 0 being the start of the span."""

    season: Floats  # factor on activity not caused by mail; about 1 on an ordinary working day
    wave: Floats  # reading of campaign mail; each campaign sums to 1 over three days, above a small floor
    closing: Floats  # factor on both closing hazards; averages about 1 over an ordinary week
    fair: npt.NDArray[np.bool_]  # days on and just after a trade fair
    campaign: Ints  # day number of the latest campaign sent, as of that day

    @classmethod
    def from_span(cls, start: datetime.date, days: int) -> "Seasonality":
        """Build the tables for a span of `days` days from `start`.

        Entries depend on the date alone (campaigns: on the distance to `start`), not on the length of the
        span.
        """
        numbers = np.arange(-BEFORE, days + AFTER)
        dates = [start + datetime.timedelta(days=int(number)) for number in numbers]
        month = np.array([date.month for date in dates])
        day = np.array([date.day for date in dates])
        weekday = np.array([date.weekday() for date in dates])
        holidays = ((month == 12) & (day >= 21)) | ((month == 1) & (day <= 6))
        fair = np.zeros(len(dates), dtype=bool)
        for fair_month, first, last in FAIRS:
            fair |= (month == fair_month) & (day >= first) & (day <= last)

        year = np.where(holidays, 0.35, np.where(month == 8, 0.62, np.where(month == 7, 0.85, 1.0)))
        season = WEEK[weekday] * year * np.where(fair, 1.5, 1.0)
        closing = CLOSING_WEEK[weekday] * np.where(holidays, 0.4, np.where(month == 8, 0.8, 1.0))

        # campaigns go out every second Tuesday, except over Christmas
        first_tuesday = int((1 - start.weekday()) % 7)
        sent = ((numbers - first_tuesday) % CAMPAIGN_EVERY_DAYS == 0) & ~holidays
        wave = np.full(len(dates), 0.01)
        for later, share in enumerate(CAMPAIGN_WAVE):
            wave[later:] += share * sent[: len(dates) - later]
        latest = np.maximum.accumulate(np.where(sent, numbers, -BEFORE))
        return cls(season=season, wave=wave, closing=closing, fair=fair, campaign=latest.astype(np.int64))

    def get_row(self, day: Ints) -> Ints:
        """Return the row of the tables for a day number."""
        return np.asarray(day + BEFORE, dtype=np.int64)
