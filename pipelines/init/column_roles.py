"""Assign roles to columns: times, types, amounts, outcome, consent, owner."""

import pandas as pd

from leadlight.pipelines.init.event_roles import assign_activities, assign_history, assign_stages, choose_number
from leadlight.pipelines.init.flat_export import is_flat_export, is_of_stages
from leadlight.pipelines.init.key_detection import DetectedKeys
from leadlight.pipelines.init.outcome_detection import (
    DetectedOutcome,
    find_granted_values,
    find_outcome,
    find_outcome_by_values,
    find_status,
    find_unrecognized_status,
    is_objection,
    list_likely_outcomes,
)
from leadlight.pipelines.init.roles import ColumnRoles
from leadlight.pipelines.init.source_tables import SourceTable, strip_text
from leadlight.pipelines.init.time_roles import choose_created_and_closed, find_opening, score_creation
from leadlight.pipelines.init.vocabulary import NAMES, classify_outcome, count_stems

__all__ = ["find_roles"]

#: rank correlation with the row number above which a number counts as an order
MIN_ORDER_CORRELATION = 0.95
MAX_OWNERS_SHARE = 0.2


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

    Returns
    -------
    dict
        Table -> roles. Without deals, leads may have no outcome; the status of deals may have no value that means
        won.
    """
    roles = {name: ColumnRoles(keys.columns[name]) for name in tables}
    _assign_leads_and_deals(tables, roles, outcome)
    if "activities" in tables:
        assign_activities(tables["activities"], roles["activities"])
    if "history" in tables:
        assign_history(tables["history"], roles["history"], set(map(str, tables["leads"].frame.columns)))
    if "stages" in tables:
        assign_stages(tables["stages"], roles["stages"])
    return roles


def _assign_leads_and_deals(tables: dict[str, SourceTable], roles: dict[str, ColumnRoles], outcome: str | None) -> None:
    leads, lead_roles = tables["leads"], roles["leads"]
    deals, deal_roles = tables.get("deals"), roles.get("deals")
    if deals and deal_roles:
        keys = str(lead_roles.lead_id), str(deal_roles.lead_id)  # there are some, where there are deals
        _assign_status(deals, deal_roles)
        decided = _find_decided(deals.frame, deal_roles.outcome)
        lead_roles.time, deal_roles.time = choose_created_and_closed(leads, deals, *keys, decided)
        if amount := choose_number(deals.frame, NAMES["amount"], deal_roles.used):
            deal_roles.columns["amount"] = amount
        same_file = is_flat_export(tables)  # the creation of a lead is no opening of another deal
        deal_roles.opened = None if same_file else find_opening(deals, deal_roles.time)
        if is_of_stages(tables):
            deal_roles.opened = deal_roles.time
        deal_roles.other_times = () if same_file else tuple(c for c in deals.times if c not in deal_roles.used)
    else:
        ranked = sorted(leads.times.values(), key=score_creation, reverse=True)
        lead_roles.time = ranked[0] if ranked and score_creation(ranked[0]) > 0 else None
    if lead_roles.time is None and (order := _find_order(leads.frame)):
        lead_roles.columns["order"] = order
    if deals is None:
        lead_roles.outcome = find_outcome(leads.frame, lead_roles.used, outcome) or find_outcome_by_values(
            leads.frame, lead_roles.used
        )
        if lead_roles.outcome is None:
            lead_roles.likely_outcomes = list_likely_outcomes(leads.frame, lead_roles.used | set(leads.times))
    closing = deal_roles.used if deal_roles and is_flat_export(tables) else set()
    lead_roles.other_times = tuple(
        c for c in leads.times if lead_roles.time and c != lead_roles.time.column and c not in closing
    )
    for column in sorted(leads.frame.columns, key=is_objection):  # consent before the lack of an objection
        if column in lead_roles.used or "consent" in lead_roles.columns:
            continue
        if count_stems(column, (*NAMES["consent"], *NAMES["objection"])):
            lead_roles.granted = find_granted_values(column, leads.frame[column])
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
            rows = int(strip_text(deals.frame[column]).notna().sum())
            roles.outcome = DetectedOutcome(column, (), values, {}, 0, rows, by_words=True)


def _find_order(frame: pd.DataFrame) -> str | None:
    """Find a number that follows the order of rows, as consecutive numbers do."""
    for column in frame.columns:
        number = pd.to_numeric(frame[column], errors="coerce")
        if number.notna().all() and number.is_unique and len(number) > 2:
            place = pd.Series(range(len(number)), index=number.index, dtype="float64")
            if abs(place.corr(number.rank())) >= MIN_ORDER_CORRELATION:
                return str(column)
    return None
