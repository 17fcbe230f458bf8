"""What each column is for: times, types, amounts, consent, owner."""

import itertools
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError, SourceError
from leadlight.pipelines.init.key_detection import Keys
from leadlight.pipelines.init.outcome_detection import (
    OutcomeFound,
    find_outcome,
    find_status,
    unread_status,
    yes_values,
)
from leadlight.pipelines.init.source_tables import Sheet, filled
from leadlight.pipelines.init.time_format import TimeFound
from leadlight.pipelines.init.vocabulary import NAMES, named, outcome_word
from leadlight.pipelines.profile.columns import ColumnProfile, describe

__all__ = ["Roles", "find_roles"]

#: rank correlation with the place in the file above which a number grows with it
GROWS = 0.95
MOST_OWNERS, MOST_TYPES = 0.2, 500


@dataclass
class Roles:
    """What the columns of one table are for.

    Parameters
    ----------
    lead_id : str
        The key.
    time : TimeFound or None
        created_at, occurred_at, closed_at or changed_at.
    columns : dict
        Role -> column, for the other roles of a single column.
    outcome : OutcomeFound or None
        status of deals, outcome of leads.
    unread : (str, tuple of str) or None
        A column of deals that is named as a status, and its values, none of which is known to mean won.
    granted : tuple of str
        Values of the consent column that mean yes.
    other_times : tuple of str
        Times that might have been meant as well.
    """

    lead_id: str
    time: TimeFound | None = None
    columns: dict[str, str] = field(default_factory=dict)
    outcome: OutcomeFound | None = None
    unread: tuple[str, tuple[str, ...]] | None = None
    granted: tuple[str, ...] = ()
    other_times: tuple[str, ...] = ()

    @property
    def used(self) -> set[str]:
        """Columns that have a role."""
        times = {self.time.column} if self.time else set()
        outcome = {self.outcome.column} if self.outcome else set()
        return {self.lead_id, *times, *outcome, *self.columns.values()}


def find_roles(sheets: dict[str, Sheet], keys: Keys) -> dict[str, Roles]:
    """Find what the columns of every table are for.

    Raises
    ------
    SourceError
        If a table lacks what no mapping can do without.
    """
    roles = {name: Roles(keys.columns[name]) for name in sheets}
    _leads_and_deals(sheets, roles)
    if "activities" in sheets:
        _activities(sheets["activities"], roles["activities"])
    if "history" in sheets:
        _history(sheets["history"], roles["history"], set(sheets["leads"].frame.columns))
    return roles


def _leads_and_deals(sheets: dict[str, Sheet], roles: dict[str, Roles]) -> None:
    leads, mine = sheets["leads"], roles["leads"]
    deals, theirs = sheets.get("deals"), roles.get("deals")
    if deals and theirs:
        mine.time, theirs.time = _created_and_closed(leads, deals, mine.lead_id, theirs.lead_id)
        _status(deals.frame, theirs)
        if amount := _best_number(deals.frame, NAMES["amount"], theirs.used):
            theirs.columns["amount"] = amount
        theirs.other_times = tuple(c for c in deals.times if c != theirs.time.column)
    else:
        ranked = sorted(leads.times.values(), key=_like_creation, reverse=True)
        mine.time = ranked[0] if ranked and _like_creation(ranked[0]) > 0 else None
        if mine.time is None and (needing := sorted(set(sheets) - {"leads"})):
            raise _no_time(leads, f"its creation where there is a table of {needing[0]}")
    if mine.time is None and (order := _order(leads.frame)):
        mine.columns["order"] = order
    if deals is None:
        mine.outcome = find_outcome(leads.frame, mine.used)
    if deals is None and mine.outcome is None:
        raise SourceError(
            "The leads must come with a file of deals (--deals) or have a column that says who was won. "
            f"Got no column with such values among {', '.join(map(str, leads.frame.columns))}."
        )
    mine.other_times = tuple(c for c in leads.times if mine.time and c != mine.time.column)
    for column in leads.frame.columns:
        if column in mine.used:
            continue
        if "consent" not in mine.columns and named(column, NAMES["consent"]):
            mine.granted = yes_values(leads.frame[column])
            mine.columns |= {"consent": column} if mine.granted else {}
        elif "owner" not in mine.columns and named(column, NAMES["owner"]):
            distinct = filled(leads.frame[column]).nunique()
            mine.columns |= {"owner": column} if 1 < distinct <= MOST_OWNERS * len(leads.frame) else {}


def _status(deals: pd.DataFrame, roles: Roles) -> None:
    roles.outcome = find_status(deals, roles.used)
    if roles.outcome is None and (found := unread_status(deals, roles.used)):
        roles.unread = found
        column, values = found
        if all(outcome_word(value) is False for value in values):
            raise NotEnoughDataError(
                f"The column {column} of deals must tell of wins. Got {' and '.join(values)} alone."
            )


def _like_creation(time: TimeFound) -> float:
    plain = named(time.column, NAMES["created"]) + named(
        time.column, ("date", "datum", "data", "fecha", "at")
    )
    return 1 + 2 * plain - 2 * named(time.column, NAMES["not_created"]) - 2 * float(time.times.isna().mean())


