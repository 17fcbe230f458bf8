"""Every section of params except ``source``."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from leadlight.features.display import WINDOWS
from leadlight.models.candidates.names import find_problem
from leadlight.pipelines.findings.registry import list_codes
from leadlight.pipelines.params.base import FrozenModel, Text, convert_scalar_to_text
from leadlight.pipelines.params.times import Day, DayOrMoment

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

_WINDOWS_TEXT = f"{', '.join(str(days) for days in WINDOWS[:-1])} or {WINDOWS[-1]}"
Words = dict[str, str]
Monotonicity = Literal["raises", "lowers"]


class Attribute(FrozenModel):
    """An attribute to use."""

    kind: Literal["category", "number", "email", "job_title"] = Field(
        description="category, number, email (type of domain) or job_title (level and department)."
    )
    group: Literal["fit", "engagement"] = Field("fit", description="Feature group: fit or engagement.")
    effect: Monotonicity | None = Field(None, description="Known sign of the effect: raises or lowers.")
    label: Words = Field(default_factory=dict, description="Name in each language.")


class Signal(FrozenModel):
    """An activity type with features of its own."""

    effect: Monotonicity | None = Field(None, description="Known sign of the effect: raises or lowers.")
    label: Words = Field(default_factory=dict, description="Name in each language.")
    value: bool = Field(False, description="Whether to use sum and mean of source.activities.value.")
    objects: bool = Field(False, description="Whether to count distinct source.activities.object.")
    by_sales: bool = Field(False, description="Whether sales does it; silence afterwards is then a feature.")


class Label(FrozenModel):
    """The label."""

    horizon_days: int = Field(90, description="Days after the snapshot within which a win counts.", ge=1, le=3650)


class HistorySpan(FrozenModel):
    """The period to use for training."""

    since: DayOrMoment | None = Field(None, description="First day or moment of snapshots; none: no limit.")
    until: DayOrMoment | None = Field(
        None, description="Day or moment from which on records are ignored; none: no limit."
    )


class Snapshots(FrozenModel):
    """When snapshots of a lead are taken for training: at moments that the night sees."""

    at_creation: bool | None = Field(
        None,
        description="Whether to take a snapshot when the lead is created; null: only where most leads close before "
        "the first midnight after it.",
    )
    after_days: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (0, 1, 3, 7), description="Days after the first midnight of a lead at which a snapshot is taken."
    )
    every_days: int | None = Field(
        10, description="Days between midnights, counted from 1970-01-01, at which all open leads are taken.", ge=1
    )
    max_age_days: int | None = Field(None, description="Maximum age in days at a snapshot; none: no limit.", ge=1)


class Split(FrozenModel):
    """Windows of days for calibration and test; the remaining, oldest part is for training."""

    calibrate_share: float = Field(0.2, description="Share of the days for calibration.", gt=0, lt=0.5)
    test_share: float = Field(0.2, description="Share of the days, the newest, for the test.", gt=0, lt=0.5)
    min_days: int = Field(30, description="Minimum length of both windows where the history allows it.", ge=1)
    min_wins: int = Field(100, description="Leads won that both windows should hold; they grow until then.", ge=1)


class Training(FrozenModel):
    """How candidates are trained."""

    seed: int = Field(7, description="Random seed.")
    candidates: tuple[str, ...] = Field(
        ("points", "logistic", "boosted", "mean", "combined"),
        description="Models to compare, simplest first; points is the rule book, and the base rate is always compared. "
        "Also sklearn:MODULE:FUNCTION and what packages add (docs/candidates.md).",
        min_length=1,
    )
    metric: Literal["log_loss", "brier", "average_precision", "auc"] = Field(
        "log_loss", description="Metric that tunes and selects: log_loss, brier, average_precision or auc."
    )
    min_wins: int = Field(20, description="With fewer wins before the test window, only the rule book serves.", ge=1)
    min_category_leads: int = Field(30, description="Categories with fewer training leads are pooled.", ge=1)
    learning_rate: float = Field(0.1, description="Learning rate of the boosted trees.", gt=0, le=1)
    max_rounds: int = Field(300, description="Maximum number of trees of a boosted model.", ge=1)

    @field_validator("candidates")
    @classmethod
    def _known_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if problem := find_problem(name):
                raise ValueError(problem)
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"must name each candidate once. Got {twice[0]} twice")
        return names


class PointsRule(FrozenModel):
    """One rule of today's rule book: an attribute with one of some values, or a minimum count of a signal."""

    attribute: str | None = Field(None, description="Attribute that the rule tests.")
    is_: tuple[Text, ...] = Field((), alias="is", description="Values that earn the points.")
    signal: str | None = Field(None, description="Signal that the rule counts.")
    within_days: int | None = Field(None, description=f"Days to count back: {_WINDOWS_TEXT}.")
    at_least: int = Field(1, description="Minimum count of the signal.", ge=1)
    points: float = Field(description="Points that the rule adds.")

    @field_validator("within_days")
    @classmethod
    def _in_windows(cls, days: int | None) -> int | None:
        if days is not None and days not in WINDOWS:
            raise ValueError(f"must be one of {_WINDOWS_TEXT}. Got {days}")
        return days

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
    """Who agreed on the policy, when, and on what."""

    by: tuple[str, ...] = Field(description="Teams that agreed.", min_length=1)
    on: Day = Field(description="Day of the agreement.")
    marketing_qualified: str = Field(description="The definition of an MQL that was agreed on.")
    sales_qualified: str = Field(description="The definition of an SQL that was agreed on.")


