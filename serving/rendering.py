"""Renders Jinja templates with the context shared by all pages."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.formatting import format_signed
from leadlight.serving.text.labels import describe_agreement, describe_model_tier, describe_policy
from leadlight.serving.text.messages import LANGUAGES, translate, translate_plural

__all__ = ["build_lead_path", "build_url", "render_page"]

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

# no external resources and no scripts, whatever a lead's data contain; forms go to these pages alone
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
}


def build_lead_path(lead_id: str) -> str:
    """Build the path of a lead's page; the id is percent-encoded."""
    return f"/leads/{quote(lead_id, safe='')}"


def build_url(path: str, **query: object) -> str:
    """Build a URL of a path and the query values that are not None."""
    parameters = {key: value for key, value in query.items() if value is not None}
    return f"{path}?{urlencode(parameters)}" if parameters else path


def render_page(
    request: Request, template: str, language: str, words: PresentationContext | None, status: int = 200, **values: Any
) -> HTMLResponse:
    """Render a page.

    Parameters
    ----------
    request : fastapi.Request
    template : str
        Name of a file in ``serving/templates``.
    language : str
    words : PresentationContext or None
        Of the run shown; None if there is none.
    status : int
        HTTP status code.
    **values
        Variables of the template.

    Returns
    -------
    fastapi.responses.HTMLResponse
    """
    path = quote(request.url.path if "lead_id" not in request.path_params else "", safe="/")
    if "lead_id" in request.path_params:
        path = build_lead_path(request.path_params["lead_id"])
    query = {key: value for key, value in request.query_params.items() if key != "language"}
    switch = [(code, translate(code, "language.name"), build_url(path, **query, language=code)) for code in LANGUAGES]
    agreement = describe_agreement(words, language) if words else None
    html = _TEMPLATES.get_template(template).render(
        language=language,
        switch=switch,
        words=words,
        agreement=agreement,
        policy=describe_policy(words, language) if words else [],
        model_tier=describe_model_tier(words, language) if words else (True, ""),
        t=lambda key, **filled: translate(language, key, **filled),
        tn=lambda key, count, **filled: translate_plural(language, key, count, **filled),
        signed=format_signed,
        **values,
    )
    headers = {**_HEADERS, "Content-Language": language}
    return HTMLResponse(html, status_code=status, headers=headers)