def _created_and_closed(
    leads: Sheet, deals: Sheet, lead_id: str, deal_id: str
) -> tuple[TimeFound, TimeFound]:
    """Take the pair of times whose names fit best and whose closes come after the creation."""
    if not leads.times:
        raise _no_time(leads, "its creation where there are deals")
    if not deals.times:
        raise _no_time(deals, "its close")

    def rank(pair: tuple[TimeFound, TimeFound]) -> float:
        created, closed = pair
        born = pd.Series(created.times.to_numpy(), index=filled(leads.frame[lead_id]))
        born = born[~born.index.duplicated() & born.index.notna()]
        delay = closed.times.to_numpy() - filled(deals.frame[deal_id]).map(born).dt.normalize().to_numpy()
        after = float((delay >= np.timedelta64(0)).mean())
        names = named(closed.column, NAMES["closed"]) - named(closed.column, ("creat", "angelegt", "erstell"))
        return _like_creation(created) + 2 * names + 4 * after

    return max(itertools.product(leads.times.values(), deals.times.values()), key=rank)


def _no_time(sheet: Sheet, of_what: str) -> SourceError:
    names = ", ".join(map(str, sheet.frame.columns))
    return SourceError(
        f"The table {sheet.name} must have a column with the time of {of_what}, as a date in text or typed. "
        f"Got none among {names}."
    )


def _order(frame: pd.DataFrame) -> str | None:
    """Find a number that goes up or down through the file, as numbers that are given in turn do."""
    for column in frame.columns:
        number = pd.to_numeric(frame[column], errors="coerce")
        if number.notna().all() and number.is_unique and len(number) > 2:
            place = pd.Series(range(len(number)), index=number.index, dtype="float64")
            if abs(place.corr(number.rank())) >= GROWS:
                return str(column)
    return None


def _activities(sheet: Sheet, roles: Roles) -> None:
    if not sheet.times:
        raise _no_time(sheet, "each activity")
    roles.time = _best_time(sheet, NAMES["occurred"])
    roles.other_times = tuple(c for c in sheet.times if c != roles.time.column)
    profiles = _profiles(sheet.frame, roles.used | set(sheet.times))
    kinds = {
        c: p for c, p in profiles.items() if p.kind in ("category", "constant") and p.distinct <= MOST_TYPES
    }
    if not kinds:
        raise SourceError(
            "The table activities must have a column with the type of each activity. "
            f"Got none among {', '.join(map(str, sheet.frame.columns))}."
        )
    roles.columns["type"] = max(
        kinds, key=lambda c: (named(c, NAMES["type"]), kinds[c].kind == "category", -kinds[c].missing_share)
    )
    if value := _best_number(sheet.frame, NAMES["value"], roles.used):
        roles.columns["value"] = value
    free = {
        c: p
        for c, p in profiles.items()
        if c not in roles.used and p.kind in ("category", "text", "identifier") and named(c, NAMES["object"])
    }
    if free:
        roles.columns["object"] = max(free, key=lambda c: named(c, NAMES["object"]))


def _history(sheet: Sheet, roles: Roles, attributes: set[str]) -> None:
    if not sheet.times:
        raise _no_time(sheet, "each change")
    roles.time = _best_time(sheet, NAMES["changed"])
    rest = [c for c in sheet.frame.columns if c not in roles.used | set(sheet.times)]
    if len(rest) < 2:
        raise SourceError(
            "The table history must have columns for the lead, the attribute, its value and the time of the "
            f"change. Got {', '.join(map(str, sheet.frame.columns))}."
        )
    known = {c: float(filled(sheet.frame[c]).isin(attributes).mean()) for c in rest}
    attribute = max(rest, key=lambda c: (known[c], named(c, NAMES["attribute"])))
    rest.remove(attribute)
    value = max(rest, key=lambda c: named(c, NAMES["held"]))
    roles.columns |= {"attribute": attribute, "value": value}


def _best_time(sheet: Sheet, stems: tuple[str, ...]) -> TimeFound:
    return max(sheet.times.values(), key=lambda t: named(t.column, stems) - 3 * float(t.times.isna().mean()))


def _best_number(frame: pd.DataFrame, stems: tuple[str, ...], used: set[str]) -> str | None:
    by_name = [
        str(c)
        for c in frame.columns
        if c not in used and named(c, stems) and not named(c, NAMES["not_amount"])
    ]
    kinds = {c: describe(frame[c]).kind for c in by_name}
    numeric = [
        c
        for c in by_name
        if kinds[c] in ("number", "category", "constant")
        and pd.to_numeric(filled(frame[c]).dropna(), errors="coerce").notna().any()
    ]
    return max(numeric, key=lambda c: named(c, stems), default=None)


def _profiles(frame: pd.DataFrame, used: set[str]) -> dict[str, ColumnProfile]:
    return {str(column): describe(frame[column]) for column in frame.columns if column not in used}
