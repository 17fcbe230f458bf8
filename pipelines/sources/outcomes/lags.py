"""Tables that end before the others: the cut-off of labels, and what a night refuses."""

from typing import Any, NamedTuple

import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.sources.rows.table_ends import find_span
from leadlight.pipelines.sources.rows.table_writer import TableContent

__all__ = ["Lag", "check_lags", "find_cut_off", "list_lags", "measure_end"]

#: a table ends early if it lags by more than this many of its longest usual gaps, and than these days
GAP_FACTOR, MIN_LAG = 2.0, 3.0
#: days by which deals and activities may end early in a night, unless params say otherwise
MAX_LAG_NIGHT = 14.0


class Lag(NamedTuple):
    """How much earlier than the others a table ends.

    Parameters
    ----------
    table : str
    end, others_end : pd.Timestamp
        Newest time of the table, and of those that it is compared with.
    days : float
        Days between them; negative if the table ends last.
    usual_gap_days : float
        Longest usual gap between its rows.
    """

    table: str
    end: pd.Timestamp
    others_end: pd.Timestamp
    days: float
    usual_gap_days: float

    @property
    def is_early(self) -> bool:
        """Whether the lag is longer than the gaps of the table explain."""
        return self.days > max(MIN_LAG, GAP_FACTOR * self.usual_gap_days)


def measure_end(newest: pd.Timestamp, content: TableContent) -> dict[str, Any]:
    """Describe the span of a table.

    Parameters
    ----------
    newest : pd.Timestamp
        Its end.
    content : TableContent
        Its rows, by day.

    Returns
    -------
    dict
        first and end (ISO), rows, and usual_gap_days (None where there are too few rows to say).
    """
    span = find_span(content.days)
    gap = span.usual_gap_days if span is not None and span.usual_gap_days != float("inf") else None
    return {"first": content.oldest.isoformat(), "end": newest.isoformat(), "rows": content.rows, "usual_gap_days": gap}


def list_lags(ends: dict[str, Any]) -> list[Lag]:
    """List how much earlier than others each table but leads ends.

    Deals are compared with all others, which tell that the record goes on. All others are compared with leads: deals
    may close long after the last lead and its activities.

    Parameters
    ----------
    ends : dict
        Table -> its description by :func:`measure_end`.
    """
    times = {name: pd.Timestamp(entry["end"]) for name, entry in ends.items()}
    lags = []
    for name, end in times.items():
        others = [times[key] for key in times if key != name and (name == "deals" or key == "leads")]
        if name != "leads" and others:
            gap = ends[name]["usual_gap_days"]
            days = (max(others) - end) / pd.Timedelta(days=1)
            lags.append(Lag(name, end, max(others), days, float("inf") if gap is None else gap))
    return lags


def find_cut_off(ends: dict[str, Any], *, dated: bool) -> pd.Timestamp:
    """Find the time up to which outcomes are known.

    Parameters
    ----------
    ends : dict
        Table -> its description by :func:`measure_end`.
    dated : bool
        Whether deals have times of their own.

    Returns
    -------
    pd.Timestamp
        The end of the newest table; the end of deals where they end early, because later wins are missing.
    """
    early = next((lag for lag in list_lags(ends) if lag.table == "deals" and lag.is_early), None)
    if dated and early is not None:
        return early.end
    return max(pd.Timestamp(entry["end"]) for entry in ends.values())


def check_lags(ends: dict[str, Any], as_of: pd.Timestamp, max_lag_days: float | None) -> None:
    """Refuse a night for which deals or activities end too early.

    Parameters
    ----------
    ends : dict
        Table -> its description by :func:`measure_end`.
    as_of : pd.Timestamp
        Time of the night; what lies after it is not missed.
    max_lag_days : float or None
        Allowed days, from params; None for 14, or twice the longest usual gap.

    Raises
    ------
    SourceError
        If leads that closed, or were active, could not be told from the others.
    """
    effects = {"deals": "leads closed since look open", "activities": "active leads look silent"}
    for lag in list_lags(ends):
        if lag.table not in effects:
            continue
        days = (min(as_of, lag.others_end) - lag.end) / pd.Timedelta(days=1)
        limit = max(MAX_LAG_NIGHT, GAP_FACTOR * lag.usual_gap_days) if max_lag_days is None else max_lag_days
        if days > limit:
            raise SourceError(
                f"The table {lag.table} must reach to {limit:.0f} days before the end of the other tables "
                f"(source.max_lag_days). Got {lag.table} until {lag.end:%Y-%m-%d}, {days:.0f} days before: "
                f"{effects[lag.table]}. Export it anew, or score an earlier day with --as-of."
            )
