"""Propose columns of the leads as attributes, or exclude them with a reason."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from leadlight.pipelines.init.label_terms import propose_label
from leadlight.pipelines.init.leakage_suspects import LeakageSuspects
from leadlight.pipelines.init.number_detection import NO_NUMBERS
from leadlight.pipelines.init.outcome_detection import find_outcome
from leadlight.pipelines.init.source_tables import strip_text
from leadlight.pipelines.init.vocabulary import NAMES, count_stems, normalize_name
from leadlight.pipelines.params.load import RESERVED_TOPICS
from leadlight.pipelines.profile.columns import ColumnProfile, profile_column
from leadlight.pipelines.profile.placeholders import NOTHING

__all__ = ["DetectedAttribute", "ExcludedColumn", "find_attributes", "find_missing"]

#: shares of the most frequent value and of empty rows above which a column is excluded
MAX_CONSTANT_SHARE, MAX_MISSING_SHARE = 0.995, 0.98
#: share of distinct values among those present above which a column is no category
MAX_UNIQUE_SHARE = 0.5
MIN_NUMERIC_SHARE = 0.95

_COMMA = re.compile(r"[+-]?(\d{1,3}([.' ]\d{3})+|\d+),\d+")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,' \u00a0]\d{3})+([.,]\d+)?")
_UNIT = re.compile(r"[€$£¥%]\s?[+-]?\d[\d.,' ]*|R\$\s?\d[\d.,]*|[+-]?\d[\d.,' ]*\s?([€$£¥%]|[A-Za-z]{1,4}\.?)")
_CODE = re.compile(r"0\d+")
#: words that may be missing, or the answer
ANSWERS = frozenset({"no answer", "no response"})
THOUSANDS = r"[+-]?\d{1,3}\.\d{3}"


class DetectedAttribute(NamedTuple):
    """A column proposed as an attribute; name, kind, group and label are as in params."""

    name: str
    kind: str
    group: str
    label: dict[str, str]
    remark: str  # summary of the values
    doubt: str = ""  # weak evidence that it may have been written after the outcome


class ExcludedColumn(NamedTuple):
    """A column that is not proposed, and the reason."""

    name: str
    reason: str
    kind: str | None = None  # None if it cannot be used at all
    suspect: bool = False  # whether it may have been written after the outcome was known


def find_attributes(
    frame: pd.DataFrame,
    used: set[str],
    times: set[str],
    missing: tuple[str, ...],
    suspects: LeakageSuspects,
    *,
    left_out: Mapping[str, str],
) -> tuple[list[DetectedAttribute], list[ExcludedColumn]]:
    """Propose or exclude each column of the leads that has no role.

    Parameters
    ----------
    frame : pd.DataFrame
        The raw leads.
    used, times : set of str
        Columns with a role, and columns of times.
    missing : tuple of str
        Placeholders for missing values.
    suspects : LeakageSuspects
        Columns that were, or may have been, written after the outcome was known, or that are written no more.
    left_out : mapping
        Columns that are no attributes for another reason -> the reason.

    Returns
    -------
    list of DetectedAttribute
        Proposed columns.
    list of ExcludedColumn
        The others.
    """
    proposed: list[DetectedAttribute] = []
    excluded: list[ExcludedColumn] = []
    outcome = find_outcome(frame, used)
    leaks = dict(suspects.leaks)
    if outcome is not None:
        leaks[outcome.column] = "it seems to be an outcome"
    taken = {name.casefold() for name in RESERVED_TOPICS} | {"lead_id"}
    for column in map(str, frame.columns):
        if column in used:
            continue
        profile, texts = profile_column(frame[column], missing), strip_text(frame[column]).dropna()
        kind = _classify(frame[column], column, profile, missing)
        if reason := left_out.get(column) or _check_name(column, taken, times) or _check_variation(profile):
            excluded.append(ExcludedColumn(column, reason))
        elif column in leaks or count_stems(column, NAMES["ending"]):
            reason = leaks.get(column, "its name refers to the end of a deal")
            excluded.append(ExcludedColumn(column, reason, kind, suspect=True))
        elif column in suspects.frozen:
            excluded.append(ExcludedColumn(column, suspects.frozen[column], kind))
        elif reason := _check_kind(frame[column], profile, kind):
            excluded.append(ExcludedColumn(column, reason, kind))
        else:
            taken.add(column.casefold())
            group = "engagement" if count_stems(column, NAMES["engagement"]) else "fit"
            remark, doubt = _summarize(frame[column], profile, kind), suspects.doubts.get(column, "")
            if not doubt and kind == "category" and profile.kind == "number" and _is_code(column, texts):
                doubt = "whole numbers that seem to name something: a category; kind: number if more of it means more"
            proposed.append(DetectedAttribute(column, kind, group, propose_label(column), remark, doubt))
    return proposed, excluded


def _check_name(column: str, taken: set[str], times: set[str]) -> str | None:
    """Return why a column cannot be an attribute, whatever its values."""
    if column.casefold() in taken:
        return "its name is taken (case is ignored)"
    if column in times:
        return "a time: attributes are categories and numbers"
    if count_stems(column, NAMES["person"]):
        return "the name of a person"
    return None


def find_missing(
    frame: pd.DataFrame, columns: Iterable[str], elsewhere: Collection[str] = ()
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Find placeholders for missing values.

    Parameters
    ----------
    frame : pd.DataFrame
        The leads.
    columns : iterable of str
        Those without a role.
    elsewhere : collection of str
        Values of columns with a role, such as types of activities and words for the outcome.

    Returns
    -------
    missing, kept : dict
        Placeholder -> the columns that have it. They apply to every column of every table, so a number such as 999
        counts only if no other column has it as a value. "No answer" of a call is a value, and so is it, or "none",
        where it is one elsewhere.
    """
    placeholders: dict[str, list[str]] = {}
    values = {column: set(strip_text(frame[column]).dropna()) for column in columns}
    for column in values:
        for placeholder in profile_column(frame[column]).placeholders:
            placeholders.setdefault(placeholder.text, []).append(column)

    def is_value_elsewhere(text: str) -> bool:
        return any(text in values[column] for column in values if column not in placeholders[text])

    found = {
        text: where
        for text, where in placeholders.items()
        if pd.isna(pd.to_numeric(text, errors="coerce")) or not is_value_elsewhere(text)
    }
    kept = {}
    for text, where in found.items():
        plain = normalize_name(text)
        asked = plain in ANSWERS and any(count_stems(column, NAMES["answered"]) for column in where)
        if asked or (plain in ANSWERS | NOTHING and text in elsewhere):
            kept[text] = where
    return {text: where for text, where in found.items() if text not in kept}, kept


