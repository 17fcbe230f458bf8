"""What may be used, what is to be predicted and how: every section but ``source``."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from leadlight.pipelines.params.source import FrozenModel, Text, convert_scalar_to_text

__all__ = [
    "Agreement",
    "Attribute",
    "Audit",
    "HistorySpan",
    "Label",
    "PointsRule",
    "Policy",
    "Promotion",
    "Signal",
    "Snapshots",
    "Split",
    "Training",
    "UnitEconomics",
    "Watch",
]

Words = dict[str, str]
Monotonicity = Literal["raises", "lowers"]
WINDOWS = (7, 30, 90)


class Attribute(FrozenModel):
    """An attribute that may be used, and how it is spoken of."""

    kind: Literal["category", "number", "email", "job_title"] = Field(
        description="category, number, email (kind of domain is used) or job_title (level and department)."
    )
    group: Literal["fit", "engagement"] = Field("fit", description="fit or engagement.")
    effect: Monotonicity | None = Field(None, description="Whether more of it raises or lowers the chance.")
    label: Words = Field(default_factory=dict, description="Its name in each language.")


class Signal(FrozenModel):
    """An activity type that is spoken of by name."""

    effect: Monotonicity | None = Field(None, description="Whether it raises or lowers the chance.")
    label: Words = Field(default_factory=dict, description="Its name in each language.")
    value: bool = Field(False, description="Use sum and mean of its values (source.activities.value).")
    objects: bool = Field(
        False, description="Use how many different objects it was about (source.activities.object)."
    )
    by_sales: bool = Field(False, description="Sales does it: the silence of the lead after it is measured.")


class Label(FrozenModel):
    """What is to be predicted."""

    horizon_days: int = Field(90, description="Won within this many days after the snapshot.", ge=1, le=3650)


class HistorySpan(FrozenModel):
    """The span of time whose records may be used."""

    since: dt.date | None = Field(None, description="First day of snapshots.")
    until: dt.date | None = Field(None, description="Training cut-off: nothing from this day on is known.")


class Snapshots(FrozenModel):
    """At which moments a lead is looked at for training."""

    at_creation: bool = Field(True, description="At the moment of creation.")
    after_days: tuple[Annotated[int, Field(ge=1)], ...] = Field((), description="Ages in days to look at.")
    every_days: int | None = Field(
        30, description="Midnights of a regular calendar grid, for all leads open then; null for none.", ge=1
    )
    max_age_days: int | None = Field(None, description="Leads older than this are not looked at.", ge=1)


class Split(FrozenModel):
    """Shares of the usable span of time; what is left is for training."""

    calibrate_share: float = Field(0.2, description="Share for calibration.", gt=0, lt=0.5)
    test_share: float = Field(0.2, description="Share for the test, the newest.", gt=0, lt=0.5)


class Training(FrozenModel):
    """How candidates are trained."""

    seed: int = Field(7, description="Seed of everything that draws.")
    candidates: tuple[Literal["points", "logistic", "additive", "interactions", "blend"], ...] = Field(
        ("points", "logistic", "additive", "interactions", "blend"),
        description="Candidates, simplest first; points is the rule book.",
        min_length=1,
    )
    min_wins: int = Field(
        50, description="Wins before the test window below which only the rule book (points) can serve.", ge=1
    )
    min_category_leads: int = Field(30, description="Categories with fewer training leads are pooled.", ge=1)
    learning_rate: float = Field(0.05, description="Learning rate of the boosted trees.", gt=0, le=1)
    max_rounds: int = Field(600, description="Most trees of a boosted model.", ge=1)
    leaves: int = Field(8, description="Leaves a tree, before tuning.", ge=2, le=256)
    trials: int = Field(8, description="Settings tried for each kind of boosted trees.", ge=1)
    tuning_seconds: int = Field(
        600,
        description="Seconds after which no further one is tried; what is found then depends on speed.",
        ge=1,
    )
    tuning_snapshots: int = Field(20_000, description="Most snapshots that tuning looks at, a side.", ge=100)


class PointsRule(FrozenModel):
    """One line of today's rule book: an attribute that is one of, or a signal that was seen often enough."""

    attribute: str | None = Field(None, description="Attribute the rule looks at.")
    is_: tuple[Text, ...] = Field((), alias="is", description="Values that earn the points.")
    signal: str | None = Field(None, description="Signal the rule looks at.")
    within_days: Literal[7, 30, 90] | None = Field(None, description="Days to look back: 7, 30 or 90.")
    at_least: int = Field(1, description="Times the signal must have been seen.", ge=1)
    points: float = Field(description="Points earned.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        by_attribute = self.attribute is not None and bool(self.is_)
        by_signal = self.signal is not None and self.within_days is not None
        of_signal = {"signal", "within_days", "at_least"} & self.model_fields_set
        of_attribute = {"attribute", "is_"} & self.model_fields_set
        if not ((by_attribute and not of_signal) or (by_signal and not of_attribute)):
            given = sorted(name.rstrip("_") for name in self.model_fields_set)
            raise ValueError(
                "must have the keys attribute, is, points, or signal, within_days, at_least, points. "
                f"Got {', '.join(given)}"
            )
        return self


class Agreement(FrozenModel):
    """Who agreed on the policy, and when."""

    by: tuple[str, ...] = Field(description="Teams that agreed.", min_length=1)
    on: dt.date = Field(description="Day of the agreement.")


class UnitEconomics(FrozenModel):
    """What a win brings and a contact takes: what `leadlight report thresholds` reckons with."""

    win: float | None = Field(
        None, description="Worth of a win; none: the median amount of won deals, if any is known.", gt=0
    )
    contact: float | None = Field(None, description="Cost of contacting a lead; none: not counted.", ge=0)
    minutes: float = Field(30, description="Minutes that answering a new MQL or SQL takes.", gt=0)


class Policy(FrozenModel):
    """The sentences that marketing and sales agreed on."""

    marketing_qualified: str = Field("top 20 percent", description="When a lead is marketing qualified.")
    sales_qualified: str = Field("top 5 percent", description="When a lead is sales qualified.")
    agreed: Agreement | None = Field(None, description="Who agreed, and when.")
    min_leads: int = Field(
        20, description="Different leads that must stand above a threshold for it to be believed.", ge=1
    )
    hysteresis: float = Field(
        3, description="Score points below 50 (80) until which an MQL (SQL) stays one.", ge=0, lt=30
    )
    economics: UnitEconomics = Field(
        default_factory=UnitEconomics, description="What a win and a contact are worth."
    )


class Promotion(FrozenModel):
    """What a challenger has to show before it serves."""

    min_gain: float = Field(
        0.01,
        description="Share of the champion's log loss that the whole interval of the gain must lie above.",
        ge=0,
        lt=1,
    )
    min_wins: int = Field(30, description="Wins in the window below which there is no evidence.", ge=1)
    calibrated_within: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = Field(
        (0.8, 1.25),
        description="Calibration slope, and actual over expected wins, that must be possible (95 %).",
    )
    moved_points: float = Field(
        20, description="A score counts as moved when it moves by more points than this.", gt=0, le=100
    )
    max_moved_share: float = Field(0.25, description="Most scores that may move that far.", ge=0, le=1)
    min_rank_correlation: float = Field(
        0.5, description="Least rank correlation of old and new chances.", ge=-1, le=1
    )
    max_volume_change: float = Field(
        0.5, description="Most that the number of MQLs or SQLs may change, up or down.", ge=0
    )


class Audit(FrozenModel):
    """What whoever read the audit decided."""

    allowlist: tuple[Text, ...] = Field(
        (), description="Attributes and signals to be used although the audit calls them leaks."
    )


class Watch(FrozenModel):
    """What `leadlight watch` lets pass, and what it calls for."""

    warning: float = Field(
        0.1, description="Population stability index, beyond chance, to be looked at.", gt=0
    )
    critical: float = Field(
        0.25, description="The same, to be acted upon; at least as large as warning.", gt=0
    )
    false_alarms: float = Field(
        0.01, description="Share of false alarms that is allowed, of all features together.", gt=0, le=0.2
    )
    ages_days: tuple[Annotated[int, Field(ge=1, le=3650)], ...] = Field(
        (30, 60, 90), description="Ages of the nights whose outcomes are followed.", min_length=1
    )
    min_wins: int = Field(
        10, description="Wins to be expected of a night below which its outcomes are not judged.", ge=1
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.critical < self.warning:
            raise ValueError(
                f"must have critical at or above warning. Got {self.critical:g} and {self.warning:g}"
            )
        return self


def _keys_as_text(value: Any) -> Any:
    return (
        {convert_scalar_to_text(key): entry for key, entry in value.items()}
        if isinstance(value, dict)
        else value
    )


def _empty_entries(value: Any) -> Any:
    """``signals: {Webinar: }`` is a signal about which nothing more is said."""
    value = _keys_as_text(value)
    return {k: {} if v is None else v for k, v in value.items()} if isinstance(value, dict) else value


Attributes = Annotated[dict[str, Attribute], BeforeValidator(_keys_as_text)]
Signals = Annotated[dict[str, Signal], BeforeValidator(_empty_entries)]
