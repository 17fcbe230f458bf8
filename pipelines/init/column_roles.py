"""Assign roles to columns: times, types, amounts, outcome, consent, owner."""

from dataclasses import dataclass, field

import pandas as pd

from leadlight.features.errors import NotEnoughDataError, SourceError
from leadlight.pipelines.init.flat_export import is_flat_export
from leadlight.pipelines.init.key_detection import DetectedKeys
from leadlight.pipelines.init.outcome_detection import (
    DetectedOutcome,
    find_outcome,
    find_outcome_by_values,
    find_status,
    find_unrecognized_status,
    find_yes_values,
)
from leadlight.pipelines.init.source_tables import SourceTable, strip_text
from leadlight.pipelines.init.time_format import DetectedTimeFormat
from leadlight.pipelines.init.time_roles import (
    choose_created_and_closed,
    choose_time,
    find_opening,
    make_no_time_error,
    score_creation,
)
from leadlight.pipelines.init.vocabulary import NAMES, classify_outcome, count_stems
from leadlight.pipelines.profile.columns import ColumnProfile, profile_column

__all__ = ["ColumnRoles", "find_roles"]

#: rank correlation with the row number above which a number counts as an order
MIN_ORDER_CORRELATION = 0.95
MAX_OWNERS_SHARE, MAX_TYPES = 0.2, 500


@dataclass
class ColumnRoles:
    """Roles of the columns of one table."""

    lead_id: str | None  # none: the number of the row
    time: DetectedTimeFormat | None = None  # created_at, occurred_at, closed_at or changed_at
    opened: DetectedTimeFormat | None = None  # opened_at of deals
    columns: dict[str, str] = field(default_factory=dict)  # role -> column, in the other roles
    outcome: DetectedOutcome | None = None  # status of deals, outcome of leads
    #: a column of deals named like a status, and its values, none of which means won
    unrecognized_status: tuple[str, tuple[str, ...]] | None = None
    granted: tuple[str, ...] = ()  # values that mean consent
    other_times: tuple[str, ...] = ()

    @property
    def used(self) -> set[str]:
        """Columns with a role."""
        times = {time.column for time in (self.time, self.opened) if time}
        outcome = {self.outcome.column} if self.outcome else set()
        return {name for name in (self.lead_id, *times, *outcome, *self.columns.values()) if name}


def find_roles(
    tables: dict[str, SourceTable], keys: DetectedKeys, outcome: str | None = None
) -> dict[str, ColumnRoles]:
    """Find the roles of the columns of every table.

    Parameters
    ----------
    tables, keys
        What was read, and the keys that were found.
    outcome : str, optional
        The outcome column of leads, where the user names it.

    Raises
    ------
    SourceError
        If a table lacks a required column.
    """
    roles = {name: ColumnRoles(keys.columns[name]) for name in tables}
    _assign_leads_and_deals(tables, roles, outcome)
    if "activities" in tables:
        _assign_activities(tables["activities"], roles["activities"])
    if "history" in tables:
        _assign_history(tables["history"], roles["history"], set(tables["leads"].frame.columns))
    return roles


def _assign_leads_and_deals(tables: dict[str, SourceTable], roles: dict[str, ColumnRoles], outcome: str | None) -> None:
    leads, lead_roles = tables["leads"], roles["leads"]
    deals, deal_roles = tables.get("deals"), roles.get("deals")
    if deals and deal_roles:
        keys = str(lead_roles.lead_id), str(deal_roles.lead_id)  # there are some, where there are deals
        _assign_status(deals, deal_roles)
        decided = _find_decided(deals.frame, deal_roles.outcome)
        lead_roles.time, deal_roles.time = choose_created_and_closed(leads, deals, *keys, decided)
        if amount := _choose_number(deals.frame, NAMES["amount"], deal_roles.used):
            deal_roles.columns["amount"] = amount
        same_file = is_flat_export(tables)  # the creation of a lead is no opening of another deal
        deal_roles.opened = None if same_file else find_opening(deals, deal_roles.time)
        deal_roles.other_times = () if same_file else tuple(c for c in deals.times if c not in deal_roles.used)
    else:
        ranked = sorted(leads.times.values(), key=score_creation, reverse=True)
        lead_roles.time = ranked[0] if ranked and score_creation(ranked[0]) > 0 else None
        if lead_roles.time is None and (needing := sorted(set(tables) - {"leads"})):
            raise make_no_time_error(leads, f"its creation where there is a table of {needing[0]}")
    if lead_roles.time is None and (order := _find_order(leads.frame)):
        lead_roles.columns["order"] = order
    if deals is None:
        lead_roles.outcome = find_outcome(leads.frame, lead_roles.used, outcome) or find_outcome_by_values(
            leads.frame, lead_roles.used
        )
    if deals is None and lead_roles.outcome is None:
        raise SourceError(
            "The leads must come with a file of deals (--deals) or have a column of outcomes, which --outcome can "
            f"name. Got no column of two values such as yes and no among {', '.join(map(str, leads.frame.columns))}."
        )
    closing = deal_roles.used if deal_roles and is_flat_export(tables) else set()
    lead_roles.other_times = tuple(
        c for c in leads.times if lead_roles.time and c != lead_roles.time.column and c not in closing
    )
    for column in leads.frame.columns:
        if column in lead_roles.used:
            continue
        if "consent" not in lead_roles.columns and count_stems(column, NAMES["consent"]):
            lead_roles.granted = find_yes_values(leads.frame[column])
            lead_roles.columns |= {"consent": column} if lead_roles.granted else {}
    if owner := _find_owner(leads.frame, lead_roles.used | set(leads.times)):
        lead_roles.columns["owner"] = owner


