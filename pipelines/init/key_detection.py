"""Find the lead's key: unique among leads and present in the other files."""

from typing import NamedTuple

import pandas as pd

from leadlight.pipelines.init.source_tables import SourceTable, strip_text
from leadlight.pipelines.init.vocabulary import NAMES, count_stems

__all__ = ["DetectedKeys", "find_keys"]

#: share of the leads' rows that must have a distinct key; the others go to quarantine
MIN_UNIQUE_SHARE = 0.95
#: share of a file's rows that must belong to a known lead, and the same where both columns have one name
MIN_SHARED, MIN_SHARED_BY_NAME = 0.5, 0.05


class DetectedKeys(NamedTuple):
    """The lead's key in every file."""

    columns: dict[str, str | None]  # by table; None for leads without a key, which are named by their row
    known: dict[str, float]  # table -> share of its rows whose lead is in leads
    repeated: int  # rows of leads with the key of an earlier row


def find_keys(tables: dict[str, SourceTable]) -> DetectedKeys:
    """Find the lead's key in every file.

    Parameters
    ----------
    tables : dict
        Name -> table; leads is required.

    Returns
    -------
    DetectedKeys
        A file without a column of keys of leads is not in it.
    """
    leads = tables["leads"].frame
    texts = {column: strip_text(leads[column]) for column in leads.columns}
    unique = {
        c: set(t.dropna())
        for c, t in texts.items()
        if t.nunique() >= MIN_UNIQUE_SHARE * len(leads) and not count_stems(c, NAMES["owner"])
    }
    if not unique:
        return DetectedKeys({"leads": None}, {}, 0)
    others = {name: table for name, table in tables.items() if name != "leads"}
    joins = {
        column: {name: _find_match(column, values, table) for name, table in others.items()}
        for column, values in unique.items()
    }
    times = tables["leads"].times

    def rank(column: str) -> tuple[float, ...]:
        matches = sum(1 + score for score, _, _ in joins[column].values() if score)
        matches -= _is_prose(texts[column])
        exact = texts[column].nunique() == len(leads)
        return (
            matches,
            column not in times,
            exact,
            _score_key_name(column, texts[column]),
            -list(unique).index(column),
        )

    key = max(unique, key=rank)
    columns: dict[str, str | None] = {"leads": key}
    columns |= {name: column for name, (score, column, _) in joins[key].items() if score}
    known = {name: share for name, (score, _, share) in joins[key].items() if score}
    return DetectedKeys(columns, known, int(texts[key].dropna().duplicated().sum()))


def _is_prose(text: pd.Series) -> bool:
    """Return whether most values are of several words, such as titles, which repeat and are written anew."""
    return bool(text.dropna().str.contains(r"\s").mean() > 0.5)


def _find_match(column: str, values: set[str], table: SourceTable) -> tuple[float, str, float]:
    """Return score, name and share of known leads of the column that fits the key best; score 0 for none."""
    candidates = [(0.0, "", 0.0)]
    for candidate in table.frame.columns:
        if candidate in table.times or count_stems(candidate, NAMES["owner"]):
            continue
        text = strip_text(table.frame[candidate])
        share = float(text.isin(values).mean())
        same = candidate.casefold() == column.casefold()
        if share < (MIN_SHARED_BY_NAME if same else MIN_SHARED):
            continue
        # amounts and counters also match a numeric key by chance, but with fewer distinct values
        spread = text[text.isin(values)].nunique() / max(min(len(text), len(values)), 1)
        score = share + same + 0.5 * spread + 0.3 * bool(count_stems(candidate, NAMES["key"]))
        candidates.append((score, candidate, share))
    return max(candidates, key=lambda entry: entry[0])


def _score_key_name(column: str, text: pd.Series) -> int:
    names = NAMES["key"]
    return (
        count_stems(column, names)
        + count_stems(column, ("id", "key", "uuid", "guid"))
        + (text.str.len().nunique() == 1)
    )
