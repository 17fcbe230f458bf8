"""The tables of ``source``: their columns and formats."""

import itertools
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from leadlight.pipelines.params.base import FrozenModel, Text
from leadlight.pipelines.params.number_marks import NumberMarks
from leadlight.pipelines.params.table_files import AccountsTable, AssociationTable, TableFile

__all__ = [
    "ActivitiesTable",
    "AnyTable",
    "Consent",
    "DealsTable",
    "HistoryTable",
    "LeadsTable",
    "Outcome",
    "StagesTable",
    "Status",
    "TimeColumn",
]


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


class _TableOfLeads(TableFile, NumberMarks):
    lead_id: str = Field(description="Column of the lead's id.")
    through: AssociationTable | None = Field(
        None, description="Table that holds the lead's id, where this one names leads by the id of another record."
    )


class LeadsTable(TableFile, NumberMarks):
    """One row per lead."""

    lead_id: str | None = Field(
        description="Column of the lead's id; null: the number of the row, for a table without ids that stays as it is."
    )
    created_at: Time | None = Field(None, description="Column of the time of creation.")
    order: str | None = Field(None, description="Column that grows with time, where there are no dates.")
    consent: Consent | None = Field(None, description="Column of consent to marketing contact.")
    owner: str | None = Field(None, description="Column of the person or team that owns the lead.")
    outcome: Outcome | None = Field(None, description="Column of the outcome in an export without deals.")
    attributes_from: AccountsTable | None = Field(
        None, description="Table of the leads' accounts, whose columns can be attributes too."
    )

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if self.created_at is not None and self.order is not None:
            raise ValueError("must name created_at or order, not both. Got both")
        return self


class ActivitiesTable(_TableOfLeads):
    """One row per activity of a lead or of sales."""

    occurred_at: Time = Field(description="Column of the time of the activity.")
    type: str | None = Field(None, description="Column of the activity type; or type_is, or flags.")
    type_is: Text | None = Field(None, description="Type of all activities, where no column says it.")
    flags: tuple[Text, ...] = Field(
        (),
        description="Columns of yes and no, or of counts: each that is yes or above 0 is an activity of the type of "
        "its name.",
    )
    value: str | None = Field(None, description="Column of a number, such as a duration.")
    object: str | None = Field(None, description="Column of the object, such as a page or document.")

    @model_validator(mode="after")
    def _one_kind_of_type(self) -> Self:
        given = [name for name in ("type", "type_is", "flags") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"must name one of type, type_is and flags. Got {' and '.join(given) or 'none'}")
        if twice := [name for name in self.flags if self.flags.count(name) > 1]:
            raise ValueError(f"must name each of flags once. Got {twice[0]} twice")
        return self


class DealsTable(_TableOfLeads):
    """One row per closed deal."""

    closed_at: Time = Field(description="Column of the time of closing.")
    status: Status | None = Field(None, description="Column that says won or lost; none: every deal is won.")
    amount: str | None = Field(None, description="Column of the amount.")
    unit: Literal["lead", "deal"] = Field(
        "lead", description="What is scored: lead, closed by its first close; or deal, each deal as a lead of its own."
    )
    deal_id: str | None = Field(None, description="Column of the deal's id; for unit: deal.")
    opened_at: Time | None = Field(
        None,
        description="Column of the time when the deal was opened; a deal opened after a loss reopens the lead. With "
        "unit: deal the time of its creation.",
    )
    reopen_after: float | None = Field(
        None, description="Days after a loss from which on new activity reopens the lead.", ge=0
    )
    reopen_by: tuple[Text, ...] = Field(
        (), description="Activity types that reopen a lead; none: all signals that raise and are not by sales."
    )

    @model_validator(mode="after")
    def _deal_as_lead(self) -> Self:
        if self.unit == "deal":
            for key in ("deal_id", "opened_at", "status"):
                if getattr(self, key) is None:
                    raise ValueError(
                        "must name deal_id, opened_at and status where each deal is scored. "
                        f"Got unit: deal without {key}"
                    )
            if self.reopen_after is not None or self.reopen_by:
                raise ValueError(
                    "must reopen nothing where each deal is scored, because a deal after a loss is another one. "
                    "Got unit: deal with reopen_after or reopen_by"
                )
        return self


class HistoryTable(_TableOfLeads):
    """One row per change of an attribute."""

    attribute: str = Field(description="Column of the attribute's name.")
    value: str = Field(description="Column of the new value.")
    old_value: str | None = Field(None, description="Column of the value before the change.")
    changed_at: Time = Field(description="Column of the time of the change.")


class StagesTable(_TableOfLeads):
    """One row per stage that a lead entered."""

    stage: str = Field(description="Column of the stage.")
    entered_at: Time = Field(description="Column of the time of entering the stage.")
    reopens: tuple[Text, ...] = Field((), description="Stages that reopen a lost lead.")


AnyTable = LeadsTable | ActivitiesTable | DealsTable | HistoryTable | StagesTable
