"""Parses the language and the as-of time of a request."""

import datetime as dt
from typing import Annotated

from babel import negotiate_locale
from fastapi import Query, Request

from leadlight.serving.text.messages import LANGUAGES

__all__ = ["MAX_SEARCH_LENGTH", "OwnerParam", "RequestError", "SearchParam", "negotiate_language", "parse_as_of"]

MAX_SEARCH_LENGTH = 200
SearchParam = Annotated[
    str | None,
    Query(
        max_length=MAX_SEARCH_LENGTH,
        description="Only leads with these words in name, company, e-mail address, phone number or id.",
    ),
]
OwnerParam = Annotated[
    str | None, Query(max_length=MAX_SEARCH_LENGTH, description="Only leads of this owner, written as in display.")
]


class RequestError(Exception):
    """An invalid request; answered with one message and a status code.

    Parameters
    ----------
    status : int
        HTTP status code.
    key : str
        Key of the message in the catalogues, or the message itself.
    value : str
        The invalid value.
    """

    def __init__(self, status: int, key: str, value: str = "") -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.value = value


def negotiate_language(request: Request, default: str = "en", strict: bool = True) -> str:
    """Negotiate the language: ``?language=``, else Accept-Language, else the default.

    Parameters
    ----------
    request : fastapi.Request
    default : str
        Used if the request names no available language.
    strict : bool
        Whether an unknown ``?language=`` raises; error pages accept it.

    Returns
    -------
    str
        One of `LANGUAGES`.

    Raises
    ------
    RequestError
        422 for an unknown ``?language=``.
    """
    requested = request.query_params.get("language")
    if requested in LANGUAGES:
        return requested
    if requested is not None and strict:
        message = f"The language of the request must be one of {', '.join(LANGUAGES)}. Got {requested}."
        raise RequestError(422, message)
    accepted = _parse_accept_language(request.headers.get("accept-language", ""))
    fallback = default if default in LANGUAGES else "en"
    return negotiate_locale(accepted, LANGUAGES, sep="-") or fallback


def parse_as_of(text: str | None) -> dt.datetime | None:
    """Parse ``as_of``.

    Parameters
    ----------
    text : str or None
        ISO date or time; UTC if it has no time zone.

    Returns
    -------
    datetime or None
        Naive, UTC.

    Raises
    ------
    RequestError
        422 if it is neither.
    """
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        message = f"The as_of of the request must be a date or time like 2025-09-01T00:00:00. Got {text}."
        raise RequestError(422, message) from None


def _parse_accept_language(header: str) -> list[str]:
    weighted = []
    for position, part in enumerate(header.split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            quality = 0.0
        if tag and tag != "*" and quality > 0:
            weighted.append((-quality, position, tag))
    tags = [tag for _, _, tag in sorted(weighted)]
    # de-AT falls back to de at the same position
    return [code for tag in tags for code in dict.fromkeys((tag, tag.split("-")[0]))]
