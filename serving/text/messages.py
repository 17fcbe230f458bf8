"""Messages: one JSON file per language, plural forms by Babel."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel import Locale
from babel.numbers import format_decimal

from leadlight.features.errors import ParamsError

__all__ = [
    "LANGUAGES",
    "get_locale",
    "load_messages",
    "translate",
    "translate_or",
    "translate_plural",
    "validate_language",
]

_FOLDER = Path(__file__).parent.parent / "messages"

LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))
"""Available languages: the files of ``serving/messages``."""


def validate_language(language: str) -> str:
    """Return a language that has messages.

    Raises
    ------
    ParamsError
        If it has none.
    """
    if language not in LANGUAGES:
        raise ParamsError(f"The language must be one of {', '.join(LANGUAGES)}. Got {language}.")
    return language


@cache
def get_locale(language: str) -> Locale:
    """Return Babel's locale of a language."""
    return Locale.parse(language)


@cache
def load_messages(language: str) -> Mapping[str, str | Mapping[str, str]]:
    """Read the messages of a language by key: a text, or one per plural form."""
    text = (_FOLDER / f"{language}.json").read_text(encoding="utf-8")
    messages: dict[str, str | dict[str, str]] = json.loads(text)
    return messages


def translate(language: str, key: str, **values: object) -> str:
    """Format a message without plural forms.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    key : str
        Key of the message; an unknown key is a KeyError.
    **values
        Fields of the message.

    Returns
    -------
    str
    """
    message = load_messages(language)[key]
    if not isinstance(message, str):
        raise TypeError(f"The message {key} must have no plural forms. Got some.")
    return message.format(**values)


def translate_plural(language: str, key: str, count: float, **values: object) -> str:
    """Format the plural form of a message for a count.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    key : str
        Key of a message with plural forms.
    count : float
        Selects the form, and is the field ``{count}`` in the format of the language.
    **values
        Further fields of the message.

    Returns
    -------
    str
    """
    forms = load_messages(language)[key]
    if isinstance(forms, str):
        raise TypeError(f"The message {key} must have plural forms. Got one text.")
    form = forms.get(get_locale(language).plural_form(count), forms["other"])
    return form.format(count=format_decimal(count, locale=get_locale(language)), **values)


def translate_or(language: str, key: str, otherwise: str) -> str:
    """Return a message without fields, or a default text if there is none."""
    message = load_messages(language).get(key, otherwise)
    return message if isinstance(message, str) else otherwise
