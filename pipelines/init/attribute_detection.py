"""Which columns of the leads may be used, as what, and why the others are left out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from leadlight.pipelines.init.outcome_detection import find_outcome
from leadlight.pipelines.init.source_tables import strip_text
from leadlight.pipelines.init.vocabulary import NAMES, count_stems, humanize
from leadlight.pipelines.params.load import RESERVED_TOPICS
from leadlight.pipelines.profile.columns import ColumnProfile, profile_column

__all__ = ["DetectedAttribute", "ExcludedColumn", "KnownColumns", "find_attributes", "find_missing"]

#: share of one value above which a column says next to nothing, and share of empty rows
MAX_CONSTANT_SHARE, MAX_MISSING_SHARE = 0.995, 0.98
#: share of different values among the present ones above which a category is no category
MAX_UNIQUE_SHARE = 0.5
READS_AS_NUMBER = 0.95

_COMMA = re.compile(r"[+-]?(\d{1,3}([.' ]\d{3})+|\d+),\d+")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,' \u00a0]\d{3})+([.,]\d+)?")
_UNIT = re.compile(
    r"[€$£¥%]\s?[+-]?\d[\d.,' ]*|R\$\s?\d[\d.,]*|[+-]?\d[\d.,' ]*\s?([€$£¥%]|[A-Za-z]{1,4}\.?)"
)
_CODE = re.compile(r"0\d+")
THOUSANDS = r"[+-]?\d{1,3}\.\d{3}"


@dataclass(frozen=True)
class DetectedAttribute:
    """A column that may be used.

    Parameters
    ----------
    name, kind, group, label : str
        As params has them; the label is the name in words.
    remark : str
        What stands in the column, in a few words.
    doubt : str
        Why it may have been written too late, if anything speaks for that.
    """

    name: str
    kind: str
    group: str
    label: str
    remark: str
    doubt: str = ""


@dataclass(frozen=True)
class ExcludedColumn:
    """A column that is not proposed, and why.

    Parameters
    ----------
    name, reason : str
        The column, and what speaks against it.
    kind : str or None
        Its kind, should a person want it all the same.
    suspect : bool
        Whether it may have been written after the outcome was known.
    """

    name: str
    reason: str
    kind: str | None = None
    suspect: bool = False


@dataclass(frozen=True)
class KnownColumns:
    """What is known of the columns of the leads beforehand.

    Parameters
    ----------
    used : set of str
        Columns that have a role.
    times : frozenset of str
        Columns of times.
    missing : tuple of str
        Texts that mean "not known".
    leaks, doubts : dict
        Column -> why it seems to have been written after the outcome was known, or may have been.
    """

    used: set[str]
    times: frozenset[str]
    missing: tuple[str, ...]
    leaks: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)


def find_attributes(
    frame: pd.DataFrame, known: KnownColumns
) -> tuple[list[DetectedAttribute], list[ExcludedColumn]]:
    """Go through the columns of the leads in their order.

    Parameters
    ----------
    frame : pd.DataFrame
        The leads as read.
    known : Known
        What is known of its columns.

    Returns
    -------
    list of AttributeFound
        What is proposed.
    list of LeftOut
        Everything else, but for what has a role.
    """
    proposed: list[DetectedAttribute] = []
    left: list[ExcludedColumn] = []
    ending = find_outcome(frame, known.used)
    late = dict(known.leaks)
    if ending is not None:
        late[ending.column] = "it seems to say how the lead ended"
    taken = {name.casefold() for name in RESERVED_TOPICS} | {"lead_id"}
    for column in map(str, frame.columns):
        if column in known.used:
            continue
        profile = profile_column(frame[column], known.missing)
        kind = _kind(frame[column], column, profile, known.missing)
        if reason := _cannot_be(column, frame, taken, known) or _says_nothing(profile):
            left.append(ExcludedColumn(column, reason))
        elif column in late or count_stems(column, NAMES["ending"]):
            reason = late.get(column, "by its name it speaks of the end of a deal")
            left.append(ExcludedColumn(column, reason, kind, suspect=True))
        elif reason := _unfit(frame[column], profile, kind):
            left.append(ExcludedColumn(column, reason, kind))
        else:
            taken.add(column.casefold())
            group = "engagement" if count_stems(column, NAMES["engagement"]) else "fit"
            remark, doubt = _remark(frame[column], profile, kind), known.doubts.get(column, "")
            proposed.append(DetectedAttribute(column, kind, group, humanize(column), remark, doubt))
    return proposed, left


def _cannot_be(column: str, frame: pd.DataFrame, taken: set[str], known: KnownColumns) -> str | None:
    """Say why a column could not be an attribute whatever it held."""
    if column.casefold() in taken:
        return "its name is taken, in this or another case of letters"
    if column in known.times:
        return "a time: attributes are categories and numbers"
    again, _, number = column.rpartition(".")
    if number.isdigit() and again in frame.columns:
        return f"the header has {again} more than once, and this is another one"
    return None


def find_missing(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, list[str]]:
    """Find texts that stand for "not known" -> the columns that have them.

    They count in every column, so a number such as 999 is only named where no other column means it.
    """
    found: dict[str, list[str]] = {}
    values = {column: set(strip_text(frame[column]).dropna()) for column in columns}
    for column in values:
        for placeholder in profile_column(frame[column]).placeholders:
            found.setdefault(placeholder.text, []).append(column)

    def is_value_elsewhere(text: str) -> bool:
        return any(text in values[column] for column in values if column not in found[text])

    return {
        text: where
        for text, where in found.items()
        if pd.isna(pd.to_numeric(text, errors="coerce")) or not is_value_elsewhere(text)
    }


def _kind(values: pd.Series, column: str, profile: ColumnProfile, missing: tuple[str, ...]) -> str:
    if profile.kind == "email":
        return "email"
    text = strip_text(values)
    text = text[~text.isin(list(missing))].dropna()
    numeric = pd.to_numeric(text, errors="coerce").notna().mean() >= READS_AS_NUMBER if len(text) else False
    if numeric and profile.distinct > 2 and not text.str.fullmatch(_CODE.pattern).any():
        return "number"
    if count_stems(column, NAMES["job_title"]) and profile.distinct > 20:
        return "job_title"
    return "category"


def _unfit(values: pd.Series, profile: ColumnProfile, kind: str) -> str | None:
    """Say why a column is not proposed; None where nothing speaks against it."""
    present = profile.rows - profile.missing
    many = f"{profile.distinct:,} different values in {present:,} rows"
    by_kind = {"identifier": f"an identifier: {many}", "time": "a time whose format is not clear"}
    if kind == "email" or (kind == "job_title" and profile.kind != "time"):
        return None
    if profile.kind == "text":
        return "free text"
    if profile.kind == "category" or kind == "category":
        disguised = _number_in_disguise(values)
        if disguised:
            return disguised
        if profile.distinct > max(MAX_UNIQUE_SHARE * present, 10) and profile.kind not in by_kind:
            return f"nearly unique: {many}"
    elif kind == "number" and strip_text(values).dropna().str.fullmatch(THOUSANDS).mean() >= READS_AS_NUMBER:
        example = strip_text(values).dropna().iloc[0]
        return f"nobody can tell whether {example} means thousands: kind number reads 1234.5"
    return by_kind.get(profile.kind)


def _says_nothing(profile: ColumnProfile) -> str | None:
    if profile.kind == "empty" or not profile.distinct:
        return "no row has a value"
    top = _short(profile.top[0][0])
    if profile.distinct == 1:
        return f"the same in all rows that have a value: {top}"
    if profile.mostly_constant_share >= MAX_CONSTANT_SHARE:
        return f"hardly varies: {profile.mostly_constant_share:.2%} are {top}"
    if profile.missing_share >= MAX_MISSING_SHARE:
        return f"hardly ever filled in: {profile.missing_share:.1%} are empty"
    return None


def _number_in_disguise(values: pd.Series) -> str | None:
    text = strip_text(values).dropna()
    distinct = pd.Series(text.unique(), dtype="str")
    if len(distinct) < 3:
        return None
    for pattern, how in (
        (_COMMA, "a decimal comma"),
        (_GROUPED, "marks between thousands"),
        (_UNIT, "a unit or sign"),
    ):
        plain = pd.to_numeric(distinct, errors="coerce").notna()
        fits = distinct.str.fullmatch(pattern.pattern)
        if (
            (fits | plain).mean() >= READS_AS_NUMBER
            and fits.mean() > 0.2
            and distinct.str.contains(r"\d{2}|\d[.,]").any()
        ):
            example = distinct[fits].iloc[0]
            return f"numbers with {how}, such as {_short(example)}: kind number reads 1234.5 alone"
    return None


def _remark(values: pd.Series, profile: ColumnProfile, kind: str) -> str:
    parts = [f"{profile.distinct:,} different"]
    if kind == "number":
        number = pd.to_numeric(strip_text(values), errors="coerce")
        parts = [f"{number.min():,.6g} to {number.max():,.6g}"]
    elif kind == "category" and profile.distinct <= 3:
        parts = [", ".join(_short(text) for text, _ in profile.top[: profile.distinct])]
    elif kind == "category" and profile.top:
        parts.append(f"most often {_short(profile.top[0][0])}")
    if profile.missing_share >= 0.005:
        parts.append(f"{profile.missing_share:.0%} not known")
    return ", ".join(parts)


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 24 else plain[:23] + "…"
