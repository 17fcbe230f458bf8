"""Where each table begins and ends: robust against single rows, by the table's own usual gaps."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa

from leadlight.pipelines.sources.rows.quarantine import Quarantine
from leadlight.pipelines.workspace.as_of import get_now_utc

__all__ = ["Span", "count_days", "find_span", "require_span"]

#: times before it are zeros of clocks unless the bulk of a table lies there
EARLIEST = pd.Timestamp("1990-01-01")
#: share of the rows, and at least one, that may be far from the rest
MAX_OUTLYING_SHARE = 0.001
#: rows below which nothing is said of the gaps of a table
MIN_ROWS = 20
#: gap before outlying rows, in longest usual gaps; and in days, at the end and at the beginning
GAP_FACTOR, MIN_GAP_END, MIN_GAP_START = 4.0, 14.0, 365.0


class Span(NamedTuple):
    """The days that a table covers.

    Parameters
    ----------
    first, last : pd.Timestamp
        First and last day of the bulk of its rows.
    usual_gap_days : float
        Longest usual gap between rows in the newer half of them; infinite if there are too few rows to say.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    usual_gap_days: float

    def contains(self, times: pd.Series) -> pd.Series:
        """Return a mask of the times on its days; a missing time counts as within."""
        days = times.dt.normalize()
        within: pd.Series = ~((days < self.first) | (days > self.last))
        return within


def require_span(
    times: pd.Series, quarantine: Quarantine, counts: pd.Series | None = None, *, at_start: bool = False
) -> tuple[pa.Check, ...]:
    """Return the checks that times are plausible and not far from the rest of their table; none for some leads only.

    Parameters
    ----------
    times : pd.Series
        Times by row number; NaT where missing.
    quarantine : Quarantine
        Says whether spans are judged.
    counts : pd.Series, optional
        Rows of the table by day, if `times` are not all of them.
    at_start : bool
        Whether rows years before all others are left out too: of leads, which draw snapshots from then on. An early
        activity or change is kept, because a record of a lead may reach back.
    """
    if not quarantine.judges_spans:
        return ()
    if counts is None:
        counts = count_days(times[times <= get_now_utc()])
    span = find_span(counts)
    if span is None:
        return ()
    early = (times < EARLIEST) & (span.first >= EARLIEST)
    within = span.contains(times) | ((times < span.first) & (not at_start))
    return (
        pa.Check(lambda s: ~early.loc[s.index], error=f"lies before {EARLIEST.year}", ignore_na=False),
        pa.Check(lambda s: within.loc[s.index], error="lies far from the rest of the table", ignore_na=False),
    )


def count_days(times: pd.Series) -> pd.Series:
    """Count rows by day, in the order of time; counts of batches can be added."""
    counts: pd.Series = times.dropna().dt.normalize().value_counts().sort_index()
    return counts


def find_span(counts: pd.Series) -> Span | None:
    """Find where the bulk of a table begins and ends.

    The record of a busy table has gaps of hours, that of a sparse one of weeks: a gap is long by the measure of the
    table itself. The longest gap of the newer half of the rows is the usual one, because a record may begin slowly.

    Parameters
    ----------
    counts : pd.Series of int
        Rows by day in the order of time, from :func:`count_days`.

    Returns
    -------
    Span or None
        Without at most one row in a thousand beyond a gap of four usual ones (at the end at least 14 days, at the
        beginning at least a year), and without times before 1990 unless most rows lie there. None without rows.
    """
    if counts.empty:
        return None
    late = counts[counts.index >= EARLIEST]
    if late.sum() * 2 >= counts.sum():
        counts = late
    days, rows = counts.index, counts.to_numpy()
    total = int(rows.sum())
    if total < MIN_ROWS or len(days) < 2:
        return Span(days[0], days[-1], float("inf"))
    gaps = np.diff(days.to_numpy()) / np.timedelta64(1, "D")
    few = max(1.0, MAX_OUTLYING_SHARE * total)
    before, after = np.cumsum(rows)[:-1], total - np.cumsum(rows)[:-1]
    newer_half = (before >= total / 2) & (after > few)
    usual = float(gaps[newer_half].max()) if newer_half.any() else float("inf")
    ends = np.flatnonzero((after <= few) & (gaps > max(MIN_GAP_END, GAP_FACTOR * usual)))
    last = int(ends[0]) if len(ends) else len(days) - 1
    starts = np.flatnonzero((before <= few) & (gaps > max(MIN_GAP_START, GAP_FACTOR * usual)))
    first = int(starts[-1]) + 1 if len(starts) else 0
    return Span(days[first], days[last], usual)
