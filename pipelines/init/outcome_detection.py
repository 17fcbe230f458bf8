"""Find the column of outcomes and the values that mean won and lost."""

import re
from typing import NamedTuple

import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.init.source_tables import strip_text
from leadlight.pipelines.init.vocabulary import NAMES, NO, OPEN, YES, classify_outcome, count_stems, normalize_name

__all__ = [
    "DetectedOutcome",
    "find_granted_values",
    "find_outcome",
    "find_outcome_by_values",
    "find_status",
    "find_unrecognized_status",
    "is_objection",
    "list_likely_outcomes",
]

#: no list of stages is longer
MAX_VALUES = 30


class DetectedOutcome(NamedTuple):
    """A column of outcomes, and its values by meaning."""

    column: str
    won: tuple[str, ...]
    lost: tuple[str, ...]
    neither: dict[str, int]  # value -> rows, for values of unknown meaning
    won_rows: int
    rows: int
    by_words: bool  # whether values such as won and lost decided, not yes and no with the column's name
    doubt: str = ""  # what to look at

    @property
    def unclear(self) -> dict[str, int]:
        """Values of unknown meaning, without those that mean open."""
        return {value: rows for value, rows in self.neither.items() if not set(normalize_name(value).split()) & OPEN}

    @property
    def values_known(self) -> bool:
        """Whether most rows are clear; columns on earlier campaigns are not for most leads."""
        return sum(self.unclear.values()) < 0.5 * self.rows


def find_status(frame: pd.DataFrame, used: set[str]) -> DetectedOutcome | None:
    """Find the status of deals; None if there is none, as in a table of won deals."""
    stems = (*NAMES["status"], *NAMES["outcome"])
    return _choose_best(_find_candidates(frame, used, stems), stems)


def find_unrecognized_status(frame: pd.DataFrame, used: set[str]) -> tuple[str, tuple[str, ...]] | None:
    """Find a column named like a status, whose values are unknown words; return it with its values."""
    for column in frame.columns:
        values = tuple(map(str, strip_text(frame[column]).value_counts().index))
        if column not in used and count_stems(column, NAMES["status"]) and 1 <= len(values) <= MAX_VALUES:
            return str(column), values
    return None


def find_outcome(frame: pd.DataFrame, used: set[str], named: str | None = None) -> DetectedOutcome | None:
    """Find the outcome column of a flat export.

    Parameters
    ----------
    frame : pd.DataFrame
        The leads.
    used : set of str
        Columns with another role.
    named : str, optional
        The column that the user names.

    Returns
    -------
    DetectedOutcome or None
        A column with words such as won, or of yes and no with a fitting name.

    Raises
    ------
    SourceError
        If the named column is not there, or has one value only, or more than 30.
    """
    if named is not None:
        return _read_named(frame, named)
    stems = NAMES["outcome"]
    candidates = _find_candidates(frame, used, stems)
    return _choose_best([c for c in candidates if count_stems(c.column, stems) or c.lost], stems)


def find_outcome_by_values(frame: pd.DataFrame, used: set[str]) -> DetectedOutcome | None:
    """Take the last column of yes and no for the outcome, to be looked at."""
    other_meaning = (*NAMES["consent"], *NAMES["earlier"])
    found = []
    for column in frame.columns:
        counts = strip_text(frame[column]).value_counts()
        words = {str(value): _means_yes(str(value)) for value in counts.index} if len(counts) == 2 else {}
        if column not in used and set(words.values()) == {True, False} and not count_stems(column, other_meaning):
            found.append(_build_outcome(str(column), counts, words, by_words=False))
    if not found:
        return None
    others = f" {', '.join(c.column for c in found[:-1])} could be it too." if len(found) > 1 else ""
    return found[-1]._replace(doubt=f"taken for the outcome by its values.{others} --outcome names another column")


