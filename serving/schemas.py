"""Response models of the JSON API."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ChangeResponse",
    "DisplayResponse",
    "ErrorResponse",
    "EvidenceResponse",
    "HealthResponse",
    "LeadListResponse",
    "LeadResponse",
    "LeadSummary",
    "ReasonResponse",
    "RecourseResponse",
    "StageName",
]

StageName = Literal["lead", "marketing_qualified", "sales_qualified"]


class _Response(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class ErrorResponse(_Response):
    """An error."""

    error: str = Field(description="One sentence.")


class HealthResponse(_Response):
    """Whether scores are stored, of which run, and whether it is old."""

    status: Literal["ok", "old", "empty"] = Field(
        description="old: the run is older than max_age_hours. empty: no scores are stored yet."
    )
    latest_run: dt.datetime | None = Field(description="As-of time of the current scores.")
    model_version: str | None = Field(description="Model of the current scores.")
    leads: int = Field(description="Leads in the current view.")
    max_age_hours: float | None = Field(
        description="As night.max_age_hours was when the run was scored; null if its age is not judged."
    )


class DisplayResponse(_Response):
    """What people call a lead by; each is null if it is not known."""

    name: str | None = Field(description="Name.")
    company: str | None = Field(description="Company.")
    phone: str | None = Field(description="Phone number, as in the source.")
    email: str | None = Field(description="E-mail address.")
    owner: str | None = Field(description="Person or team that owns the lead.")
    link: str | None = Field(description="Address of the record in the CRM.")


class LeadSummary(_Response):
    """One lead of the queue."""

    lead_id: str = Field(description="As in the source.")
    display: DisplayResponse | None = Field(
        description="What people call it by, as of the latest run; null if nothing is shown."
    )
    score: float = Field(description="0 to 100; 50 and 80 are the thresholds of the two stages.")
    probability: float = Field(description="Win probability of the model, 0 to 1; see probability_holds.")
    probability_holds: bool = Field(
        description="Whether the calibration check holds for leads of its age; if not, pages show the rank."
    )
    rank: int = Field(description="Place among the open leads by probability; ties share the best.")
    open_leads: int = Field(description="Open leads that the rank is among.")
    stage: StageName = Field(description="lead, marketing_qualified or sales_qualified.")
    fit_grade: str = Field(description="A to D: how well its attributes match won leads.")
    engagement_grade: str = Field(description="1 to 4: its activity.")
    stage_limited_by: str | None = Field(description="Why the stage is lower than the score allows; null if it is not.")


class LeadListResponse(_Response):
    """One page of the queue, highest score first."""

    as_of: dt.datetime = Field(description="As-of time of the scores.")
    total: int = Field(description="Leads that match the query.")
    limit: int = Field(description="Leads asked for.")
    offset: int = Field(description="Leads skipped.")
    leads: list[LeadSummary] = Field(description="By score, then by lead id.")


class EvidenceResponse(_Response):
    """Win rate of past leads with a value in the same range."""

    snapshots: int = Field(description="Past snapshots in the range: a lead as it was known at one moment.")
    leads: int = Field(description="Distinct leads among them; 10 or more.")
    win_rate: float = Field(description="Share of these snapshots that won in time, 0 to 1.")
    all_win_rate: float = Field(description="Win rate of all past snapshots, 0 to 1.")
    sentence: str = Field(description="In the requested language.")


class ReasonResponse(_Response):
    """Contribution of one topic to the score."""

    topic: str = Field(description="The signal or attribute.")
    group: Literal["fit", "engagement"] = Field(description="fit or engagement.")
    points: float = Field(description="Exact points; base_score plus all points is the score.")
    points_rounded: int = Field(description="Whole points; base_score_rounded plus all of them is score_rounded.")
    direction: Literal["raises", "lowers", "none"] = Field(description="What the points do to the score.")
    sentence: str = Field(description="In the requested language.")
    evidence: EvidenceResponse | None = Field(
        description="Past leads in the same range; null if too few or not counted."
    )
    value: str | float | bool | dict[str, str | float | None] | None = Field(
        description="The value scored: a value, counts with days_since_last, or an age in days."
    )


class ChangeResponse(_Response):
    """Score change since the run before, in points by cause; the causes add up to the change."""

    since: dt.datetime = Field(description="As-of time of the run before.")
    new_activity: float = Field(description="Activities and attributes that became known since.")
    time_passing: float = Field(description="Earlier activities got older.")
    corrected: float = Field(description="Records dated before that run were added, removed or changed.")
    new_model: float = Field(description="Another model, calibration or thresholds.")


class RecourseResponse(_Response):
    """A small change of activity with a score at or above the next threshold."""

    topic: str = Field(description="The signal.")
    times: int = Field(description="Additional activities in the last days.")
    score: float = Field(description="The score such a lead has: an association, not a promise.")
    stage: StageName = Field(description="The stage of that score.")


class LeadResponse(LeadSummary):
    """The score of one lead and its reasons."""

    as_of: dt.datetime = Field(description="As-of time of the score.")
    since: dt.datetime = Field(description="Since then only time has passed.")
    base_score: float = Field(description="Score before any reason; the same for all leads of one night.")
    season_points: float | None = Field(
        description="Part of base_score that the season of the night adds; null without a season."
    )
    base_score_rounded: int = Field(description="base_score in whole points.")
    score_rounded: int = Field(description="The score in whole points, as shown on pages.")
    base_probability: float = Field(description="Average win probability, 0 to 1.")
    language: str = Field(description="Language of the sentences.")
    reasons: list[ReasonResponse] = Field(description="All topics, largest first.")
    change: ChangeResponse | None = Field(description="Since the run before; null if the lead was not scored then.")
    recourse: list[RecourseResponse] = Field(
        description="Changes that would lift a lead over the next threshold, highest score first."
    )
    model_version: str = Field(description="Model of the score.")
    simulated: bool = Field(description="Whether the leads are simulated.")
    policy_agreed: bool = Field(description="Whether the thresholds were agreed on.")
