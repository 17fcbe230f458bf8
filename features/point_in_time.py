"""Point-in-time joins and filters. No other file of this package but labels.py compares times.

A record is known at ``as_of`` when it happened strictly before it. Times are UTC in whole seconds.
"""

from typing import NamedTuple

import ibis
import ibis.expr.types as ir

__all__ = [
    "SnapshotIndex",
    "count_days_between",
    "expand_to_moments",
    "filter_before",
    "filter_open_leads",
    "filter_window",
    "join_activities_as_of",
    "join_attributes_as_of",
]

SECONDS_A_DAY = 86_400.0


def count_days_between(earlier: ir.TimestampValue, later: ir.TimestampValue) -> ir.FloatingValue:
    """Return the days between two times, with fractions."""
    return (_epoch(later) - _epoch(earlier)).cast("float64") / SECONDS_A_DAY


def _epoch(moment: ir.TimestampValue) -> ir.IntegerValue:
    """Return whole seconds since 1970.

    Truncated first, because engines round fractions differently; subtracted as integers, because ``delta``
    differs too. Cast to float before dividing: on Spark integer by float is DECIMAL.
    """
    seconds: ir.IntegerValue = moment.truncate("s").epoch_seconds().cast("int64")
    return seconds


def filter_window(age: ir.FloatingValue, days: float) -> ir.BooleanValue:
    """Return whether an event of that age in days is in [as_of - days, as_of)."""
    return age <= float(days)


class SnapshotIndex(NamedTuple):
    """Leads and times to compute features for.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    as_of : ir.TimestampScalar or None
        The as_of of all snapshots if they share one, as in a scoring run.
    """

    snapshots: ir.Table
    as_of: ir.TimestampScalar | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Key columns of snapshots."""
        return ("lead_id", "as_of") if self.as_of is None else ("lead_id",)


def join_activities_as_of(
    index: SnapshotIndex, activities: ir.Table, *columns: str, last_days: float | None = None
) -> ir.Table:
    """Join each snapshot with the activities before it.

    Parameters
    ----------
    index : SnapshotIndex
        The snapshots.
    activities : ir.Table
        lead_id, occurred_at, type; optionally value, object and local_at (occurred_at in local time).
    *columns : str
        Wanted columns: type, value, object, local_at, seconds (since occurred_at, whole, >= 0), age (days).
        Columns that `activities` lacks are NULL, local_at is occurred_at.
    last_days : float, optional
        Window in days; without it all activities.

    Returns
    -------
    ir.Table
        The keys of `index` and `columns`: one row per snapshot and known activity.
    """
    if index.as_of is None:
        moments = index.snapshots.select("lead_id", "as_of", now=_epoch(index.snapshots.as_of))
        rows = moments.join(
            activities, [moments.lead_id == activities.lead_id, activities.occurred_at < moments.as_of], how="inner"
        )
        keys, now = {"lead_id": moments.lead_id, "as_of": moments.as_of}, moments.now
    else:
        activities = activities.filter(activities.occurred_at < index.as_of)
        rows = activities = activities.semi_join(index.snapshots, "lead_id")
        keys, now = {"lead_id": activities.lead_id}, _epoch(index.as_of)
    available = activities.columns
    seconds = now - _epoch(activities.occurred_at)
    values = {
        "type": activities.type,
        "value": activities.value if "value" in available else ibis.null("float64"),
        "object": activities.object if "object" in available else ibis.null("string"),
        "local_at": activities.local_at if "local_at" in available else activities.occurred_at,
        "seconds": seconds,
        "age": seconds.cast("float64") / SECONDS_A_DAY,
    }
    # only the wanted columns: engines materialize shared tables
    wanted = {name: values[name] for name in columns}
    if last_days is None:
        return rows.select(**keys, **wanted)
    recent = rows.select(**keys, **wanted | {"age": values["age"]})
    return recent.filter(filter_window(recent.age, last_days))


def join_attributes_as_of(snapshots: ir.Table, history: ir.Table) -> ir.Table:
    """Look up the last value of each attribute strictly before each snapshot.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    history : ir.Table
        lead_id, attribute, value (text or NULL), number (value as a number, or NULL), changed_at.

    Returns
    -------
    ir.Table
        lead_id, as_of, attribute, value, number. Of two values of the same second the greater one, so that
        all engines agree.
    """
    moments = snapshots.select("lead_id", "as_of")
    joined = moments.join(
        history, [moments.lead_id == history.lead_id, history.changed_at < moments.as_of], how="inner"
    ).select(
        lead_id=moments.lead_id,
        as_of=moments.as_of,
        attribute=history.attribute,
        value=history.value,
        number=history.number,
        changed_at=history.changed_at,
    )
    last = joined.group_by("lead_id", "as_of", "attribute").agg(changed_at=joined.changed_at.max())
    newest = joined.join(last, ["lead_id", "as_of", "attribute", "changed_at"], how="semi")
    return newest.group_by("lead_id", "as_of", "attribute").agg(value=newest.value.max(), number=newest.number.max())


def filter_before(table: ir.Table, column: str, moment: ir.TimestampScalar) -> ir.Table:
    """Keep the rows of a table with ``column < moment``."""
    return table.filter(table[column] < moment)


def expand_to_moments(leads: ir.Table, moments: ir.Table) -> ir.Table:
    """Pair every lead with every time from its creation on.

    Parameters
    ----------
    leads : ir.Table
        lead_id, created_at.
    moments : ir.Table
        as_of.

    Returns
    -------
    ir.Table
        lead_id, as_of.
    """
    pairs = leads.join(moments, leads.created_at <= moments.as_of)
    return pairs.select("lead_id", "as_of")


def filter_open_leads(moments: ir.Table, leads: ir.Table, closings: ir.Table | None) -> ir.Table:
    """Keep the times at which a lead existed and was not closed.

    Parameters
    ----------
    moments : ir.Table
        lead_id, as_of.
    leads : ir.Table
        lead_id, created_at.
    closings : ir.Table or None
        lead_id, closed_at, reopened_at: the periods in which leads were closed. A close at NULL was always; a period
        with NULL as reopened_at does not end.

    Returns
    -------
    ir.Table
        lead_id, as_of with created_at <= as_of and in no period: not closed before as_of, or reopened before it.
    """
    known = moments.join(leads.select("lead_id", "created_at"), "lead_id")
    known = known.filter(known.created_at <= known.as_of)
    if closings is not None:
        # joined on lead_id alone: with the conditions in an anti-join, DuckDB compares each moment with each period
        periods = known.join(closings, "lead_id")
        begun = periods.closed_at.isnull() | (periods.closed_at < periods.as_of)
        lasts = periods.reopened_at.isnull() | (periods.reopened_at >= periods.as_of)
        known = known.anti_join(periods.filter(begun, lasts), ["lead_id", "as_of"])
    return known.select("lead_id", "as_of")
