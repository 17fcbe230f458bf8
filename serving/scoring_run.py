"""A scoring run, and the context that its scores are presented with."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leadlight.features.display import Display
from leadlight.features.errors import StoreError

__all__ = [
    "Agreement",
    "Counts",
    "Evidence",
    "Forced",
    "ModelTier",
    "Policy",
    "PresentationContext",
    "ScoringRun",
    "TopicEvidence",
    "TopicLabel",
    "WriteResult",
    "parse_context",
]


class _Words(BaseModel):
    # keys of a later version are kept in the store and skipped here
    model_config = ConfigDict(frozen=True, extra="ignore")


class TopicLabel(_Words):
    """Kind, group and label of a topic, and how the parts of its value are shown, by feature family."""

    kind: Literal["attribute", "signal", "other", "activity", "age", "sales"]
    group: Literal["fit", "engagement"]
    label: dict[str, str] = Field(default_factory=dict)
    values: dict[str, Display] = Field(default_factory=dict)


class Agreement(_Words):
    """Names and date of the agreement on the policy, and the thresholds that were changed since."""

    by: list[str]
    on: dt.date
    changed: list[str] = []


class Policy(_Words):
    """Policy sentences of the thresholds; None is the default."""

    marketing_qualified: str | None = None
    sales_qualified: str | None = None
    agreed: Agreement | None = None


class Thresholds(_Words):
    """Probabilities at the scores 50 and 80."""

    marketing_qualified: float | None = None
    sales_qualified: float | None = None


class ModelTier(_Words):
    """The candidate that serves, with the wins it was trained on and the wins a learned model needs.

    ``label`` is what a candidate without a message of its own is called, by language.
    """

    candidate: str
    label: dict[str, str] | None = None
    wins: int = Field(ge=0)
    min_wins: int = Field(ge=0)


class Counts(NamedTuple):
    """Past snapshots, their distinct leads, and the snapshots that won."""

    snapshots: int
    leads: int
    wins: int

    @property
    def win_rate(self) -> float:
        """Share of the snapshots that won; 0 without snapshots."""
        return self.wins / max(self.snapshots, 1)


class TopicEvidence(_Words):
    """Counts by bin of one topic, named as in `models.scoring.binning`."""

    edges: list[float] = Field(default_factory=list)
    ranges: dict[str, Counts]


class Evidence(_Words):
    """Win rates of past snapshots by topic and bin.

    ``horizon_days`` is the prediction horizon; None where the source has no dates.
    """

    horizon_days: int | None = None
    all: Counts
    topics: dict[str, TopicEvidence]


class Forced(_Words):
    """Who passed over what stopped a run, and why."""

    by: str
    reason: str
    stops: list[str]


class PresentationContext(_Words):
    """Context that the scores of a run are presented with.

    ``timezone`` is for display; stored times are UTC. ``hysteresis`` is the number of score points by which
    a lead may fall below 50 or 80 before it leaves the stage that begins there. ``calibration`` is the answer of the
    calibration check for all, new and older leads; without one, as in nights of earlier versions, ranks are shown.
    ``season_points`` is the part of the base score that the season of the night adds; None without a season.
    ``forced`` says what a person passed over so that the run was written; None if nothing stopped it.
    ``max_age_hours`` is the age from which on the run is old; None, as in nights of earlier versions, is never.
    """

    simulated: bool = False
    policy: Policy | None = None
    thresholds: Thresholds = Thresholds()
    hysteresis: float = Field(default=0, ge=0, lt=30)
    base_probability: float = Field(ge=0, le=1)
    calibration: dict[str, Literal["holds", "fails", "too_little_evidence"]] = Field(default_factory=dict)
    season_points: float | None = None
    rung: ModelTier | None = None
    evidence: Evidence | None = None
    language_default: str = "en"
    timezone: str = "UTC"
    max_age_hours: float | None = None
    forced: Forced | None = None
    topics: dict[str, TopicLabel]

    def get_displays(self, topic: str) -> Mapping[str, Display]:
        """Return feature family -> display of a topic; empty for an unknown topic."""
        return self.topics[topic].values if topic in self.topics else {}


class ScoringRun(NamedTuple):
    """A scoring run as it is handed to the store.

    Parameters
    ----------
    as_of : datetime
        Time of the scores; naive, UTC.
    model_version : str
        Version of the model.
    words : mapping
        See `PresentationContext`; stored as JSON, unknown keys included.
    """

    as_of: dt.datetime
    model_version: str
    words: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        """Key of the run; one transaction per key."""
        return f"{self.as_of.isoformat()}|{self.model_version}"


class WriteResult(NamedTuple):
    """Result of writing a run.

    Parameters
    ----------
    run_id : str
    rerun : bool
        Whether the run was stored before; then nothing was written.
    leads : int
        Leads scored.
    same : int
        Unchanged leads; no row was written for them.
    differing : int
        Leads that are new, changed or gone; on a rerun, leads that differ from the store.
    written : int
        Rows added with a score; 0 on a rerun.
    closed : int
        Leads that left the current view; 0 on a rerun.
    """

    run_id: str
    rerun: bool
    leads: int
    same: int
    differing: int
    written: int
    closed: int


def parse_context(words: Mapping[str, Any]) -> PresentationContext:
    """Validate the context of a run.

    Parameters
    ----------
    words : mapping
        As in `ScoringRun.words`.

    Returns
    -------
    PresentationContext

    Raises
    ------
    StoreError
        If a key is missing or has a value that is not allowed.
    """
    try:
        return PresentationContext.model_validate(words)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise StoreError(
            f"The {key} of a night's words must be as the design says. Got: {first['msg'].lower()}."
        ) from None
