"""What was known at a moment. The only file of this room that compares times.

A record is known at ``as_of`` when it happened strictly before it. Times are UTC in whole seconds.
"""

import ibis.expr.types as ir

__all__ = [
    "age_days",
    "attribute_values",
    "existing_at",
    "known_activities",
    "open_leads",
    "within",
]

SECONDS_A_DAY = 86_400.0


def age_days(earlier: ir.TimestampValue, later: ir.TimestampValue) -> ir.FloatingValue:
    """Return the days from one moment to another, with fractions.

    Whole epoch seconds are subtracted because ``delta`` differs between engines, and they are made
    floats before the division because Spark turns integer by float into DECIMAL.
    """
    seconds = later.truncate("s").epoch_seconds().cast("int64") - earlier.truncate("s").epoch_seconds().cast(
        "int64"
    )
    return seconds.cast("float64") / SECONDS_A_DAY


def within(age: ir.FloatingValue, days: float) -> ir.BooleanValue:
    """Tell whether something of that age happened in the last `days` days: in [as_of - days, as_of)."""
    return age <= float(days)


def known_activities(snapshots: ir.Table, activities: ir.Table) -> ir.Table:
    """Join each snapshot with the activities known then.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    activities : ir.Table
        lead_id, occurred_at, type.

    Returns
    -------
    ir.Table
        lead_id, as_of, type, day, age (days, > 0): one row a known activity of a snapshot.
    """
    moments = snapshots.select("lead_id", "as_of")
    events = activities.select("lead_id", "occurred_at", "type")
    joined = moments.join(
        events, [moments.lead_id == events.lead_id, events.occurred_at < moments.as_of], how="inner"
    )
    return joined.select(
        lead_id=moments.lead_id,
        as_of=moments.as_of,
        type=events.type,
        day=events.occurred_at.date(),
        age=age_days(events.occurred_at, moments.as_of),
    )


def attribute_values(snapshots: ir.Table, history: ir.Table) -> ir.Table:
    """Find what each attribute was last set to strictly before each snapshot.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    history : ir.Table
        lead_id, attribute, value (text or NULL), changed_at.

    Returns
    -------
    ir.Table
        lead_id, as_of, attribute, value. Of two values set in the same second the greater text wins,
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
        changed_at=history.changed_at,
    )
    last = joined.group_by("lead_id", "as_of", "attribute").agg(changed_at=joined.changed_at.max())
    newest = joined.join(last, ["lead_id", "as_of", "attribute", "changed_at"], how="semi")
    return newest.group_by("lead_id", "as_of", "attribute").agg(value=newest.value.max())


def existing_at(leads: ir.Table, moments: ir.Table) -> ir.Table:
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


def open_leads(moments: ir.Table, leads: ir.Table, closings: ir.Table | None) -> ir.Table:
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
