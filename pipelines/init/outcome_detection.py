"""Which column says how a lead ended, and which of its values mean won."""

import re
from dataclasses import dataclass

import pandas as pd

from leadlight.pipelines.init.source_tables import strip_text
from leadlight.pipelines.init.vocabulary import (
    NAMES,
    NO,
    OPEN,
    YES,
    classify_outcome,
    count_stems,
    normalize_name,
)

__all__ = ["DetectedOutcome", "find_outcome", "find_status", "find_unrecognized_status", "find_yes_values"]

#: more different values than any list of stages has
MAX_VALUES = 30


@dataclass(frozen=True)
class DetectedOutcome:
    """A column of outcomes.

    Parameters
    ----------
    column : str
        Its name.
    won, lost : tuple of str
        Values as they stand there.
    neither : dict
        Rows by value, for values whose meaning no word gives away.
    won_rows, rows : int
        Rows that mean won, and all.
    by_words : bool
        Whether words such as won and lost told, rather than yes and no below a name.
    """

    column: str
    won: tuple[str, ...]
    lost: tuple[str, ...]
    neither: dict[str, int]
    won_rows: int
    rows: int
    by_words: bool

    @property
    def unclear(self) -> dict[str, int]:
        """Values that do not mean open either."""
        return {
            value: rows
            for value, rows in self.neither.items()
            if not set(normalize_name(value).split()) & OPEN
        }

    @property
    def values_known(self) -> bool:
        """Whether most rows say something clear: a column on earlier campaigns is empty for most leads."""
        return sum(self.unclear.values()) < 0.5 * self.rows


def find_status(frame: pd.DataFrame, used: set[str]) -> DetectedOutcome | None:
    """Find the status of deals; None where there is none, as in a table of won deals alone."""
    stems = (*NAMES["status"], *NAMES["outcome"])
    found = _candidates(frame, used, stems)
    return max(
        found,
        key=lambda f: (
            not count_stems(f.column, NAMES["earlier"]),
            f.values_known,
            f.by_words,
            count_stems(f.column, stems),
        ),
        default=None,
    )


def find_unrecognized_status(frame: pd.DataFrame, used: set[str]) -> tuple[str, tuple[str, ...]] | None:
    """Find a column that is named as a status and whose words say nothing to us; with its values."""
    for column in frame.columns:
        values = tuple(map(str, strip_text(frame[column]).value_counts().index))
        if column not in used and count_stems(column, NAMES["status"]) and 1 <= len(values) <= MAX_VALUES:
            return str(column), values
    return None


def find_outcome(frame: pd.DataFrame, used: set[str]) -> DetectedOutcome | None:
    """Find the outcome column of a flat export; where only yes and no tell, its name has to."""
    stems = NAMES["outcome"]
    found = [f for f in _candidates(frame, used, stems) if count_stems(f.column, stems) or f.lost]
    return max(
        found,
        key=lambda f: (
            not count_stems(f.column, NAMES["earlier"]),
            f.values_known,
            f.by_words,
            count_stems(f.column, stems),
        ),
        default=None,
    )


def find_yes_values(values: pd.Series) -> tuple[str, ...]:
    """Return the values that mean yes in a column of yes and no alone; none for any other column."""
    counts = strip_text(values).value_counts()
    meanings = {str(value): _yes(str(value)) for value in counts.index}
    if not 1 <= len(meanings) <= 6 or None in meanings.values():
        return ()
    return tuple(value for value, yes in meanings.items() if yes)


def _candidates(frame: pd.DataFrame, used: set[str], stems: tuple[str, ...]) -> list[DetectedOutcome]:
    found = []
    for column in frame.columns:
        if column in used:
            continue
        counts = strip_text(frame[column]).value_counts()
        if not 1 <= len(counts) <= MAX_VALUES:
            continue
        words = {str(value): classify_outcome(str(value)) for value in counts.index}
        by_words = True in words.values()
        if by_words and False not in words.values() and not count_stems(column, stems):
            continue  # "customer" among kinds of contacts is no outcome by itself
        if not by_words and count_stems(column, stems) and len(counts) == 2:
            words = {value: _yes(value) for value in words}
        if True not in words.values() or (not by_words and None in words.values()):
            continue
        found.append(_outcome(str(column), counts, words, by_words))
    return found


def _yes(value: str) -> bool | None:
    plain = normalize_name(re.sub(r"\.0$", "", value)).replace(" ", "")
    return True if plain in YES else False if plain in NO else None


def _outcome(
    column: str, counts: pd.Series, words: dict[str, bool | None], by_words: bool
) -> DetectedOutcome:
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