def _classify(values: pd.Series, column: str, profile: ColumnProfile, missing: tuple[str, ...]) -> str:
    if profile.kind == "email":
        return "email"
    text = strip_text(values)
    text = text[~text.isin(list(missing))].dropna()
    numeric = pd.to_numeric(text, errors="coerce").notna().mean() >= MIN_NUMERIC_SHARE if len(text) else False
    if numeric and profile.distinct > 2 and not text.str.fullmatch(_CODE.pattern).any() and not _is_code(column, text):
        return "number"
    if count_stems(column, NAMES["job_title"]) and profile.distinct > 20:
        return "job_title"
    return "category"


def _is_code(column: str, text: pd.Series) -> bool:
    """Return whether whole numbers name something, such as an owner or a district: more of them means nothing."""
    named = count_stems(column, (*NAMES["code"], *NO_NUMBERS)) > 0
    named |= normalize_name(column).endswith(NAMES["code_at_end"])
    return named and bool(text.str.fullmatch(r"\d+(\.0)?").mean() >= MIN_NUMERIC_SHARE)


def _check_kind(values: pd.Series, profile: ColumnProfile, kind: str) -> str | None:
    """Return why a column is not proposed, or None."""
    present = profile.rows - profile.missing
    many = f"{profile.distinct:,} distinct values in {present:,} rows"
    by_kind = {"identifier": f"an identifier: {many}", "time": "a time in an unclear format"}
    if kind == "email" or (kind == "job_title" and profile.kind != "time"):
        return None
    if profile.kind == "text":
        return "free text"
    if profile.kind == "category" or kind == "category":
        disguised = _check_number_format(values)
        if disguised:
            return disguised
        if profile.distinct > max(MAX_UNIQUE_SHARE * present, 10) and profile.kind not in by_kind:
            return f"nearly unique: {many}"
    elif kind == "number" and strip_text(values).dropna().str.fullmatch(THOUSANDS).mean() >= MIN_NUMERIC_SHARE:
        example = strip_text(values).dropna().iloc[0]
        return f"ambiguous: does {example} mean thousands? Numbers must be written like 1234.5"
    return by_kind.get(profile.kind)


def _check_variation(profile: ColumnProfile) -> str | None:
    if profile.kind == "empty" or not profile.distinct:
        return "no row has a value"
    top = _truncate(profile.top[0][0])
    if profile.distinct == 1:
        return f"the same in all rows that have a value: {top}"
    if profile.mostly_constant_share >= MAX_CONSTANT_SHARE:
        return f"hardly varies: {profile.mostly_constant_share:.2%} are {top}"
    if profile.missing_share >= MAX_MISSING_SHARE:
        return f"almost always empty: {profile.missing_share:.1%}"
    return None


def _check_number_format(values: pd.Series) -> str | None:
    text = strip_text(values).dropna()
    distinct = pd.Series(text.unique(), dtype="str")
    if len(distinct) < 3:
        return None
    for pattern, how in ((_COMMA, "a decimal comma"), (_GROUPED, "thousands separators"), (_UNIT, "a unit or sign")):
        plain = pd.to_numeric(distinct, errors="coerce").notna()
        fits = distinct.str.fullmatch(pattern.pattern)
        if (
            (fits | plain).mean() >= MIN_NUMERIC_SHARE
            and fits.mean() > 0.2
            and distinct.str.contains(r"\d{2}|\d[.,]").any()
        ):
            example = distinct[fits].iloc[0]
            return f"numbers with {how}, such as {_truncate(example)}: they must be written like 1234.5"
    return None


def _summarize(values: pd.Series, profile: ColumnProfile, kind: str) -> str:
    parts = [f"{profile.distinct:,} distinct"]
    if kind == "number":
        number = pd.to_numeric(strip_text(values), errors="coerce")
        parts = [f"{number.min():,.6g} to {number.max():,.6g}"]
    elif kind == "category" and profile.distinct <= 3:
        parts = [", ".join(_truncate(text) for text, _ in profile.top[: profile.distinct])]
    elif kind == "category" and profile.top:
        parts.append(f"most often {_truncate(profile.top[0][0])}")
    if profile.missing_share >= 0.005:
        parts.append(f"{profile.missing_share:.0%} missing")
    return ", ".join(parts)


def _truncate(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 24 else plain[:23] + "…"
