"""What was known at a moment. The only file of this room that compares times.

A record is known at ``as_of`` when it happened strictly before it. Times are UTC in whole seconds.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

__all__ = [
    "SnapshotIndex",
    "activities_as_of",
    "attributes_as_of",
    "count_days_between",
    "expand_to_moments",
    "filter_before",
    "filter_open_leads",
    "filter_window",
]

SECONDS_A_DAY = 86_400.0


def count_days_between(earlier: ir.TimestampValue, later: ir.TimestampValue) -> ir.FloatingValue:
    """Return the days from one moment to another, with fractions."""
    return (_epoch(later) - _epoch(earlier)).cast("float64") / SECONDS_A_DAY


def _epoch(moment: ir.TimestampValue) -> ir.IntegerValue:
    """Return whole seconds since 1970.

    Cut off before, for engines round fractions differently; and subtracted as integers, because ``delta``
    differs between engines too. Whoever divides them makes floats of them first: Spark turns integer by
    float into DECIMAL.
    """
    seconds: ir.IntegerValue = moment.truncate("s").epoch_seconds().cast("int64")
    return seconds


def filter_window(age: ir.FloatingValue, days: float) -> ir.BooleanValue:
    """Tell whether something of that age happened in the last `days` days: in [as_of - days, as_of)."""
    return age <= float(days)


@dataclass(frozen=True)
class SnapshotIndex:
    """Which leads are looked at, and when.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    as_of : ir.TimestampScalar or None
        The one as_of of all snapshots, where they share one: a night needs no moment a row.
    """

    snapshots: ir.Table
    as_of: ir.TimestampScalar | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that tell snapshots apart."""
        return ("lead_id", "as_of") if self.as_of is None else ("lead_id",)


def activities_as_of(
    looks: SnapshotIndex, activities: ir.Table, *columns: str, last_days: float | None = None
) -> ir.Table:
    """Find the activities that were known at each snapshot.

    Parameters
    ----------
    looks : Looks
        The snapshots.
    activities : ir.Table
        lead_id, occurred_at, type, and, where there are any, value, object and local_at: when it happened
        by the clocks of the business.
    *columns : str
        Those wanted of type, value, object, local_at, seconds (since it happened, whole, >= 0) and age (in
        days). What `activities` lacks is NULL; local_at is occurred_at where it does.
    last_days : float, optional
        Only activities of the last so many days.

    Returns
    -------
    ir.Table
        The keys of `looks` and `columns`: one row a known activity of a snapshot.
    """
    if looks.as_of is None:
        moments = looks.snapshots.select("lead_id", "as_of", now=_epoch(looks.snapshots.as_of))
        rows = moments.join(
            activities,
            [moments.lead_id == activities.lead_id, activities.occurred_at < moments.as_of],
            how="inner",
        )
        keys, now = {"lead_id": moments.lead_id, "as_of": moments.as_of}, moments.now
    else:
        activities = activities.filter(activities.occurred_at < looks.as_of)
        rows = activities = activities.semi_join(looks.snapshots, "lead_id")
        keys, now = {"lead_id": activities.lead_id}, _epoch(looks.as_of)
    given = activities.columns
    seconds = now - _epoch(activities.occurred_at)
    values = {
        "type": activities.type,
        "value": activities.value if "value" in given else ibis.null("float64"),
        "object": activities.object if "object" in given else ibis.null("string"),
        "local_at": activities.local_at if "local_at" in given else activities.occurred_at,
        "seconds": seconds,
        "age": seconds.cast("float64") / SECONDS_A_DAY,
    }
    # each caller takes what it needs: a table that several share would be written down whole by the engine
    wanted = {name: values[name] for name in columns}
    if last_days is None:
        return rows.select(**keys, **wanted)
    recent = rows.select(**keys, **wanted | {"age": values["age"]})
    return recent.filter(filter_window(recent.age, last_days))


def attributes_as_of(snapshots: ir.Table, history: ir.Table) -> ir.Table:
    """Find what each attribute was last set to strictly before each snapshot.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    history : ir.Table
        lead_id, attribute, value (text or NULL), number (value as a number, or NULL), changed_at.

    Returns
    -------
    ir.Table
        lead_id, as_of, attribute, value, number. Of two values set in the same second the greater wins,
        so that every engine gives the same.
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
    return newest.group_by("lead_id", "as_of", "attribute").agg(
        value=newest.value.max(), number=newest.number.max()
    )


def filter_before(table: ir.Table, column: str, moment: ir.TimestampScalar) -> ir.Table:
    """Keep the rows that speak of a time strictly before a moment.

    Parameters
    ----------
    table : ir.Table
        Anything with a time.
    column : str
        Where the time stands.
    moment : ir.TimestampScalar
        The moment.
    """
    return table.filter(table[column] < moment)


def expand_to_moments(leads: ir.Table, moments: ir.Table) -> ir.Table:
    """Pair every lead with every moment from its creation on.

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
    """Keep the moments at which a lead existed and was not closed.

    Parameters
    ----------
    moments : ir.Table
        lead_id, as_of.
    leads : ir.Table
        lead_id, created_at.
    closings : ir.Table or None
        lead_id, closed_at: the first close of each lead.

    Returns
    -------
    ir.Table
        lead_id, as_of with created_at <= as_of and not closed before as_of.
    """
    known = moments.join(leads.select("lead_id", "created_at"), "lead_id")
    known = known.filter(known.created_at <= known.as_of)
    if closings is None:
        return known.select("lead_id", "as_of")
    ends = closings.select("lead_id", "closed_at")
    joined = known.left_join(ends, "lead_id")
    still_open = joined.closed_at.isnull() | (joined.closed_at >= joined.as_of)
    return joined.filter(still_open).select("lead_id", "as_of")
