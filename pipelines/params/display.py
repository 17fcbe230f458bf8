"""The ``display`` section of params: what people call a lead by. It is shown, and never learned from."""

import re
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from leadlight.pipelines.params.base import FrozenModel

__all__ = ["LEAD_ID", "DisplaySettings"]

#: placeholder of the lead's id in the template of its address
LEAD_ID = "{lead_id}"


def _column_alone(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class DisplaySettings(FrozenModel):
    """Columns of the leads table that are shown to people, and the address of a lead's record."""

    name: Annotated[tuple[str, ...], BeforeValidator(_column_alone)] = Field(
        (), description="Column of the name; several, such as first and last name, are joined by a blank."
    )
    company: str | None = Field(None, description="Column of the company.")
    phone: str | None = Field(None, description="Column of the phone number.")
    email: str | None = Field(None, description="Column of the e-mail address.")
    owner: str | None = Field(
        None, description="Column of the person or team that owns the lead; none: that of source.leads.owner."
    )
    link: str | None = Field(
        None,
        description="Address of the record in the CRM, such as `https://app.example.com/contact/{lead_id}`; the id is "
        "percent-encoded.",
    )

    @property
    def personal_columns(self) -> dict[str, str]:
        """Column -> key of the columns that name or reach a person."""
        keys = {self.phone: "phone", self.email: "email"} | dict.fromkeys(self.name, "name")
        return {column: key for column, key in keys.items() if column is not None}

    @field_validator("link")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None or _is_web_address(value):
            return value
        raise ValueError(
            f"must be an address that begins with https:// or http:// and a host, and has {LEAD_ID} once behind the "
            f"host. Got {value!r}"
        )

    @model_validator(mode="after")
    def _names_something_once(self) -> Self:
        columns = [*self.name, *(c for c in (self.company, self.phone, self.email, self.owner) if c is not None)]
        if not columns and self.link is None:
            raise ValueError("must name at least one column, or a link. Got none")
        if twice := [column for column in columns if columns.count(column) > 1]:
            raise ValueError(f"must name each column once. Got {twice[0]} twice")
        return self


def _is_web_address(template: str) -> bool:
    if template.count(LEAD_ID) != 1 or re.search(r"[\s\\\x00-\x1f\x7f<>\"']", template):
        return False
    try:
        parts = urlsplit(template)
        host = parts.hostname
    except ValueError:
        return False
    rest = template.replace(LEAD_ID, "")
    is_plain = not {"{", "}"} & set(rest) and LEAD_ID not in parts.netloc and "@" not in parts.netloc
    return parts.scheme in ("http", "https") and bool(host) and is_plain