def list_likely_outcomes(frame: pd.DataFrame, used: set[str]) -> dict[str, tuple[str, ...]]:
    """Return up to five columns of few values that may be outcomes, those with a fitting name first -> rarest value."""
    stems = (*NAMES["outcome"], *NAMES["status"])
    counts = {str(c): strip_text(frame[c]).value_counts() for c in frame.columns if c not in used}
    few = {c: values for c, values in counts.items() if 2 <= len(values) <= MAX_VALUES}
    ordered = sorted(few, key=lambda c: (-count_stems(c, stems), len(few[c])))
    return {column: (str(few[column].index[-1]),) for column in ordered[:5]}


def _read_named(frame: pd.DataFrame, named: str) -> DetectedOutcome:
    if named not in frame.columns:
        raise SourceError(
            f"The outcome must be a column of leads (--outcome). Got {named}; there are "
            f"{', '.join(map(str, frame.columns))}."
        )
    counts = strip_text(frame[named]).value_counts()
    if not 2 <= len(counts) <= MAX_VALUES:
        raise SourceError(f"The outcome {named} must have 2 to {MAX_VALUES} values. Got {len(counts):,}.")
    for classify in (classify_outcome, _means_yes):
        words = {str(value): classify(str(value)) for value in counts.index}
        if True in words.values():
            return _build_outcome(named, counts, words, by_words=classify is classify_outcome)
    rarest = str(counts.index[-1])
    words = {value: value == rarest for value in map(str, counts.index)}
    asked = f"which of {', '.join(words)} means won? Taken is the rarest value"
    return _build_outcome(named, counts, words, by_words=False)._replace(doubt=asked)


def find_granted_values(column: str, values: pd.Series) -> tuple[str, ...]:
    """Return the values of a column of only yes and no that mean consent: no, in a column of those who objected.

    Empty for any other column.
    """
    counts = strip_text(values).value_counts()
    meanings = {str(value): _means_yes(str(value)) for value in counts.index}
    if not 1 <= len(meanings) <= 6 or None in meanings.values():
        return ()
    # "Do not allow e-mails" with Yes objects, with Allow it does not
    objected = is_objection(column) and not any("allow" in normalize_name(value) for value in meanings)
    return tuple(value for value, yes in meanings.items() if yes is not objected)


def is_objection(column: str) -> bool:
    """Return whether the name of a column says that a lead must not be contacted."""
    return count_stems(column, NAMES["objection"]) > 0


def _choose_best(candidates: list[DetectedOutcome], stems: tuple[str, ...]) -> DetectedOutcome | None:
    def rank(candidate: DetectedOutcome) -> tuple[bool | int, ...]:
        earlier = count_stems(candidate.column, NAMES["earlier"])
        by_name = count_stems(candidate.column, stems)
        return not earlier, candidate.values_known, candidate.by_words, by_name

    return max(candidates, key=rank, default=None)


def _find_candidates(frame: pd.DataFrame, used: set[str], stems: tuple[str, ...]) -> list[DetectedOutcome]:
    candidates = []
    for column in frame.columns:
        if column in used:
            continue
        counts = strip_text(frame[column]).value_counts()
        if not 1 <= len(counts) <= MAX_VALUES:
            continue
        words = {str(value): classify_outcome(str(value)) for value in counts.index}
        by_words = True in words.values()
        if by_words and False not in words.values() and not count_stems(column, stems):
            continue  # "customer" among types of contact is not an outcome by itself
        if not by_words and count_stems(column, stems) and len(counts) == 2:
            words = {value: _means_yes(value) for value in words}
        if True not in words.values() or (not by_words and None in words.values()):
            continue
        candidates.append(_build_outcome(str(column), counts, words, by_words))
    return candidates


def _means_yes(value: str) -> bool | None:
    plain = normalize_name(re.sub(r"\.0$", "", value)).replace(" ", "")
    return True if plain in YES else False if plain in NO else None


def _build_outcome(column: str, counts: pd.Series, words: dict[str, bool | None], by_words: bool) -> DetectedOutcome:
    by_meaning: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for value, meaning in words.items():
        by_meaning[meaning].append(value)
    return DetectedOutcome(
        column=column,
        won=tuple(by_meaning[True]),
        lost=tuple(by_meaning[False]),
        neither={value: int(counts[value]) for value in by_meaning[None]},
        won_rows=int(counts[by_meaning[True]].sum()),
        rows=int(counts.sum()),
        by_words=by_words,
    )
