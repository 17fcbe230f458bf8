"""One table that dates the outcomes, of opportunities with close dates or of stages, is a table of deals too."""

import pandas as pd

from leadlight.pipelines.init.key_detection import DetectedKeys
from leadlight.pipelines.init.outcome_detection import find_outcome, find_status
from leadlight.pipelines.init.source_tables import SourceTable, strip_text
from leadlight.pipelines.init.time_format import DetectedTimeFormat
from leadlight.pipelines.init.time_roles import is_planned
from leadlight.pipelines.init.vocabulary import NAMES, count_stems

__all__ = ["add_deals_of_flat_export", "add_deals_of_stages", "is_flat_export", "is_of_stages"]

#: share of the closed rows that have a close date, and share of those that close on the day of another time or later
MIN_DATED, MIN_IN_ORDER = 0.9, 0.95


def is_flat_export(tables: dict[str, SourceTable]) -> bool:
    """Return whether leads and deals are one file, or one sheet of it."""
    return "deals" in tables and _are_one_file(tables["deals"], tables["leads"])


def is_of_stages(tables: dict[str, SourceTable]) -> bool:
    """Return whether stages and deals are one file, or one sheet of it."""
    return "deals" in tables and "stages" in tables and _are_one_file(tables["deals"], tables["stages"])


def _are_one_file(one: SourceTable, other: SourceTable) -> bool:
    return (one.path, one.facts.sheet) == (other.path, other.facts.sheet)


def add_deals_of_stages(
    tables: dict[str, SourceTable], keys: DetectedKeys, outcome: str | None = None
) -> tuple[dict[str, SourceTable], DetectedKeys]:
    """Map a history of stages as deals too, where no other table is one and a stage means won.

    Entering such a stage, or one that means lost, closes the lead; any other stage after a loss reopens it.
    Arguments and results as :func:`add_deals_of_flat_export`.
    """
    if "deals" in tables or "stages" not in tables or outcome is not None:
        return tables, keys
    stages, key = tables["stages"], keys.columns["stages"]
    found = find_status(stages.frame, {str(key), *stages.times})
    if found is None or not found.by_words:
        return tables, keys
    columns, known = keys.columns | {"deals": key}, keys.known | {"deals": keys.known["stages"]}
    return tables | {"deals": stages._replace(name="deals")}, keys._replace(columns=columns, known=known)


def add_deals_of_flat_export(
    tables: dict[str, SourceTable], keys: DetectedKeys, outcome: str | None = None
) -> tuple[dict[str, SourceTable], DetectedKeys]:
    """Map the file of the leads as deals too, where it says when each was closed: closing times date the outcomes.

    Parameters
    ----------
    tables, keys
        What was read, and the keys that were found.
    outcome : str, optional
        The outcome column, where the user names it: it is then of leads.

    Returns
    -------
    tables, keys
        Unchanged where there are deals already, or no time of closing.
    """
    leads = tables["leads"]
    if "deals" in tables or outcome is not None or len(leads.times) < 2:
        return tables, keys
    key = keys.columns["leads"]
    if key is None:
        return tables, keys
    found = find_outcome(leads.frame, {key})
    if found is None or not found.by_words or _find_closing(leads, found.column, {*found.won, *found.lost}) is None:
        return tables, keys
    columns, known = keys.columns | {"deals": key}, keys.known | {"deals": 1.0}
    return tables | {"deals": leads._replace(name="deals")}, keys._replace(columns=columns, known=known)


def _find_closing(leads: SourceTable, outcome: str, closed: set[str]) -> DetectedTimeFormat | None:
    rows = strip_text(leads.frame[outcome]).isin(closed)
    for time in leads.times.values():
        named = count_stems(time.column, NAMES["closed"]) and not count_stems(time.column, NAMES["opened"])
        if (
            named
            and not is_planned(time)
            and time.times[rows].notna().mean() >= MIN_DATED
            and _is_last(time, leads, rows)
        ):
            return time
    return None


def _is_last(time: DetectedTimeFormat, leads: SourceTable, rows: pd.Series) -> bool:
    """Return whether it hardly ever comes before another time of the same row."""
    closed = time.times[rows].dt.normalize()
    for other in leads.times.values():
        begun = other.times[rows].dt.normalize()
        both = begun.notna() & closed.notna()
        if other.column != time.column and (closed >= begun)[both].mean() >= MIN_IN_ORDER:
            return True
    return False
