"""The ``source`` section of params: the tables, and how all of them are read."""

import difflib
import re
import zoneinfo
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from leadlight.pipelines.params.base import Text
from leadlight.pipelines.params.number_marks import NumberMarks
from leadlight.pipelines.params.tables import ActivitiesTable, DealsTable, HistoryTable, LeadsTable, StagesTable

__all__ = ["VARIABLE", "Source"]

#: stands for a variable of the environment
VARIABLE = re.compile(r"\$\{(\w+)\}")


class Source(NumberMarks):
    """The source tables and how to read them; keys for numbers hold for tables that have none of their own."""

    timezone: str = Field("UTC", description="IANA time zone of times without one.")
    missing: tuple[Text, ...] = Field((), description="Texts that mean a missing value.")
    database: str | None = Field(
        None,
        description="Address of a database, such as `postgresql+psycopg://host/crm`, `sqlite:///crm.db`, "
        "`duckdb:///crm.duckdb` or `snowflake://...`; then each path is the name of a table, or a file with a query. "
        "Passwords come from the environment: `${NAME}` is replaced with the variable NAME.",
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
        named = [text for key, text in url.query.items() if key.casefold() in {"password", "passwd", "pwd", "token"}]
        if any(not VARIABLE.fullmatch(str(secret)) for secret in [*named, url.password] if secret):
            raise ValueError(
                "must be without a password, which DVC would copy to dvc.lock: write the name of a variable of the "
                "environment in its place, such as ${CRM_PASSWORD}, or leave it to the driver, for PostgreSQL to "
                "PGPASSWORD. Got one"
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
    def _no_stage_reopens_a_deal(self) -> Self:
        if self.deals and self.deals.unit == "deal" and self.stages and self.stages.reopens:
            raise ValueError(
                "must reopen nothing where each deal is scored, because a deal after a loss is another one. "
                "Got unit: deal with stages.reopens"
            )
        return self

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        if (self.deals is None) == (self.leads.outcome is None):
            got = "none" if self.deals is None else "both"
            raise ValueError(f"must name the outcome once: as deals, or as leads.outcome of a flat export. Got {got}")
        dated = (("deals", self.deals), ("activities", self.activities), ("history", self.history))
        others = [name for name, table in (*dated, ("stages", self.stages)) if table]
        if self.leads.lead_id is None and others:
            raise ValueError(
                f"must name leads.lead_id, by which other tables name leads. Got {' and '.join(others)} without it"
            )
        if self.leads.created_at is None and (named := [name for name, table in dated if table]):
            raise ValueError(
                "must name leads.created_at where there are deals, activities or a history. "
                f"Got {' and '.join(named)} without it"
            )
        return self
