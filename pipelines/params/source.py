"""Where the tables come from and what their columns are called: the ``source`` section."""

import difflib
import itertools
import zoneinfo
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

__all__ = [
    "ActivitiesTable",
    "Consent",
    "DealsTable",
    "FrozenModel",
    "HistoryTable",
    "LeadsTable",
    "Outcome",
    "Source",
    "StagesTable",
    "Status",
    "TimeColumn",
    "convert_scalar_to_text",
]


class FrozenModel(BaseModel):
    """A plain record of params: frozen, and with no key that nobody declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def convert_scalar_to_text(value: Any) -> Any:
    """Read a scalar as the text it stands for in a file, so that ``won: [1]`` matches the text 1."""
    if isinstance(value, bool):
        return str(value)
    return str(value) if isinstance(value, (int, float)) else value


Text = Annotated[str, BeforeValidator(convert_scalar_to_text)]


def _directives(form: str) -> set[str]:
    return {letter for mark, letter in itertools.pairwise(form) if mark == "%"}


class TimeColumn(FrozenModel):
    """A column of times and how its text is to be read."""

    column: str = Field(description="Name of the column.")
    format: str | None = Field(
        None,
        description="strptime format of a text column, or ISO8601; a column typed as time needs none.",
    )
    by_day: bool | None = Field(
        None, description="Whether only the day is known; left out, a format without hours says so."
    )

    @property
    def is_by_day(self) -> bool:
        """Whether only the day of these times is known."""
        if self.by_day is not None:
            return self.by_day
        return (
            self.format is not None
            and self.format != "ISO8601"
            and not set("HIcXsT") & _directives(self.format)
        )


def _column_alone(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Time = Annotated[TimeColumn, BeforeValidator(_column_alone)]


class Consent(FrozenModel):
    """Consent to be contacted by marketing."""

    column: str = Field(description="Name of the column.")
    granted: tuple[Text, ...] = Field(description="Values that mean that consent was given.", min_length=1)


class Outcome(FrozenModel):
    """The outcome column of a flat export."""

    column: str = Field(description="Name of the column.")
    won: tuple[Text, ...] = Field(description="Values that mean won.", min_length=1)
    lost: tuple[Text, ...] = Field((), description="Values that mean lost for good; other leads stay open.")


class Status(FrozenModel):
    """How a deal ended. A won-only table has none."""

    column: str = Field(description="Name of the column.")
    won: tuple[Text, ...] = Field(description="Values that mean won.", min_length=1)
    lost: tuple[Text, ...] = Field((), description="Values that mean lost.")


class _Table(FrozenModel):
    path: str = Field(
        description="CSV, CSV.GZ or Parquet file relative to the params file, or a table of source.database."
    )
    delimiter: str = Field(",", description="Delimiter of a CSV file: one character.")
    encoding: str = Field("utf-8", description="Encoding of a CSV file.")
    lead_id: str = Field(description="Column of the lead's key.")

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        if len(value) != 1:
            raise ValueError(f'must be one character ("\\t" in double quotes for a tab). Got {value!r}')
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except (LookupError, ValueError):
            raise ValueError(f"must be an encoding such as utf-8 or latin-1. Got {value!r}") from None
        return value


class LeadsTable(_Table):
    """One row a lead."""

    created_at: Time | None = Field(None, description="When the lead was created.")
    order: str | None = Field(
        None, description="A number that grows with time, where an export has no dates."
    )
    consent: Consent | None = Field(None, description="Consent to marketing contact.")
    owner: str | None = Field(None, description="Column of the person or team who looks after the lead.")
    outcome: Outcome | None = Field(None, description="Outcome column of a flat export.")

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if self.created_at is not None and self.order is not None:
            raise ValueError("must name created_at or order, not both. Got both")
        return self


class ActivitiesTable(_Table):
    """One row a thing that a lead did or that was done to it."""

    occurred_at: Time = Field(description="When it happened.")
    type: str = Field(description="Column of the activity type.")
    value: str | None = Field(None, description="Column of a number that goes with it.")
    object: str | None = Field(None, description="Column of what it was about: a page, a document.")


class DealsTable(_Table):
    """One row a closed deal."""

    closed_at: Time = Field(description="When the deal was closed.")
    status: Status | None = Field(None, description="Won or lost; left out, every deal is won.")
    amount: str | None = Field(None, description="Column of the amount.")


class HistoryTable(_Table):
    """One row a value that an attribute took."""

    attribute: str = Field(description="Column of the attribute's name.")
    value: str = Field(description="Column of the value.")
    changed_at: Time = Field(description="When the attribute took the value.")


class StagesTable(_Table):
    """One row a stage that a lead entered."""

    stage: str = Field(description="Column of the stage.")
    entered_at: Time = Field(description="When it was entered.")


class Source(FrozenModel):
    """The tables that the customer has, and how they are read."""

    timezone: str = Field("UTC", description="Time zone of times that carry none.")
    missing: tuple[Text, ...] = Field((), description="Texts that mean that a value is not known.")
    database: str | None = Field(None, description="SQLAlchemy URL; then each path is the name of a table.")
    max_bad_share: float = Field(
        0.05, description="Share of rows of one table in quarantine above which the run stops.", ge=0, le=1
    )
    leads: LeadsTable = Field(description="The leads.")
    activities: ActivitiesTable | None = Field(None, description="What the leads did.")
    deals: DealsTable | None = Field(None, description="The closed deals.")
    history: HistoryTable | None = Field(None, description="What attributes were at the time.")
    stages: StagesTable | None = Field(None, description="When leads entered their stages.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the folder Europe alone
            near = difflib.get_close_matches(value, sorted(zoneinfo.available_timezones()), n=1, cutoff=0.9)
            hint = f". Did you mean {near[0]}?" if near else ""
            raise ValueError(f"must be an IANA zone such as Europe/Berlin. Got {value!r}{hint}") from None
        return value

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        if (self.deals is None) == (self.leads.outcome is None):
            got = "none" if self.deals is None else "both"
            raise ValueError(
                f"must name the outcome once: as deals, or as leads.outcome of a flat export. Got {got}"
            )
        dated = (("deals", self.deals), ("activities", self.activities), ("history", self.history))
        if self.leads.created_at is None and (named := [name for name, table in dated if table]):
            raise ValueError(
                "must name leads.created_at where there are deals, activities or a history. "
                f"Got {' and '.join(named)} without it"
            )
        return self