def _find_owner(frame: pd.DataFrame, used: set[str]) -> str | None:
    """Find the column of owners: a name is read more easily than an address, and that more easily than an id."""
    owners = [
        str(column)
        for column in frame.columns
        if column not in used
        and count_stems(column, NAMES["owner"])
        and 1 < strip_text(frame[column]).nunique() <= MAX_OWNERS_SHARE * len(frame)
    ]
    return min(owners, key=lambda c: (count_stems(c, ("id", "key")), count_stems(c, ("mail",))), default=None)


def _find_decided(deals: pd.DataFrame, outcome: DetectedOutcome | None) -> pd.Series:
    """Mark the deals that are won or lost; all of them where no column says so."""
    if outcome is None:
        return pd.Series(True, deals.index)
    return strip_text(deals[outcome.column]).isin({*outcome.won, *outcome.lost})


def _assign_status(deals: SourceTable, roles: ColumnRoles) -> None:
    used = roles.used | set(deals.times)
    roles.outcome = find_status(deals.frame, used)
    if roles.outcome is None and (unrecognized := find_unrecognized_status(deals.frame, used)):
        roles.unrecognized_status = unrecognized
        column, values = unrecognized
        if all(classify_outcome(value) is False for value in values):
            raise NotEnoughDataError(
                f"The column {column} of deals must have a value that means won. Got {' and '.join(values)}."
            )


def _find_order(frame: pd.DataFrame) -> str | None:
    """Find a number that follows the order of rows, as consecutive numbers do."""
    for column in frame.columns:
        number = pd.to_numeric(frame[column], errors="coerce")
        if number.notna().all() and number.is_unique and len(number) > 2:
            place = pd.Series(range(len(number)), index=number.index, dtype="float64")
            if abs(place.corr(number.rank())) >= MIN_ORDER_CORRELATION:
                return str(column)
    return None


def _assign_activities(table: SourceTable, roles: ColumnRoles) -> None:
    if not table.times:
        raise make_no_time_error(table, "each activity")
    roles.time = choose_time(table, NAMES["occurred"])
    roles.other_times = tuple(c for c in table.times if c != roles.time.column)
    profiles = _profile_columns(table.frame, roles.used | set(table.times))
    kinds = {c: p for c, p in profiles.items() if p.kind in ("category", "constant") and p.distinct <= MAX_TYPES}
    if not kinds:
        raise SourceError(
            "The table activities must have a column with the type of each activity. "
            f"Got none among {', '.join(map(str, table.frame.columns))}."
        )
    roles.columns["type"] = max(
        kinds, key=lambda c: (count_stems(c, NAMES["type"]), kinds[c].kind == "category", -kinds[c].missing_share)
    )
    if value := _choose_number(table.frame, NAMES["value"], roles.used):
        roles.columns["value"] = value
    free = {
        c: p
        for c, p in profiles.items()
        if c not in roles.used and p.kind in ("category", "text", "identifier") and count_stems(c, NAMES["object"])
    }
    if free:
        roles.columns["object"] = max(free, key=lambda c: count_stems(c, NAMES["object"]))


def _assign_history(table: SourceTable, roles: ColumnRoles, attributes: set[str]) -> None:
    if not table.times:
        raise make_no_time_error(table, "each change")
    roles.time = choose_time(table, NAMES["changed"])
    rest = [c for c in table.frame.columns if c not in roles.used | set(table.times)]
    if len(rest) < 2:
        raise SourceError(
            "The table history must have columns for the lead, the attribute, its value and the time of the "
            f"change. Got {', '.join(map(str, table.frame.columns))}."
        )
    known = {c: float(strip_text(table.frame[c]).isin(attributes).mean()) for c in rest}
    attribute = max(rest, key=lambda c: (known[c], count_stems(c, NAMES["attribute"])))
    rest.remove(attribute)
    value = max(rest, key=lambda c: count_stems(c, NAMES["held"]) - 2 * count_stems(c, NAMES["held_before"]))
    rest.remove(value)
    roles.columns |= {"attribute": attribute, "value": value}
    before = [c for c in rest if count_stems(c, NAMES["held_before"])]
    if before:
        roles.columns["old_value"] = max(before, key=lambda c: count_stems(c, NAMES["held_before"]))


def _choose_number(frame: pd.DataFrame, stems: tuple[str, ...], used: set[str]) -> str | None:
    by_name = [
        str(c)
        for c in frame.columns
        if c not in used and count_stems(c, stems) and not count_stems(c, NAMES["not_amount"])
    ]
    kinds = {c: profile_column(frame[c]).kind for c in by_name}
    numeric = [
        c
        for c in by_name
        if kinds[c] in ("number", "category", "constant")
        and pd.to_numeric(strip_text(frame[c]).dropna(), errors="coerce").notna().any()
    ]
    return max(numeric, key=lambda c: count_stems(c, stems), default=None)


def _profile_columns(frame: pd.DataFrame, used: set[str]) -> dict[str, ColumnProfile]:
    return {str(column): profile_column(frame[column]) for column in frame.columns if column not in used}
