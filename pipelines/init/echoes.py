"""Columns of the leads that say again what another column says: their owner, or how long they took to close."""

import pandas as pd

from leadlight.pipelines.init.flat_export import is_flat_export
from leadlight.pipelines.init.roles import ColumnRoles
from leadlight.pipelines.init.source_tables import SourceTable, strip_text

__all__ = ["find_durations", "find_repeats_of_owner"]

#: share of the closed leads of which a number is the days from creation to close, give or take one
MIN_SAME = 0.9


def find_repeats_of_owner(frame: pd.DataFrame, roles: ColumnRoles) -> dict[str, str]:
    """Return columns that have one value for each owner, such as an id or an address, with the reason."""
    owner = roles.columns.get("owner")
    if owner is None:
        return {}
    owners = strip_text(frame[owner])
    found = {}
    for column in map(str, frame.columns):
        values = strip_text(frame[column])
        if column not in roles.used and values.nunique() == owners.nunique() > 2:
            both = pd.DataFrame({"owner": owners, "value": values}).dropna().drop_duplicates()
            if len(both) == owners.nunique() and values.notna().sum() >= MIN_SAME * owners.notna().sum():
                found[column] = f"it says the same as {owner}"
    return found


def find_durations(tables: dict[str, SourceTable], roles: dict[str, ColumnRoles]) -> dict[str, str]:
    """Return numbers of a flat export that count the days from creation to close, with the reason."""
    if not is_flat_export(tables):
        return {}
    created, closed = roles["leads"].time, roles["deals"].time
    if created is None or closed is None:
        return {}
    frame = tables["leads"].frame
    days = (closed.times.dt.normalize() - created.times.dt.normalize()).dt.days
    outcome = roles["deals"].outcome
    if outcome is not None:
        days = days.where(strip_text(frame[outcome.column]).isin({*outcome.won, *outcome.lost}))
    found = {}
    for column in map(str, frame.columns):
        numbers = pd.to_numeric(frame[column], errors="coerce")[days.notna()]
        near = (numbers - days[days.notna()]).abs() <= 1
        if (
            column not in roles["leads"].used | roles["deals"].used
            and numbers.nunique() > 2
            and near.mean() >= MIN_SAME
        ):
            found[column] = "it counts the days from creation to close"
    return found
