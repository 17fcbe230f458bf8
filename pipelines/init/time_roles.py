"""Choose the column of times of each table by its name and by the order of events."""

import itertools

import numpy as np
import pandas as pd

from leadlight.pipelines.init.source_tables import SourceTable, strip_text
from leadlight.pipelines.init.time_format import DetectedTimeFormat
from leadlight.pipelines.init.vocabulary import NAMES, count_stems

__all__ = ["choose_created_and_closed", "choose_time", "find_opening", "is_planned", "score_creation"]

#: share of deals that are opened on the day of their close or before
MIN_OPENED_BEFORE = 0.95


def score_creation(time: DetectedTimeFormat) -> float:
    """Return how much a name is that of a time of creation; 0 or less for one that is not."""
    plain = count_stems(time.column, NAMES["created"]) + count_stems(
        time.column, ("date", "datum", "data", "fecha", "at")
    )
    return 1 + 2 * plain - 2 * count_stems(time.column, NAMES["not_created"]) - 2 * float(time.times.isna().mean())


def choose_created_and_closed(
    leads: SourceTable, deals: SourceTable, lead_id: str, deal_id: str, decided: pd.Series
) -> tuple[DetectedTimeFormat, DetectedTimeFormat]:
    """Choose the pair of times with the best names and with closes after creation.

    Parameters
    ----------
    leads, deals : SourceTable
        What was read.
    lead_id, deal_id : str
        The key of the lead in both.
    decided : pd.Series of bool
        Rows of deals that are won or lost: the time of closing of an open one is a plan, or none.
    """

    def rank(pair: tuple[DetectedTimeFormat, DetectedTimeFormat]) -> float:
        created, closed = pair
        created_at = pd.Series(created.times.to_numpy(), index=strip_text(leads.frame[lead_id]))
        created_at = created_at[~created_at.index.duplicated() & created_at.index.notna()]
        created_on = strip_text(deals.frame[deal_id]).map(created_at).dt.normalize()
        delay = closed.times.to_numpy() - created_on.to_numpy()
        after = float((delay >= np.timedelta64(0))[decided.to_numpy()].mean())
        names = count_stems(closed.column, NAMES["closed"]) - count_stems(
            closed.column, ("creat", "angelegt", "erstell")
        )
        return score_creation(created) + 2 * names + 4 * after - 3 * is_planned(closed)

    return max(itertools.product(leads.times.values(), deals.times.values()), key=rank)


def is_planned(time: DetectedTimeFormat) -> bool:
    """Return whether a name says that a time is expected, which an outcome may contradict."""
    return count_stems(time.column, NAMES["planned"]) > 0


def find_opening(deals: SourceTable, closed: DetectedTimeFormat) -> DetectedTimeFormat | None:
    """Find the time when deals were opened: named so, and hardly ever on a later day than their close."""
    candidates = []
    for time in deals.times.values():
        both = time.times.notna() & closed.times.notna()
        if time.column == closed.column or count_stems(time.column, NAMES["closed"]) or not both.any():
            continue
        in_order = time.times[both].dt.normalize() <= closed.times[both].dt.normalize()
        if count_stems(time.column, NAMES["opened"]) and in_order.mean() >= MIN_OPENED_BEFORE:
            candidates.append(time)
    return max(candidates, key=lambda time: count_stems(time.column, NAMES["opened"]), default=None)


def choose_time(table: SourceTable, stems: tuple[str, ...]) -> DetectedTimeFormat:
    """Choose the time whose name fits best and that is empty least often."""
    return max(table.times.values(), key=lambda t: count_stems(t.column, stems) - 3 * float(t.times.isna().mean()))
