"""Outcome labels. No feature module may import this file.

A snapshot is labelled "won in [as_of, as_of + horizon)", once that window has ended.
"""

import ibis
import ibis.expr.types as ir

from leadlight.features.point_in_time import count_days_between

__all__ = ["find_closed_periods", "find_first_closes", "label_snapshots"]


def find_first_closes(deals: ir.Table) -> ir.Table:
    """Reduce deals to the first close and the first win of each lead.

    Parameters
    ----------
    deals : ir.Table
        lead_id, closed_at, won (boolean).

    Returns
    -------
    ir.Table
        lead_id, closed_at (first close of any kind, the end of the open lead) and won_at (first win or NULL;
        later wins are renewals).
    """
    return deals.group_by("lead_id").agg(closed_at=deals.closed_at.min(), won_at=deals.closed_at.min(where=deals.won))


def find_closed_periods(
    deals: ir.Table, reopenings: ir.Table | None = None, unknown: ir.Table | None = None
) -> ir.Table:
    """Find the periods in which each lead was closed.

    Parameters
    ----------
    deals : ir.Table
        lead_id, closed_at, won (boolean).
    reopenings : ir.Table or None
        lead_id, reopened_at, closes_before: times at which a lost lead came back, and the time before which the closes
        lie that end with it. A won lead never comes back: later wins are renewals.
    unknown : ir.Table or None
        lead_id of leads whose outcome is unknown: closed at an unknown time, for good.

    Returns
    -------
    ir.Table
        lead_id, closed_at (NULL where unknown) and reopened_at (first reopening after the close; NULL for good).
    """
    never = ibis.null(deals.closed_at.type())
    if reopenings is None:
        first = find_first_closes(deals)
        periods = first.select("lead_id", "closed_at", reopened_at=never)
    else:
        closes = deals.group_by("lead_id", "closed_at").agg(won=deals.won.max())
        returns = reopenings.select("lead_id", "reopened_at", "closes_before")
        joined = closes.left_join(returns, "lead_id")
        ends = (joined.closed_at < joined.closes_before) & ~joined.won
        periods = joined.group_by("lead_id", "closed_at").agg(reopened_at=joined.reopened_at.min(where=ends))
    if unknown is None:
        return periods
    return periods.union(unknown.select("lead_id", closed_at=never, reopened_at=never))


def label_snapshots(
    snapshots: ir.Table, closings: ir.Table, horizon_days: int, cut_off: ir.TimestampScalar
) -> ir.Table:
    """Label snapshots with the outcome in the window from ``as_of`` on.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    closings : ir.Table
        lead_id, won_at, from :func:`find_first_closes`.
    horizon_days : int
        Length of the window in days.
    cut_off : ir.TimestampScalar
        Time up to which outcomes are known.

    Returns
    -------
    ir.Table
        lead_id, as_of, won (0, 1, or NULL where the window has not ended at `cut_off`) and days_to_win (days until the
        first win where it lies in the window and before `cut_off`, else NULL).
    """
    wins = closings.select("lead_id", "won_at")
    joined = snapshots.select("lead_id", "as_of").left_join(wins, "lead_id").drop("lead_id_right")
    end = joined.as_of + ibis.interval(days=horizon_days)
    in_window = ((joined.won_at >= joined.as_of) & (joined.won_at < end)).fill_null(False)
    won = ibis.ifelse(end <= cut_off, in_window.cast("int8"), ibis.null("int8"))
    days = count_days_between(joined.as_of, joined.won_at)
    seen = ibis.ifelse(in_window & (joined.won_at < cut_off), days, ibis.null("float64"))
    return joined.select("lead_id", "as_of", won=won, days_to_win=seen)
