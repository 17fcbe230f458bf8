"""What the store hands out."""

import datetime as dt
from dataclasses import dataclass

from leadlight.serving.reasons import Reason
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store.tables import CLOSED

__all__ = ["ClosedLead", "StoredRun", "StoredScore"]


@dataclass(frozen=True)
class StoredRun:
    """A night that was written.

    Parameters
    ----------
    run_id : str
    night : int
        Counts the nights written, from 1.
    as_of, written_at : datetime
        Naive, UTC.
    model_version : str
    leads : int
        Leads in the view after it.
    rows_written, leads_closed : int
        What it changed.
    words : NightWords
    """

    run_id: str
    night: int
    as_of: dt.datetime
    model_version: str
    written_at: dt.datetime
    leads: int
    rows_written: int
    leads_closed: int
    words: PresentationContext


@dataclass(frozen=True)
class StoredScore:
    """The score of one lead.

    Parameters
    ----------
    run_id : str
        The run that wrote the row.
    lead_id : str
    as_of : datetime
        The night it is read for; naive, UTC. The times in `reasons` are told as of this night.
    since : datetime
        The night of the row: nothing but time has changed since then; naive, UTC.
    probability : float
        Chance to win, 0 to 1.
    score, base_score : float
        0 to 100; the base is what a lead starts from before any reason.
    stage : str
        ``lead``, ``marketing_qualified`` or ``sales_qualified``.
    fit_grade, engagement_grade : str
        A to D and 1 to 4.
    held_back : str or None
        Why the stage is lower than the score allows.
    reasons : tuple of Reason
        All topics; base score and points add up to the score.
    model_version : str
        The model that wrote the row.
    """

    run_id: str
    lead_id: str
    as_of: dt.datetime
    since: dt.datetime
    probability: float
    score: float
    base_score: float
    stage: str
    fit_grade: str
    engagement_grade: str
    held_back: str | None
    reasons: tuple[Reason, ...]
    model_version: str


@dataclass(frozen=True)
class ClosedLead:
    """The night on which a lead was no longer scored."""

    run_id: str
    lead_id: str
    as_of: dt.datetime
    model_version: str
    stage: str = CLOSED
