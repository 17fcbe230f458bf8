"""Day, week and year of a German company: when people browse, when mail goes out, when deals are closed."""

import datetime
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DAY_SECONDS", "Seasonality", "convert_share_to_time", "convert_time_to_share"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DAY_SECONDS = 86_400
BEFORE, AFTER = 60, 800
"""Days kept in the tables before the first and after the last day of the span."""

# Activity per hour of the day in UTC; never zero, so that the share of the day can be inverted.
MORNING = (0.04, 0.02, 0.02, 0.03, 0.1, 0.5, 2.2, 5.5, 8.0, 8.5, 7.0, 5.5)
AFTERNOON = (7.0, 8.0, 7.5, 6.0, 3.5, 2.0, 1.6, 1.5, 1.2, 0.8, 0.4, 0.1)
HOURS = np.array([*MORNING, *AFTERNOON])
SHARES = np.concatenate([[0.0], np.cumsum(HOURS) / HOURS.sum()])
SECONDS = np.arange(25) * 3_600.0

WEEK = np.array([1.0, 1.12, 1.1, 1.02, 0.85, 0.14, 0.2])
CLOSING_WEEK = np.array([1.3, 1.4, 1.4, 1.4, 1.3, 0.1, 0.1])
# (month, first day, last day) of the fairs that this trade goes to, in every year.
FAIRS = ((4, 17, 25), (9, 16, 24), (11, 10, 18))
CAMPAIGN_EVERY_DAYS = 14
CAMPAIGN_WAVE = (0.6, 0.28, 0.12)
"""Share of a campaign's readers that open it on the day it goes out and on the two days after."""


def convert_time_to_share(second: Ints) -> Floats:
    """Share of a day's activity before a second of the day.

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
    """Second of the day (UTC, whole) before which a share of a day's activity lies; inverts `day_share`."""
    second = np.minimum(np.interp(share, SHARES, SECONDS), DAY_SECONDS - 1)
    return np.asarray(second, dtype=np.int64)


@dataclass(frozen=True)
class Seasonality:
    """Factors per calendar day; index a table with `day + BEFORE`, day 0 being the start of the span.

    Attributes
    ----------
    season : ndarray, shape (days,)
        Factor on what people do of their own accord; about 1 on a plain working day.
    wave : ndarray, shape (days,)
        Campaign mail being read; each campaign adds up to 1 over three days, on a small floor.
    closing : ndarray, shape (days,)
        Factor on both closing hazards; averages about 1 over a plain week.
    fair : ndarray of bool, shape (days,)
        Days on and just after a trade fair.
    campaign : ndarray, shape (days,)
        Day number of the latest campaign sent, as of that day.
    """

    season: Floats
    wave: Floats
    closing: Floats
    fair: npt.NDArray[np.bool_]
    campaign: Ints

    @classmethod
    def of(cls, start: datetime.date, days: int) -> "Seasonality":
        """Tables for a span of `days` days from `start`.

        Every entry depends on its own date alone (and campaigns on the distance to `start`): a day means the
        same to a short and to a long simulation.
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

        # Campaigns go out on the Tuesdays of every second week, and not over Christmas.
        first_tuesday = int((1 - start.weekday()) % 7)
        sent = ((numbers - first_tuesday) % CAMPAIGN_EVERY_DAYS == 0) & ~holidays
        wave = np.full(len(dates), 0.01)
        for later, share in enumerate(CAMPAIGN_WAVE):
            wave[later:] += share * sent[: len(dates) - later]
        latest = np.maximum.accumulate(np.where(sent, numbers, -BEFORE))
        return cls(season=season, wave=wave, closing=closing, fair=fair, campaign=latest.astype(np.int64))

    def row(self, day: Ints) -> Ints:
        """Row of the tables for a day number."""
        return np.asarray(day + BEFORE, dtype=np.int64)
