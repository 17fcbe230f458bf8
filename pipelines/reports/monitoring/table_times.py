"""Tables that end early or late, rows dated after the rest, and hours of the day that moved."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from leadlight.pipelines.findings.monitoring_codes import CLOCK_AHEAD, HOURS_MOVED, TABLE_ENDS_EARLY
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, WARNING, MonitoringFinding

__all__ = ["find_time_changes"]

#: days that a table may lag behind the night; rows that must be missing
MAX_LAG, LOOK_MISSING, ACT_MISSING = 3.0, 4.0, 10.0
#: days that a table may end after all others, beyond what it did at training and their longest gap
MAX_AHEAD = 1.5
#: gain in log-likelihood of a shift over none, in each quarter; rows that hours are compared of
MIN_GAIN, MIN_ROWS = 10.0, 60
ACT_HOURS = 2


def find_time_changes(then: dict[str, Any], now: dict[str, Any]) -> list[MonitoringFinding]:
    """Compare the ends of the tables and their hours of the day; profiles as in :func:`.find_kinds`."""
    return [*_find_early_ends(then, now), *_find_late_rows(then, now), *_find_moved_hours(then, now)]


def _find_early_ends(then: dict[str, Any], now: dict[str, Any]) -> Iterator[MonitoringFinding]:
    night = pd.Timestamp(now["as_of"])
    for table, before in then["tables"].items():
        here = now["tables"].get(table)
        pace = min(sum(column) for column in zip(*(k["periods"] for k in before["kinds"].values()), strict=True)) / 28
        end = pd.Timestamp(here["end"]) if here else pd.Timestamp(then["tables"][table]["end"])
        lag = (night - end) / pd.Timedelta(days=1)
        missing = lag * pace
        if lag <= max(MAX_LAG, 2 * (before["longest_gap"] or 0.0)) or missing < LOOK_MISSING:
            continue
        level = CRITICAL if missing >= ACT_MISSING else WARNING
        yield MonitoringFinding(level, TABLE_ENDS_EARLY, table.capitalize(),
            f"the last row before the night is of {end:%Y-%m-%d}, {lag:.0f} days before it, where {missing:.0f} or "
            "more rows were to be expected since", {"days": lag, "missing": missing})  # fmt: skip


def _find_late_rows(then: dict[str, Any], now: dict[str, Any]) -> Iterator[MonitoringFinding]:
    for table, end in now["ends"].items():
        misdated = now["misdated"].get(table, 0)
        if misdated and not then.get("misdated", {}).get(table):
            rows = "row is" if misdated == 1 else "rows are"
            yield MonitoringFinding(CRITICAL, CLOCK_AHEAD, table.capitalize(),
                f"{misdated:,} {rows} in quarantine for a time that cannot be, and none was in training",
                {"rows": misdated})  # fmt: skip
        ahead, usual = _measure_ahead(now, table), _measure_ahead(then, table)
        if ahead is not None and usual is not None and ahead > MAX_AHEAD + max(0.0, usual):
            yield MonitoringFinding(CRITICAL, CLOCK_AHEAD, table.capitalize(),
                f"its rows end on {end['end'][:10]}, {ahead:.0f} days after those of all other tables",
                {"days": ahead})  # fmt: skip


def _measure_ahead(profile: dict[str, Any], table: str) -> float | None:
    """Return the days from the end of all other tables to that of one, beyond the longest gap of the busiest other."""
    ends, tables = profile["ends"], profile["tables"]
    others = [name for name in ends if name != table and name in tables]
    if table not in ends or not others:
        return None
    last = max(pd.Timestamp(ends[name]["end"]) for name in others)
    gap = min(tables[name]["longest_gap"] or 0.0 for name in others)
    return float((pd.Timestamp(ends[table]["end"]) - last) / pd.Timedelta(days=1) - gap)


def _find_moved_hours(then: dict[str, Any], now: dict[str, Any]) -> Iterator[MonitoringFinding]:
    for table, before in then["tables"].items():
        here = now["tables"].get(table)
        quarters = [np.array(hours) for hours in before["hours"] if sum(hours) >= MIN_ROWS]
        if here is None or not quarters:
            continue
        for hours, days in ((here["hours"][0], 91), (here["last_hours"], 28)):
            shift = _fit_shift(np.array(hours), quarters)
            if shift:
                level = CRITICAL if abs(shift) >= ACT_HOURS else WARNING
                way = "later" if shift > 0 else "earlier"
                hour = "hour" if abs(shift) == 1 else "hours"
                yield MonitoringFinding(level, HOURS_MOVED, table.capitalize(),
                    f"the rows of the last {days} days are dated {abs(shift)} {hour} {way} in the day than those of "
                    "the year before the training cut-off", {"hours": shift})  # fmt: skip
                break


def _fit_shift(hours: np.ndarray, quarters: list[np.ndarray]) -> int:
    """Return the smallest shift in hours that fits better than none in every quarter; 0 if none does."""
    if hours.sum() < MIN_ROWS:
        return 0
    shifts = []
    for quarter in quarters:
        shares = (quarter + 0.5) / (quarter.sum() + 12)
        likelihood = [float(hours @ np.log(np.roll(shares, shift))) for shift in range(24)]
        best = int(np.argmax(likelihood))
        if likelihood[best] - likelihood[0] < MIN_GAIN:
            return 0
        shifts.append(best if best <= 12 else best - 24)
    return min(shifts, key=abs)
