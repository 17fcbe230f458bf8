"""What each column is for: times, types, amounts, consent, owner."""

import itertools
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError, SourceError
from leadlight.pipelines.init.key_detection import DetectedKeys
from leadlight.pipelines.init.outcome_detection import (
    DetectedOutcome,
    find_outcome,
    find_status,
    find_unrecognized_status,
    find_yes_values,
)
from leadlight.pipelines.init.source_tables import SourceTable, strip_text
from leadlight.pipelines.init.time_format import DetectedTimeFormat
from leadlight.pipelines.init.vocabulary import NAMES, classify_outcome, count_stems
from leadlight.pipelines.profile.columns import ColumnProfile, profile_column

__all__ = ["ColumnRoles", "find_roles"]

#: rank correlation with the place in the file above which a number grows with it
GROWS = 0.95
MAX_OWNERS_SHARE, MAX_TYPES = 0.2, 500


@dataclass
class ColumnRoles:
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
    unrecognized_status : (str, tuple of str) or None
        A column of deals that is named as a status, and its values, none of which is known to mean won.
    granted : tuple of str
        Values of the consent column that mean yes.
    other_times : tuple of str
        Times that might have been meant as well.
    """

    lead_id: str
    time: DetectedTimeFormat | None = None
    columns: dict[str, str] = field(default_factory=dict)
    outcome: DetectedOutcome | None = None
    unrecognized_status: tuple[str, tuple[str, ...]] | None = None
    granted: tuple[str, ...] = ()
    other_times: tuple[str, ...] = ()

    @property
    def used(self) -> set[str]:
        """Columns that have a role."""
        times = {self.time.column} if self.time else set()
        outcome = {self.outcome.column} if self.outcome else set()
        return {self.lead_id, *times, *outcome, *self.columns.values()}


def find_roles(sheets: dict[str, SourceTable], keys: DetectedKeys) -> dict[str, ColumnRoles]:
    """Find what the columns of every table are for.

    Raises
    ------
    SourceError
        If a table lacks what no mapping can do without.
    """
    roles = {name: ColumnRoles(keys.columns[name]) for name in sheets}
    _leads_and_deals(sheets, roles)
    if "activities" in sheets:
        _activities(sheets["activities"], roles["activities"])
    if "history" in sheets:
        _history(sheets["history"], roles["history"], set(sheets["leads"].frame.columns))
    return roles


def _leads_and_deals(sheets: dict[str, SourceTable], roles: dict[str, ColumnRoles]) -> None:
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
        if "consent" not in mine.columns and count_stems(column, NAMES["consent"]):
            mine.granted = find_yes_values(leads.frame[column])
            mine.columns |= {"consent": column} if mine.granted else {}
        elif "owner" not in mine.columns and count_stems(column, NAMES["owner"]):
            distinct = strip_text(leads.frame[column]).nunique()
            mine.columns |= {"owner": column} if 1 < distinct <= MAX_OWNERS_SHARE * len(leads.frame) else {}


def _status(deals: pd.DataFrame, roles: ColumnRoles) -> None:
    roles.outcome = find_status(deals, roles.used)
    if roles.outcome is None and (found := find_unrecognized_status(deals, roles.used)):
        roles.unrecognized_status = found
        column, values = found
        if all(classify_outcome(value) is False for value in values):
            raise NotEnoughDataError(
                f"The column {column} of deals must tell of wins. Got {' and '.join(values)} alone."
            )


def _like_creation(time: DetectedTimeFormat) -> float:
    plain = count_stems(time.column, NAMES["created"]) + count_stems(
        time.column, ("date", "datum", "data", "fecha", "at")
    )
    return (
        1
        + 2 * plain
        - 2 * count_stems(time.column, NAMES["not_created"])
        - 2 * float(time.times.isna().mean())
    )


def _created_and_closed(
    leads: SourceTable, deals: SourceTable, lead_id: str, deal_id: str
) -> tuple[DetectedTimeFormat, DetectedTimeFormat]:
    """Take the pair of times whose names fit best and whose closes come after the creation."""
    if not leads.times:
        raise _no_time(leads, "its creation where there are deals")
    if not deals.times:
        raise _no_time(deals, "its close")

    def rank(pair: tuple[DetectedTimeFormat, DetectedTimeFormat]) -> float:
        created, closed = pair
        born = pd.Series(created.times.to_numpy(), index=strip_text(leads.frame[lead_id]))
        born = born[~born.index.duplicated() & born.index.notna()]
        delay = closed.times.to_numpy() - strip_text(deals.frame[deal_id]).map(born).dt.normalize().to_numpy()
        after = float((delay >= np.timedelta64(0)).mean())
        names = count_stems(closed.column, NAMES["closed"]) - count_stems(
            closed.column, ("creat", "angelegt", "erstell")
        )
        return _like_creation(created) + 2 * names + 4 * after

    return max(itertools.product(leads.times.values(), deals.times.values()), key=rank)


def _no_time(sheet: SourceTable, of_what: str) -> SourceError:
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


def _activities(sheet: SourceTable, roles: ColumnRoles) -> None:
    if not sheet.times:
        raise _no_time(sheet, "each activity")
    roles.time = _best_time(sheet, NAMES["occurred"])
    roles.other_times = tuple(c for c in sheet.times if c != roles.time.column)
    profiles = _profiles(sheet.frame, roles.used | set(sheet.times))
    kinds = {
        c: p for c, p in profiles.items() if p.kind in ("category", "constant") and p.distinct <= MAX_TYPES
    }
    if not kinds:
        raise SourceError(
            "The table activities must have a column with the type of each activity. "
            f"Got none among {', '.join(map(str, sheet.frame.columns))}."
        )
    roles.columns["type"] = max(
        kinds,
        key=lambda c: (count_stems(c, NAMES["type"]), kinds[c].kind == "category", -kinds[c].missing_share),
    )
    if value := _best_number(sheet.frame, NAMES["value"], roles.used):
        roles.columns["value"] = value
    free = {
        c: p
        for c, p in profiles.items()
        if c not in roles.used
        and p.kind in ("category", "text", "identifier")
        and count_stems(c, NAMES["object"])
    }
    if free:
        roles.columns["object"] = max(free, key=lambda c: count_stems(c, NAMES["object"]))


def _history(sheet: SourceTable, roles: ColumnRoles, attributes: set[str]) -> None:
    if not sheet.times:
        raise _no_time(sheet, "each change")
    roles.time = _best_time(sheet, NAMES["changed"])
    rest = [c for c in sheet.frame.columns if c not in roles.used | set(sheet.times)]
    if len(rest) < 2:
        raise SourceError(
            "The table history must have columns for the lead, the attribute, its value and the time of the "
            f"change. Got {', '.join(map(str, sheet.frame.columns))}."
        )
    known = {c: float(strip_text(sheet.frame[c]).isin(attributes).mean()) for c in rest}
    attribute = max(rest, key=lambda c: (known[c], count_stems(c, NAMES["attribute"])))
    rest.remove(attribute)
    value = max(rest, key=lambda c: count_stems(c, NAMES["held"]))
    roles.columns |= {"attribute": attribute, "value": value}


def _best_time(sheet: SourceTable, stems: tuple[str, ...]) -> DetectedTimeFormat:
    return max(
        sheet.times.values(), key=lambda t: count_stems(t.column, stems) - 3 * float(t.times.isna().mean())
    )


def _best_number(frame: pd.DataFrame, stems: tuple[str, ...], used: set[str]) -> str | None:
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


def _profiles(frame: pd.DataFrame, used: set[str]) -> dict[str, ColumnProfile]:
    return {str(column): profile_column(frame[column]) for column in frame.columns if column not in used}
