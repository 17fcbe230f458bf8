"""Whether the newest night is as new as the schedule says."""

import pandas as pd

from leadlight.pipelines.findings.monitoring_codes import NIGHT_OLD
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, WARNING, Check, MonitoringFinding

__all__ = ["check_night_age"]

NAME = "Age of the newest night"
#: a limit below this says that nights come daily, so that one is missing if the last midnight has none
MAX_DAILY_HOURS = 48


def check_night_age(night: pd.Timestamp, midnight: pd.Timestamp, clock: pd.Timestamp, limit: float | None) -> Check:
    """Compare the age of the newest night with ``night.max_age_hours``.

    Parameters
    ----------
    night : pd.Timestamp
        As-of time of the newest night, naive UTC.
    midnight : pd.Timestamp
        As-of time that a night of today would have, naive UTC.
    clock : pd.Timestamp
        When the check is made, naive UTC.
    limit : float or None
        Hours; None if the age is not judged.
    """
    if limit is None:
        return Check(NAME, "night.max_age_hours is null", (), False)
    hours = (clock - night).total_seconds() / 3600
    figures = {"hours": hours, "limit": limit}
    age = f"it is of {night:%Y-%m-%d %H:%M} UTC, {_format_age(hours)} ago"
    if hours > limit:
        level, sentence = CRITICAL, f"{age}, where night.max_age_hours allows {limit:g} hours"
    elif night < midnight and limit < MAX_DAILY_HOURS:
        level, sentence = WARNING, f"{age}, and there is none of the last midnight"
    else:
        return Check(NAME, f"{age}")
    return Check(NAME, "1 finding", (MonitoringFinding(level, NIGHT_OLD, "Newest night", sentence, figures),))


def _format_age(hours: float) -> str:
    return f"{hours:.0f} hours" if hours < 2 * MAX_DAILY_HOURS else f"{hours / 24:,.0f} days"
