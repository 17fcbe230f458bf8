"""Records returned by the store."""

import datetime as dt
from typing import NamedTuple

from leadlight.serving.lead_display import LeadDisplay
from leadlight.serving.reasons import Reason
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store.tables import CLOSED

__all__ = ["ClosedLead", "StoredRun", "StoredScore"]


class StoredRun(NamedTuple):
    """A scoring run that was written.

    Parameters
    ----------
    run_id : str
    night : int
        Number of the run, from 1.
    as_of, written_at : datetime
        Naive, UTC.
    model_version : str
    leads : int
        Leads in the view after the run.
    rows_written, leads_closed : int
        Rows added by the run.
    words : PresentationContext
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

    def is_old(self, now: dt.datetime) -> bool:
        """Whether the run is older at `now` (naive, UTC) than the limit that was stored with it."""
        limit = self.words.max_age_hours
        return limit is not None and (now - self.as_of).total_seconds() / 3600 > limit


class StoredScore(NamedTuple):
    """The score of one lead.

    Parameters
    ----------
    run_id : str
        The run that wrote the row.
    lead_id : str
    as_of : datetime
        As-of time of the view; naive, UTC. Times in `reasons` are relative to it.
    since : datetime
        As-of time of the row: only time has passed since; naive, UTC.
    probability : float
        Win probability, 0 to 1.
    score, base_score : float
        0 to 100; the base score is the score before any reason.
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
    rank : int
        Place among the open leads of the view by probability; ties share the best. 0 in a history.
    open_leads : int
        Leads of the view; 0 in a history.
    display : LeadDisplay or None
        What people call the lead by today; None in a history, and where nothing is shown.
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
    rank: int = 0
    open_leads: int = 0
    display: LeadDisplay | None = None

    @property
    def title(self) -> str:
        """What the lead is called."""
        return self.display.title if self.display else self.lead_id


class ClosedLead(NamedTuple):
    """The run from which on a lead is no longer scored."""

    run_id: str
    lead_id: str
    as_of: dt.datetime
    model_version: str
    stage: str = CLOSED
