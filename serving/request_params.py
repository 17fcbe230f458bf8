"""What a request asks for: its language and its moment."""

import datetime as dt

from babel import negotiate_locale
from fastapi import Request

from leadlight.serving.text.messages import LANGUAGES

__all__ = ["RequestError", "negotiate_language", "parse_as_of"]


class RequestError(Exception):
    """A request that cannot be answered; becomes one sentence with a status code.

    Parameters
    ----------
    status : int
        HTTP status code.
    key : str
        Of the sentence in the message catalogues; or the sentence itself, where they have none.
    value : str
        What was got.
    """

    def __init__(self, status: int, key: str, value: str = "") -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.value = value


def negotiate_language(request: Request, default: str = "en", strict: bool = True) -> str:
    """Choose the language of an answer: ``?language=``, else Accept-Language, else a default.

    Parameters
    ----------
    request : fastapi.Request
    default : str
        Where the request names none that there is.
    strict : bool
        Whether an unknown ``?language=`` is refused; pages that tell of an error cannot refuse it again.

    Returns
    -------
    str
        One of `LANGUAGES`.

    Raises
    ------
    RequestError
        422 for an unknown ``?language=``.
    """
    asked = request.query_params.get("language")
    if asked in LANGUAGES:
        return asked
    if asked is not None and strict:
        sentence = f"The language of the request must be one of {', '.join(LANGUAGES)}. Got {asked}."
        raise RequestError(422, sentence)
    accepted = _accepted(request.headers.get("accept-language", ""))
    fallback = default if default in LANGUAGES else "en"
    return negotiate_locale(accepted, LANGUAGES, sep="-") or fallback


def parse_as_of(text: str | None) -> dt.datetime | None:
    """Read an ``as_of``.

    Parameters
    ----------
    text : str or None
        ISO date or time; without a zone it is UTC.

    Returns
    -------
    datetime or None
        Naive, UTC.

    Raises
    ------
    RequestError
        422 where it is neither.
    """
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        sentence = f"The as_of of the request must be a date or time like 2025-09-01T00:00:00. Got {text}."
        raise RequestError(422, sentence) from None


def _accepted(header: str) -> list[str]:
    weighed = []
    for position, part in enumerate(header.split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            quality = 0.0
        if tag and tag != "*" and quality > 0:
            weighed.append((-quality, position, tag))
    tags = [tag for _, _, tag in sorted(weighed)]
    # de-AT is answered in de, at its own place in the order
    return [found for tag in tags for found in dict.fromkeys((tag, tag.split("-")[0]))]
