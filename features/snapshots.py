"""Sampling of snapshots: pairs of lead and time."""

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from leadlight.features.point_in_time import count_days_between, expand_to_moments

__all__ = ["sample_at_creation", "sample_at_midnights", "sample_on_grid", "union_snapshots"]


def sample_at_creation(leads: ir.Table) -> ir.Table:
    """Sample each lead at its creation: lead_id, as_of."""
    return leads.select("lead_id", as_of=leads.created_at)


def sample_at_midnights(first: ir.Table, midnights: ir.Table, days: Iterable[int]) -> list[ir.Table]:
    """Sample each lead at midnights after its creation.

    Parameters
    ----------
    first : ir.Table
        lead_id, day (whole number) of the first midnight strictly after its creation: the first night that sees it.
    midnights : ir.Table
        day, as_of.
    days : iterable of int
        Days after the first midnight; 0 is that midnight itself.

    Returns
    -------
    list of ir.Table
        One table of lead_id, as_of per number of days.
    """
    shifted = [first.select("lead_id", day=first.day + n) for n in days]
    return [table.join(midnights, "day").select("lead_id", "as_of") for table in shifted]


def sample_on_grid(leads: ir.Table, grid: ir.Table) -> ir.Table:
    """Sample every lead at every time of a grid from its creation on.

    Parameters
    ----------
    leads : ir.Table
        lead_id, created_at.
    grid : ir.Table
        as_of.

    Returns
    -------
    ir.Table
        lead_id, as_of.
    """
    return expand_to_moments(leads, grid)


def union_snapshots(parts: Iterable[ir.Table], leads: ir.Table, max_age_days: int | None) -> ir.Table:
    """Return the distinct union of snapshots, without those beyond a maximal age.

    Parameters
    ----------
    parts : iterable of ir.Table
        Tables of lead_id, as_of.
    leads : ir.Table
        lead_id, created_at.
    max_age_days : int or None
        Maximal age in days.

    Returns
    -------
    ir.Table
        lead_id, as_of; unique.
    """
    every = ibis.union(*parts, distinct=True) if len(parts := list(parts)) > 1 else parts[0].distinct()
    if max_age_days is None:
        return every
    aged = every.join(leads.select("lead_id", "created_at"), "lead_id")
    return aged.filter(count_days_between(aged.created_at, aged.as_of) <= float(max_age_days)).select(
        "lead_id", "as_of"
    )
