"""The messages of each language: one JSON file a language, plural forms picked by Babel."""

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
"""Languages that can be asked for; another one is another file in ``serving/messages``."""


def validate_language(language: str) -> str:
    """Return a language that there are messages for.

    Raises
    ------
    ParamsError
        If there are none.
    """
    if language not in LANGUAGES:
        raise ParamsError(f"The language must be one of {', '.join(LANGUAGES)}. Got {language}.")
    return language


@cache
def get_locale(language: str) -> Locale:
    """Give Babel's locale of a language."""
    return Locale.parse(language)


@cache
def load_messages(language: str) -> Mapping[str, str | Mapping[str, str]]:
    """Read the catalogue of a language: a message, or one per plural form, by key."""
    text = (_FOLDER / f"{language}.json").read_text(encoding="utf-8")
    catalogue: dict[str, str | dict[str, str]] = json.loads(text)
    return catalogue


def translate(language: str, key: str, **values: object) -> str:
    """Fill a message.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    key : str
        Of a message without plural forms; an unknown key is a KeyError.
    **values
        What the message names in braces.

    Returns
    -------
    str
    """
    message = load_messages(language)[key]
    if not isinstance(message, str):
        raise TypeError(f"The message of {key} must be told with a count. Got none.")
    return message.format(**values)


def translate_plural(language: str, key: str, count: float, **values: object) -> str:
    """Fill the plural form of a message that fits a count.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    key : str
        Of a message with plural forms.
    count : float
        Picks the form, and is written as ``{count}`` in the manner of the language.
    **values
        What else the message names in braces.

    Returns
    -------
    str
    """
    forms = load_messages(language)[key]
    if isinstance(forms, str):
        raise TypeError(f"The message of {key} must have plural forms. Got one form.")
    form = forms.get(get_locale(language).plural_form(count), forms["other"])
    return form.format(count=format_decimal(count, locale=get_locale(language)), **values)


def translate_or(language: str, key: str, otherwise: str) -> str:
    """Give a message, or a text where the catalogue has none: for codes that others choose."""
    message = load_messages(language).get(key, otherwise)
    return message if isinstance(message, str) else otherwise
