"""Assign roles to the columns of activities, history and stages."""

import pandas as pd

from leadlight.pipelines.init.roles import ColumnRoles
from leadlight.pipelines.init.source_tables import SourceTable, strip_text
from leadlight.pipelines.init.time_roles import choose_time
from leadlight.pipelines.init.vocabulary import NAMES, count_stems
from leadlight.pipelines.profile.columns import ColumnProfile, profile_column
from leadlight.pipelines.sources.columns.yes_no import replace_words

__all__ = ["assign_activities", "assign_history", "assign_stages", "choose_number"]

#: values of a column of types, and of one that no name says to be one
MAX_TYPES, MAX_UNNAMED_TYPES = 500, 50
#: a column of counts is no flag if it is larger
MAX_COUNT = 1_000


def assign_activities(table: SourceTable, roles: ColumnRoles) -> None:
    """Find time, type, value and object of activities.

    Types are in a column, or there is a column of yes and no, or of counts, for each; otherwise all activities are of
    one type, which has the name of the file.
    """
    roles.time = choose_time(table, NAMES["occurred"])
    roles.other_times = tuple(c for c in table.times if c != roles.time.column)
    profiles = _profile_columns(table.frame, roles.used | set(table.times))
    kinds = {c: p for c, p in profiles.items() if p.kind in ("category", "constant") and p.distinct <= MAX_TYPES}
    named = [c for c in kinds if count_stems(c, NAMES["type"])]
    flags = tuple(c for c in profiles if count_stems(c, NAMES["flag"]) and _is_flag(table.frame[c]))
    unnamed = [c for c in kinds if _may_be_type(c, kinds[c], table.frame[c])]
    if not named and len(flags) > 1:
        roles.flags = flags
    elif named or unnamed:
        roles.columns["type"] = max(
            named or unnamed,
            key=lambda c: (count_stems(c, NAMES["type"]), kinds[c].kind == "category", -kinds[c].missing_share),
        )
        if not named:
            roles.doubt = "taken for the type of each activity by its values; type_is: NAME makes all one type"
    else:
        roles.type_is = table.path.name.partition(".")[0] or "activities"
    if value := choose_number(table.frame, NAMES["value"], roles.used):
        roles.columns["value"] = value
    free = {
        c: p
        for c, p in profiles.items()
        if c not in roles.used and p.kind in ("category", "text", "identifier") and count_stems(c, NAMES["object"])
    }
    if free:
        roles.columns["object"] = max(free, key=lambda c: count_stems(c, NAMES["object"]))


def _may_be_type(column: str, profile: ColumnProfile, values: pd.Series) -> bool:
    """Return whether a column without a telling name may hold types: a few words, and no circumstance."""
    other = (*NAMES["object"], *NAMES["value"], *NAMES["circumstance"], *NAMES["owner"])
    few = profile.kind in ("category", "constant") and 1 < profile.distinct <= MAX_UNNAMED_TYPES
    return few and not count_stems(column, other) and not _is_flag(values)


def _is_flag(values: pd.Series) -> bool:
    """Return whether all values are yes or no, or counts with a zero among them."""
    text = strip_text(values)
    numbers = pd.to_numeric(replace_words(text.dropna()), errors="coerce")
    if numbers.empty or numbers.isna().any():
        return False
    whole = bool((numbers % 1 == 0).all()) and numbers.min() >= 0 and numbers.max() <= MAX_COUNT
    return whole and (numbers.max() <= 1 or bool((numbers == 0).any()) or bool(text.isna().any()))


def assign_stages(table: SourceTable, roles: ColumnRoles) -> None:
    """Find time and stage of a history of stages, and the stages that reopen a lead by their name."""
    roles.time = choose_time(table, NAMES["changed"])
    roles.other_times = tuple(c for c in table.times if c != roles.time.column)
    profiles = _profile_columns(table.frame, roles.used | set(table.times))

    def rank(column: str) -> tuple[bool, int, bool, int]:
        profile = profiles[column]
        few = profile.kind in ("category", "constant") and profile.distinct <= MAX_UNNAMED_TYPES
        before = count_stems(column, NAMES["held_before"])
        return few, count_stems(column, NAMES["status"]) - 2 * before, profile.kind == "category", -profile.distinct

    roles.columns["stage"] = max(profiles, key=rank)
    stages = strip_text(table.frame[roles.columns["stage"]]).value_counts().index
    roles.reopens = tuple(str(stage) for stage in stages if count_stems(str(stage), NAMES["reopened"]))


def assign_history(table: SourceTable, roles: ColumnRoles, attributes: set[str]) -> None:
    """Find time, attribute, value and old value of a history; `attributes` are the columns of leads."""
    roles.time = choose_time(table, NAMES["changed"])
    rest = [c for c in table.frame.columns if c not in roles.used | set(table.times)]
    known = {c: float(strip_text(table.frame[c]).isin(attributes).mean()) for c in rest}
    attribute = max(rest, key=lambda c: (known[c], count_stems(c, NAMES["attribute"])))
    rest.remove(attribute)
    value = max(rest, key=lambda c: count_stems(c, NAMES["held"]) - 2 * count_stems(c, NAMES["held_before"]))
    rest.remove(value)
    roles.columns |= {"attribute": attribute, "value": value}
    before = [c for c in rest if count_stems(c, NAMES["held_before"])]
    if before:
        roles.columns["old_value"] = max(before, key=lambda c: count_stems(c, NAMES["held_before"]))


def choose_number(frame: pd.DataFrame, stems: tuple[str, ...], used: set[str]) -> str | None:
    """Find the column of numbers whose name fits best."""
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