class UnitEconomics(FrozenModel):
    """Value of a win and cost of a contact, for `leadlight report thresholds`."""

    win: float | None = Field(None, description="Value of a win; none: median amount of won deals.", gt=0)
    contact: float | None = Field(None, description="Cost of contacting a lead; none: not counted.", ge=0)
    minutes: float = Field(30, description="Minutes of work per new MQL or SQL.", gt=0)


class Policy(FrozenModel):
    """Definitions of MQL and SQL that marketing and sales agreed on."""

    marketing_qualified: str = Field("top 20 percent", description="Definition of an MQL.")
    sales_qualified: str = Field("top 5 percent", description="Definition of an SQL.")
    agreed: Agreement | None = Field(None, description="Who agreed, when, and on what; none: not agreed yet.")
    min_leads: int = Field(20, description="Minimum number of distinct leads above a threshold.", ge=1)
    hysteresis: float = Field(3, description="Points below 50 (80) down to which an MQL (SQL) stays one.", ge=0, lt=30)
    economics: UnitEconomics = Field(default_factory=UnitEconomics, description="Value of a win, cost of a contact.")

    def list_changed(self) -> list[str]:
        """List the definitions that differ from those agreed on, such as in an experiment; case is ignored."""
        if self.agreed is None:
            return []
        return [
            name
            for name in ("marketing_qualified", "sales_qualified")
            if getattr(self, name).casefold().split() != getattr(self.agreed, name).casefold().split()
        ]

    def summarize_agreement(self) -> dict[str, Any] | None:
        """Return ``by``, ``on`` and ``changed`` of the agreement as plain data; None where there is none."""
        if self.agreed is None:
            return None
        return {"by": list(self.agreed.by), "on": self.agreed.on.isoformat(), "changed": self.list_changed()}


class Promotion(FrozenModel):
    """Criteria that a challenger must meet to be promoted."""

    min_gain: float = Field(
        0.01,
        description="Share of the champion's log loss that the interval of the gain of another procedure must exceed.",
        ge=0,
        lt=1,
    )
    max_loss: float = Field(
        0.01,
        description="Share of the champion's log loss that a refresh (same procedure, newer data) may at most lose.",
        ge=0,
        lt=1,
    )
    min_wins: int = Field(30, description="Minimum number of wins in the comparison window.", ge=1)
    calibrated_within: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = Field(
        (0.8, 1.25),
        description="Range for actual/expected wins: blocked if the 95 % interval excludes 1 and leaves it.",
    )
    moved_points: float = Field(20, description="A score counts as moved if it changes by more points.", gt=0, le=100)
    max_moved_share: float = Field(0.25, description="Maximum share of scores that may move.", ge=0, le=1)
    min_rank_correlation: float = Field(0.5, description="Minimum rank correlation of old and new scores.", ge=-1, le=1)
    max_volume_change: float = Field(0.5, description="Maximum relative change of the number of MQLs or SQLs.", ge=0)


class Audit(FrozenModel):
    """Decisions on the findings of the audit."""

    allow: tuple[Text, ...] = Field(
        (), description="Findings to accept: each the code and a column, type or table, such as `LL101 last_stage`."
    )

    @field_validator("allow")
    @classmethod
    def _code_and_place(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        codes = {code.code for code in list_codes()}
        for entry in entries:
            code, _, place = entry.strip().partition(" ")
            if code.upper() not in codes or not place.strip():
                raise ValueError(
                    "must name the code of a finding and a column, a type or a table each, such as "
                    f"'LL101 last_stage'. Got {entry!r}"
                )
        return entries

    @property
    def allowed(self) -> tuple[tuple[str, str], ...]:
        """Code and place of each entry."""
        split = (entry.strip().partition(" ") for entry in self.allow)
        return tuple((code.upper(), place.strip()) for code, _, place in split)


class Watch(FrozenModel):
    """Alarm thresholds of `leadlight watch`."""

    warning: float = Field(0.1, description="Population stability index, beyond chance, to warn.", gt=0)
    critical: float = Field(0.25, description="The same index, to act; at least warning.", gt=0)
    false_alarms: float = Field(0.01, description="Allowed share of false alarms, over all features.", gt=0, le=0.2)
    ages_days: tuple[Annotated[int, Field(ge=1, le=3650)], ...] = Field(
        (30, 60, 90), description="Days after a scoring run at which outcomes are checked.", min_length=1
    )
    min_wins: int = Field(10, description="Minimum number of expected wins for a check of outcomes.", ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.critical < self.warning:
            raise ValueError(f"must have critical at or above warning. Got {self.critical:g} and {self.warning:g}")
        return self


def _keys_as_text(value: Any) -> Any:
    return {convert_scalar_to_text(key): entry for key, entry in value.items()} if isinstance(value, dict) else value


def _empty_entries(value: Any) -> Any:
    """Read an empty entry, as in ``signals: {Webinar: }``, as a signal with defaults."""
    value = _keys_as_text(value)
    return {k: {} if v is None else v for k, v in value.items()} if isinstance(value, dict) else value


Attributes = Annotated[dict[str, Attribute], BeforeValidator(_keys_as_text)]
Signals = Annotated[dict[str, Signal], BeforeValidator(_empty_entries)]
