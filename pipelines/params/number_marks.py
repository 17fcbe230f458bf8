"""Keys of params that say how numbers are written: decimal, thousands, and locale as a shortcut for both."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["LOCALES", "NumberMarks"]

#: language, or language and country -> decimal mark and thousands separator
LOCALES = {
    "cs": (",", " "), "da": (",", "."), "de": (",", "."), "de-at": (",", "."), "de-ch": (".", "'"), "en": (".", ","),
    "es": (",", "."), "es-mx": (".", ","), "fi": (",", " "), "fr": (",", " "), "it": (",", "."), "ja": (".", ","),
    "nb": (",", " "), "nl": (",", "."), "pl": (",", " "), "pt": (",", "."), "sv": (",", " "), "tr": (",", "."),
    "zh": (".", ","),
}  # fmt: skip


class NumberMarks(BaseModel):
    """How the text of numbers is written."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    decimal: str | None = Field(None, description="Decimal mark of numbers in text, a point or a comma.")
    thousands: str | None = Field(
        None, description="Thousands separator of numbers in text: point, comma, apostrophe or blank."
    )
    locale: str | None = Field(None, description="Language that sets decimal and thousands, such as de or de-CH.")

    @field_validator("decimal")
    @classmethod
    def _point_or_comma(cls, value: str | None) -> str | None:
        if value not in (None, ".", ","):
            raise ValueError(f'must be "." or ",". Got {value!r}')
        return value

    @field_validator("thousands")
    @classmethod
    def _separator(cls, value: str | None) -> str | None:
        if value not in (None, ".", ",", "'", " ", ""):
            raise ValueError(f'must be ".", ",", "\'", " " or "" for none. Got {value!r}')
        return value

    @field_validator("locale")
    @classmethod
    def _known_locale(cls, value: str | None) -> str | None:
        if value is not None and _find_locale(value) is None:
            raise ValueError(f"must begin with one of the languages {', '.join(LOCALES)}. Got {value!r}")
        return value

    @model_validator(mode="after")
    def _different_marks(self) -> Self:
        if self.number_marks is not None and len(set(self.number_marks)) == 1:
            raise ValueError(f"must have a decimal that differs from thousands. Got {self.number_marks[0]!r} for both")
        return self

    @property
    def number_marks(self) -> tuple[str, str] | None:
        """Decimal mark and thousands separator (empty for none); None where no key is given."""
        if self.locale is None and self.decimal is None and self.thousands is None:
            return None
        decimal, thousands = _find_locale(self.locale) or (None, "") if self.locale else (None, "")
        thousands = thousands if self.thousands is None else self.thousands
        decimal = self.decimal or decimal or ("," if thousands == "." else ".")
        return decimal, thousands


def _find_locale(name: str) -> tuple[str, str] | None:
    key = name.casefold().replace("_", "-").split(".")[0]
    return LOCALES.get(key) or LOCALES.get(key.split("-")[0])
