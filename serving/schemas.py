"""The JSON that the API answers with."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ChangeAnswer",
    "ErrorResponse",
    "EvidenceAnswer",
    "Health",
    "LeadList",
    "LeadResponse",
    "LeadSummary",
    "OpeningAnswer",
    "ReasonAnswer",
    "StageName",
]

StageName = Literal["lead", "marketing_qualified", "sales_qualified"]


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class ErrorResponse(_Answer):
    """Why a request was refused."""

    error: str = Field(description="One sentence.")


class Health(_Answer):
    """Whether the counter is open."""

    status: Literal["ok", "empty"] = Field(description="empty: no night of scores is stored yet.")
    newest_night: dt.datetime | None = Field(description="The moment the current scores speak of.")
    model_version: str | None = Field(description="The model that gave the newest scores.")
    leads: int = Field(description="Leads in the current view.")


class LeadSummary(_Answer):
    """One lead of the queue."""

    lead_id: str = Field(description="As in the source.")
    score: float = Field(description="0 to 100; 50 and 80 are the thresholds of the two stages.")
    probability: float | None = Field(
        description="Chance to win, 0 to 1; null where the model's chances did not pass their check."
    )
    stage: StageName = Field(description="lead, marketing_qualified or sales_qualified.")
    fit_grade: str = Field(description="A to D: how well it matches those who won.")
    engagement_grade: str = Field(description="1 to 4: how it behaves.")
    held_back: str | None = Field(description="Why the stage is lower than the score allows, or null.")


class LeadList(_Answer):
    """A part of the queue, highest score first."""

    as_of: dt.datetime = Field(description="The moment the scores speak of.")
    total: int = Field(description="Leads that the query meets.")
    limit: int = Field(description="Leads asked for.")
    offset: int = Field(description="Leads skipped.")
    leads: list[LeadSummary] = Field(description="By score, then by lead id.")


class EvidenceAnswer(_Answer):
    """How often past leads won whose value lay in the same range."""

    snapshots: int = Field(description="Past snapshots in the range: a lead as it was known at one moment.")
    leads: int = Field(description="Different leads that they are of; 10 or more.")
    win_rate: float = Field(description="Share of these snapshots that won in time, 0 to 1.")
    all_win_rate: float = Field(description="The same of all past snapshots, 0 to 1.")
    sentence: str = Field(description="In the language asked for.")


class ReasonAnswer(_Answer):
    """What one topic adds to the score, or takes from it."""

    topic: str = Field(description="The signal or attribute.")
    group: Literal["fit", "engagement"] = Field(description="fit or engagement.")
    points: float = Field(description="Exact points; base_score plus all points is the score.")
    points_printed: int = Field(description="Whole points; they add up to score_printed too.")
    direction: Literal["raises", "lowers", "none"] = Field(description="What the points do to the score.")
    sentence: str = Field(description="In the language asked for.")
    evidence: EvidenceAnswer | None = Field(
        description="What past leads in the same range did; null where they were too few or not counted."
    )
    value: str | float | bool | dict[str, str | float | None] | None = Field(
        description="What was known: a value, counts with days_since_last, or an age in days."
    )


class ChangeAnswer(_Answer):
    """What the score moved by since the night before, in points; the causes add up to the difference."""

    since: dt.datetime = Field(description="The night before.")
    new_activity: float = Field(description="Activities and details that became known since.")
    time_passing: float = Field(description="What had happened before got older.")
    corrected: float = Field(description="Records of before that night came, went or were changed.")
    new_model: float = Field(description="Another model, another calibration or other thresholds.")


class OpeningAnswer(_Answer):
    """A small change of behaviour that the model would score at or above the next threshold."""

    topic: str = Field(description="The signal.")
    times: int = Field(description="How many times more, in the last days.")
    score: float = Field(description="The score such a lead has: an association, not a promise.")
    stage: StageName = Field(description="The stage that comes with it.")


class LeadResponse(LeadSummary):
    """The score of one lead and how it comes about."""

    as_of: dt.datetime = Field(description="The night it is told for.")
    since: dt.datetime = Field(description="The night since which nothing but time has changed.")
    base_score: float = Field(description="Where every lead starts.")
    base_score_printed: int = Field(description="Whole points of the start.")
    score_printed: int = Field(description="The score as shown.")
    base_probability: float = Field(description="Average chance to win, 0 to 1.")
    rank: int | None = Field(description="Place in the current view; null for a moment in the past.")
    language: str = Field(description="Language of the sentences.")
    reasons: list[ReasonAnswer] = Field(description="All topics, the largest first.")
    change: ChangeAnswer | None = Field(
        description="Since the night before; null where the lead was not scored then, or it is not known."
    )
    openings: list[OpeningAnswer] = Field(
        description="What would carry a lead just below a threshold over it, the highest score first."
    )
    model_version: str = Field(description="The model that gave the score.")
    simulated: bool = Field(description="Whether the leads are simulated.")
    agreed: bool = Field(description="Whether anybody agreed on the thresholds.")
