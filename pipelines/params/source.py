"""The ``source`` section of params: tables, columns and formats."""

import difflib
import itertools
import zoneinfo
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from leadlight.pipelines.params.number_marks import NumberMarks

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
    open: tuple[Text, ...] = Field((), description="Values that mean open: such a deal closes no lead.")


class _Table(NumberMarks):
    path: str = Field(
        description="CSV, CSV.GZ or Parquet file relative to the params file, or a table of source.database."
    )
    delimiter: str = Field(",", description="Delimiter of a CSV file: one character.")
    encoding: str = Field("utf-8", description="Encoding of a CSV file.")
    pad_rows: bool = Field(
        False, description="Whether a CSV row that ends early ends in empty cells; otherwise it is left out."
    )
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
    opened_at: Time | None = Field(
        None, description="Column of the time when the deal was opened; a deal opened after a loss reopens the lead."
    )
    reopen_after: float | None = Field(
        None, description="Days after a loss from which on new activity reopens the lead.", ge=0
    )
    reopen_by: tuple[Text, ...] = Field(
        (), description="Activity types that reopen a lead; none: all signals that raise and are not by sales."
    )


class HistoryTable(_Table):
    """One row per change of an attribute."""

    attribute: str = Field(description="Column of the attribute's name.")
    value: str = Field(description="Column of the new value.")
    old_value: str | None = Field(None, description="Column of the value before the change.")
    changed_at: Time = Field(description="Column of the time of the change.")


class StagesTable(_Table):
    """One row per stage that a lead entered."""

    stage: str = Field(description="Column of the stage.")
    entered_at: Time = Field(description="Column of the time of entering the stage.")
    reopens: tuple[Text, ...] = Field((), description="Stages that reopen a lost lead.")


class Source(NumberMarks):
    """The source tables and how to read them; keys for numbers hold for tables that have none of their own."""

    timezone: str = Field("UTC", description="IANA time zone of times without one.")
    missing: tuple[Text, ...] = Field((), description="Texts that mean a missing value.")
    database: str | None = Field(
        None, description="SQLAlchemy URL without a password; then each path is the name of a table."
    )
    max_bad_share: float = Field(
        0.05, description="Share of a table's rows in quarantine above which the run stops.", ge=0, le=1
    )
    max_emptied_share: float = Field(
        0.05, description="Share of a column's values that are no numbers above which the run stops.", ge=0, le=1
    )
    max_lost_win_share: float = Field(
        0.05, description="Share of the won deals in quarantine above which the run stops.", ge=0, le=1
    )
    max_lag_days: float | None = Field(
        None,
        description="Days that deals or activities may end before the other tables in a night; none: 14, or twice "
        "their longest usual gap if that is more.",
        ge=0,
    )
    match_case: bool = Field(
        False,
        description="Whether case counts in values of won, lost, open and granted, and in e-mail addresses as ids.",
    )
    match_ids: tuple[Literal["case", "blanks", "accents", "decimals", "zeros"], ...] = Field(
        (), description="Differences to ignore when the ids of other tables are matched with leads."
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
    def _one_meaning(self) -> Self:
        status = self.deals.status if self.deals else self.leads.outcome
        meanings: dict[str, str] = {}
        for meaning in ("won", "lost", "open"):
            for value in getattr(status, meaning, ()):
                form = value.strip() if self.match_case else value.strip().casefold()
                if meanings.setdefault(form, meaning) != meaning:
                    raise ValueError(
                        f"must name each value of an outcome under one of won, lost and open. Got {value!r} under "
                        f"{meanings[form]} and {meaning}" + ("" if self.match_case else ", without regard to case")
                    )
        return self

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
