"""Typed metadata of a scorer: how it was chosen, on which data, and what was agreed on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

import pandas as pd

from leadlight.features.errors import BundleError

__all__ = ["ScorerMetadata"]


@dataclass(frozen=True, kw_only=True)
class ScorerMetadata:
    """Metadata of a scorer; plain data for JSON.

    Parameters
    ----------
    candidate : str
        Name of the chosen candidate.
    horizon_days : int
        Days within which a win counts.
    time : {"dates", "order", "none"}
        What the source knows of time.
    procedure : str
        Digest of what the training is told: features, candidates, moments, windows, label and version; the same for two
        trainings on other data.
    wins, min_wins : int
        Wins in the training data, and the number below which no model is trained.
    simulated : bool
        Whether the source is simulated.
    language : str
        Default language of words.
    hysteresis : float
        Score points by which a lead may fall below a threshold before it leaves its stage.
    policy_agreed : bool
        Whether params.yaml has a policy.
    agreed : dict or None
        ``by`` and ``on`` of the agreement, if any, and ``changed``: the thresholds changed since.
    at_newest_ages : bool
        Whether thresholds were chosen at the age mix of current leads.
    spellings : dict
        Attribute -> folded text -> the spelling to show.
    activity_types : list of str
        Types in the training data.
    choice : dict
        Loss, distance to the best, gain on the base rate and standard errors by candidate; ``has_signal``;
        ``calibration`` and its losses.
    level : dict
        The shift of :func:`.estimate_level`, with its error and wins.
    calibration_check : dict of str to str
        Answer of the calibration check on the test window, holds, fails or too_little_evidence, of ``all`` snapshots,
        and where ages are known of ``new`` (first week) and ``older`` leads.
    snapshots : dict
        Windows, splits, cut-off and left truncation of the training data; ``learned_until``, the newest snapshot that
        the model learned from.
    evidence : dict or None
        Win rates by bin, see :func:`.count_win_rates_by_bin`.
    reference : dict or None
        Open leads at the cut-off, which monitoring compares with.
    """

    candidate: str
    horizon_days: int
    time: Literal["dates", "order", "none"]
    procedure: str = ""
    wins: int = 0
    min_wins: int = 0
    simulated: bool = False
    language: str = "en"
    hysteresis: float = 0.0
    policy_agreed: bool = False
    agreed: dict[str, Any] | None = None
    at_newest_ages: bool = False
    spellings: dict[str, dict[str, str]] = field(default_factory=dict)
    activity_types: list[str] = field(default_factory=list)
    choice: dict[str, Any] = field(default_factory=dict)
    level: dict[str, Any] = field(default_factory=dict)
    calibration_check: dict[str, str] = field(default_factory=dict)
    snapshots: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, Any] | None = None
    reference: dict[str, Any] | None = None

    @property
    def has_dates(self) -> bool:
        """Whether the source has dates; without them there is neither a cut-off nor a horizon."""
        return self.time == "dates"

    @property
    def horizon_shown(self) -> int | None:
        """Days within which a win counts, for texts; None where the source has no dates."""
        return self.horizon_days if self.has_dates else None

    @property
    def has_signal(self) -> bool:
        """Whether a model beats the base rate; without signal every lead has the base score and no stage."""
        return bool(self.choice.get("has_signal", True))

    @property
    def cut_off(self) -> pd.Timestamp:
        """Moment up to which outcomes were known at training, naive UTC."""
        return pd.Timestamp(self.snapshots["cut_off"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote.

        Raises
        ------
        BundleError
            If a key is missing or unknown.
        """
        expected = {entry.name for entry in fields(cls)}
        different = sorted(expected ^ set(content))
        if different:
            raise BundleError(
                f"The metadata of a scorer must have the keys {', '.join(sorted(expected))}. "
                f"Got a difference in {different[0]}."
            )
        return cls(**content)
