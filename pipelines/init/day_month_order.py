"""Resolve the order of day and month by what it says of deals: a deal is not closed before its lead is created."""

import pandas as pd

from leadlight.pipelines.init.roles import ColumnRoles
from leadlight.pipelines.init.source_tables import SourceTable, strip_text
from leadlight.pipelines.init.time_format import DetectedTimeFormat, swap_order

__all__ = ["resolve_order_by_deals"]


def resolve_order_by_deals(tables: dict[str, SourceTable], roles: dict[str, ColumnRoles]) -> None:
    """Try both orders on the columns whose values fit both, and take the one with fewer contradictions.

    Parameters
    ----------
    tables : dict
        Files by name.
    roles : dict
        Roles of their columns; times of ambiguous order are replaced.
    """
    doubtful = {name: role.time for name, role in roles.items() if role.time is not None and role.time.other}
    leads, deals = roles["leads"].time, roles["deals"].time if "deals" in roles else None
    if not doubtful or leads is None or deals is None:
        return
    swapped = {name: swap_order(time, tables[name].frame[time.column]) for name, time in doubtful.items()}
    counts = []
    for times in (doubtful, swapped):
        created, closed = times.get("leads", leads), times.get("deals", deals)
        counts.append(_count_contradictions(tables, roles, created, closed))
    if counts[0] == counts[1]:
        return
    chosen = doubtful if counts[0] < counts[1] else swapped
    fewer, more = sorted(counts)
    for name, time in chosen.items():
        which, other = ("month", "day") if time.month_first else ("day", "month")
        reason = f"{which} first: {fewer:,} deals close before their lead, {other} first {more:,}"
        # a few contradictions are faults of the data, and leave the order in doubt only if the other has few more
        settled = fewer <= more / 10
        roles[name].time = time._replace(reason=reason, other=None if settled else time.other)


def _count_contradictions(
    tables: dict[str, SourceTable],
    roles: dict[str, ColumnRoles],
    created: DetectedTimeFormat,
    closed: DetectedTimeFormat,
) -> int:
    """Count the deals that close on a day before the creation of their lead."""
    keys = strip_text(tables["leads"].frame[roles["leads"].lead_id])
    days = pd.Series(created.times.dt.normalize().to_numpy(), index=keys)
    days = days[~days.index.duplicated() & days.index.notna()]
    created_on = strip_text(tables["deals"].frame[roles["deals"].lead_id]).map(days)
    return int((closed.times.dt.normalize().to_numpy() < created_on.to_numpy()).sum())
