"""Which column is the lead's key: the one that is unique among leads and comes again in the other files."""

from dataclasses import dataclass

import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.init.source_tables import SourceTable, strip_text
from leadlight.pipelines.init.vocabulary import NAMES, count_stems

__all__ = ["DetectedKeys", "find_keys"]

#: share of the leads' rows whose key must be theirs alone; the others will be found in quarantine
UNIQUE = 0.95
#: share of a file's rows that must belong to a known lead; less will do where both columns have one name
SHARED, SHARED_BY_NAME = 0.5, 0.05


@dataclass(frozen=True)
class DetectedKeys:
    """The lead's key in every file.

    Parameters
    ----------
    columns : dict
        Table -> column.
    known : dict
        Table -> share of its rows whose lead is in leads.
    repeated : int
        Rows of leads whose key came before.
    """

    columns: dict[str, str]
    known: dict[str, float]
    repeated: int


def find_keys(sheets: dict[str, SourceTable]) -> DetectedKeys:
    """Find the key.

    Parameters
    ----------
    sheets : dict
        Table -> its file; leads must be among them.

    Raises
    ------
    SourceError
        If no column of leads is unique, or a file has no column with keys of leads.
    """
    leads = sheets["leads"].frame
    texts = {column: strip_text(leads[column]) for column in leads.columns}
    unique = {c: set(t.dropna()) for c, t in texts.items() if t.nunique() >= UNIQUE * len(leads)}
    if not unique:
        raise SourceError(
            "The table leads must have a column whose values are different for each lead. "
            f"Got none among {', '.join(map(str, leads.columns))}."
        )
    others = {name: sheet for name, sheet in sheets.items() if name != "leads"}
    joins = {
        column: {name: _best(column, values, sheet) for name, sheet in others.items()}
        for column, values in unique.items()
    }
    times = sheets["leads"].times

    def rank(column: str) -> tuple[float, ...]:
        met = sum(1 + score for score, _, _ in joins[column].values() if score)
        exact = texts[column].nunique() == len(leads)
        return (
            met,
            column not in times,
            exact,
            _like_a_key(column, texts[column]),
            -list(unique).index(column),
        )

    key = max(unique, key=rank)
    for name, (score, _, _) in joins[key].items():
        if not score:
            raise SourceError(
                f"The tables leads and {name} must share the lead's key. Got no column with common values: "
                f"leads has {', '.join(map(str, leads.columns))}; {name} has "
                f"{', '.join(map(str, others[name].frame.columns))}."
            )
    columns = {"leads": key} | {name: column for name, (_, column, _) in joins[key].items()}
    known = {name: share for name, (_, _, share) in joins[key].items()}
    return DetectedKeys(columns, known, int(texts[key].dropna().duplicated().sum()))


def _best(column: str, values: set[str], sheet: SourceTable) -> tuple[float, str, float]:
    """Score, name and share of known leads of the column that fits the key best; score 0 where none does."""
    found = [(0.0, "", 0.0)]
    for candidate in sheet.frame.columns:
        if candidate in sheet.times:
            continue
        text = strip_text(sheet.frame[candidate])
        share = float(text.isin(values).mean())
        same = candidate.casefold() == column.casefold()
        if share < (SHARED_BY_NAME if same else SHARED):
            continue
        # amounts and counters also meet a numbered key by chance, but fewer different ones
        spread = text[text.isin(values)].nunique() / max(min(len(text), len(values)), 1)
        score = share + same + 0.5 * spread + 0.3 * bool(count_stems(candidate, NAMES["key"]))
        found.append((score, candidate, share))
    return max(found, key=lambda entry: entry[0])


def _like_a_key(column: str, text: pd.Series) -> int:
    names = NAMES["key"]
    return (
        count_stems(column, names)
        + count_stems(column, ("id", "key", "uuid", "guid"))
        + (text.str.len().nunique() == 1)
    )
