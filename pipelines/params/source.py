"""The ``source`` section of params: tables, columns and formats."""

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
    """Base of the records of params: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def convert_scalar_to_text(value: Any) -> Any:
    """Convert a scalar to the text of a CSV cell, so that ``won: [1]`` matches the text 1."""
    if isinstance(value, bool):
        return str(value)
    return str(value) if isinstance(value, (int, float)) else value


Text = Annotated[str, BeforeValidator(convert_scalar_to_text)]


def _directives(form: str) -> set[str]:
    return {letter for mark, letter in itertools.pairwise(form) if mark == "%"}


class TimeColumn(FrozenModel):
    """A column of times and the format of its text."""

    column: str = Field(description="Name of the column.")
    format: str | None = Field(None, description="strptime format, or ISO8601; none for a column typed as time.")
    by_day: bool | None = Field(None, description="Whether only the day is known; none: as the format says.")

    @property
    def is_by_day(self) -> bool:
        """Whether only the day of these times is known."""
        if self.by_day is not None:
            return self.by_day
        return self.format is not None and self.format != "ISO8601" and not set("HIcXsT") & _directives(self.format)


def _column_alone(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Time = Annotated[TimeColumn, BeforeValidator(_column_alone)]


class Consent(FrozenModel):
    """Consent to be contacted by marketing."""

    column: str = Field(description="Name of the column.")
    granted: tuple[Text, ...] = Field(description="Values that mean consent.", min_length=1)


class Outcome(FrozenModel):
    """The outcome column of a flat export."""

    column: str = Field(description="Name of the column.")
    won: tuple[Text, ...] = Field(description="Values that mean won.", min_length=1)
    lost: tuple[Text, ...] = Field((), description="Values that mean lost; all other leads stay open.")


class Status(FrozenModel):
    """Column of the result of a deal; a table of won deals has none."""

    column: str = Field(description="Name of the column.")
    won: tuple[Text, ...] = Field(description="Values that mean won.", min_length=1)
    lost: tuple[Text, ...] = Field((), description="Values that mean lost.")


class _Table(FrozenModel):
    path: str = Field(
        description="CSV, CSV.GZ or Parquet file relative to the params file, or a table of source.database."
    )
    delimiter: str = Field(",", description="Delimiter of a CSV file: one character.")
    encoding: str = Field("utf-8", description="Encoding of a CSV file.")
    lead_id: str = Field(description="Column of the lead's id.")

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
    """One row per lead."""

    created_at: Time | None = Field(None, description="Column of the time of creation.")
    order: str | None = Field(None, description="Column that grows with time, where there are no dates.")
    consent: Consent | None = Field(None, description="Column of consent to marketing contact.")
    owner: str | None = Field(None, description="Column of the person or team that owns the lead.")
    outcome: Outcome | None = Field(None, description="Column of the outcome in an export without deals.")

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if self.created_at is not None and self.order is not None:
            raise ValueError("must name created_at or order, not both. Got both")
        return self


class ActivitiesTable(_Table):
    """One row per activity of a lead or of sales."""

    occurred_at: Time = Field(description="Column of the time of the activity.")
    type: str = Field(description="Column of the activity type.")
    value: str | None = Field(None, description="Column of a number, such as a duration.")
    object: str | None = Field(None, description="Column of the object, such as a page or document.")


class DealsTable(_Table):
    """One row per closed deal."""

    closed_at: Time = Field(description="Column of the time of closing.")
    status: Status | None = Field(None, description="Column that says won or lost; none: every deal is won.")
    amount: str | None = Field(None, description="Column of the amount.")


class HistoryTable(_Table):
    """One row per change of an attribute."""

    attribute: str = Field(description="Column of the attribute's name.")
    value: str = Field(description="Column of the new value.")
    changed_at: Time = Field(description="Column of the time of the change.")


class StagesTable(_Table):
    """One row per stage that a lead entered."""

    stage: str = Field(description="Column of the stage.")
    entered_at: Time = Field(description="Column of the time of entering the stage.")


class Source(FrozenModel):
    """The source tables and how to read them."""

    timezone: str = Field("UTC", description="IANA time zone of times without one.")
    missing: tuple[Text, ...] = Field((), description="Texts that mean a missing value.")
    database: str | None = Field(
        None, description="SQLAlchemy URL without a password; then each path is the name of a table."
    )
    max_bad_share: float = Field(
        0.05, description="Share of a table's rows in quarantine above which the run stops.", ge=0, le=1
    )
    max_vanished_share: float = Field(
        0.1, description="Share of the leads of the last run that may be gone without a close.", ge=0, le=1
    )
    leads: LeadsTable = Field(description="The leads.")
    activities: ActivitiesTable | None = Field(None, description="The activities.")
    deals: DealsTable | None = Field(None, description="The closed deals.")
    history: HistoryTable | None = Field(None, description="Changes of attributes over time.")
    stages: StagesTable | None = Field(None, description="Stages that leads entered.")

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

    @field_validator("database")
    @classmethod
    def _without_password(cls, value: str | None) -> str | None:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(value or "")
        except (ArgumentError, ValueError):  # reported where the source is read
            return value
        if url.password or {"password", "passwd", "pwd"} & {key.casefold() for key in url.query}:
            raise ValueError(
                "must be without a password, which DVC would copy to dvc.lock: leave it to the environment, "
                "for PostgreSQL to PGPASSWORD. Got one"
            )
        return value

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        if (self.deals is None) == (self.leads.outcome is None):
            got = "none" if self.deals is None else "both"
            raise ValueError(f"must name the outcome once: as deals, or as leads.outcome of a flat export. Got {got}")
        dated = (("deals", self.deals), ("activities", self.activities), ("history", self.history))
        if self.leads.created_at is None and (named := [name for name, table in dated if table]):
            raise ValueError(
                "must name leads.created_at where there are deals, activities or a history. "
                f"Got {' and '.join(named)} without it"
            )
        return self
