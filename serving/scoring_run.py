"""A night of scoring, and the words that its scores are told in."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leadlight.features.errors import StoreError

__all__ = [
    "Agreement",
    "Counts",
    "Evidence",
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
    """How one topic is spoken of."""

    kind: Literal["attribute", "signal", "other", "activity", "age", "sales"]
    group: Literal["fit", "engagement"]
    label: dict[str, str] = Field(default_factory=dict)


class Agreement(_Words):
    """Who agreed on the policy, and when."""

    by: list[str]
    on: dt.date


class Policy(_Words):
    """The sentences that the thresholds follow; None is the default."""

    marketing_qualified: str | None = None
    sales_qualified: str | None = None
    agreed: Agreement | None = None


class Thresholds(_Words):
    """Probabilities that the scores 50 and 80 stand for."""

    marketing_qualified: float | None = None
    sales_qualified: float | None = None


class ModelTier(_Words):
    """The step of the ladder that the scores stand on: the rule book first, a learned model on evidence."""

    candidate: str
    wins: int = Field(ge=0)
    min_wins: int = Field(ge=0)


class Counts(NamedTuple):
    """Past snapshots, the different leads they are of, and how many of the snapshots won."""

    snapshots: int
    leads: int
    wins: int

    @property
    def win_rate(self) -> float:
        """Share of the snapshots that won; 0 of none."""
        return self.wins / max(self.snapshots, 1)


class TopicEvidence(_Words):
    """The ranges of one topic, named as in `models.ranges`."""

    edges: list[float] = Field(default_factory=list)
    ranges: dict[str, Counts]


class Evidence(_Words):
    """How often past snapshots won, by the range that they lay in.

    ``horizon_days`` is the time to win in; None where the source has no dates.
    """

    horizon_days: int | None = None
    all: Counts
    topics: dict[str, TopicEvidence]


class PresentationContext(_Words):
    """What must be known to tell a night's scores in words.

    ``timezone`` is the zone that dates are shown in; everything stored is UTC. ``hysteresis`` is by how many
    points of score a lead may fall below 50 or 80 before it leaves the stage that begins there.
    """

    simulated: bool = False
    policy: Policy | None = None
    thresholds: Thresholds = Thresholds()
    hysteresis: float = Field(default=0, ge=0, lt=30)
    base_probability: float = Field(ge=0, le=1)
    calibrated: bool
    rung: ModelTier | None = None
    evidence: Evidence | None = None
    language_default: str = "en"
    timezone: str = "UTC"
    topics: dict[str, TopicLabel]


@dataclass(frozen=True)
class ScoringRun:
    """What is handed to the store together with the scores.

    Parameters
    ----------
    as_of : datetime
        The moment of which the scores speak; naive, UTC.
    model_version : str
        The model that gave them.
    words : mapping
        See `NightWords`; stored as JSON, unknown keys included.
    """

    as_of: dt.datetime
    model_version: str
    words: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        """Key of the night: one transaction per run id."""
        return f"{self.as_of.isoformat()}|{self.model_version}"


@dataclass(frozen=True)
class WriteResult:
    """What writing a night did.

    Parameters
    ----------
    run_id : str
    rerun : bool
        The run id was stored before; nothing was written.
    leads : int
        Leads scored.
    same : int
        Scored leads that stand as they stood; no row was written for them.
    differing : int
        Leads that are new, changed or gone. On a rerun: leads that differ from what is stored.
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
    """Check and type the words of a night.

    Parameters
    ----------
    words : mapping
        As in `Night.words`.

    Returns
    -------
    NightWords

    Raises
    ------
    StoreError
        Where a key is missing or has a value that is not allowed.
    """
    try:
        return PresentationContext.model_validate(words)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise StoreError(
            f"The {key} of a night's words must be as the design says. Got: {first['msg'].lower()}."
        ) from None
