"""Errors over HTTP: one sentence, as JSON or as a page."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from leadlight.features.errors import LeadlightError
from leadlight.serving.rendering import render_page
from leadlight.serving.request_params import RequestError, negotiate_language
from leadlight.serving.text.messages import load_messages, translate

__all__ = ["add_error_handlers"]

_RULES = {
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "int_parsing": "a whole number",
    "literal_error": "one of {expected}",
}


def add_error_handlers(app: FastAPI) -> None:
    """Teach an application to answer every error with one sentence.

    Parameters
    ----------
    app : fastapi.FastAPI
    """

    @app.exception_handler(RequestError)
    def refused(request: Request, error: RequestError) -> Response:
        language = negotiate_language(request, strict=False)
        known = error.key in load_messages(language)
        sentence = translate(language, error.key, value=error.value) if known else error.key
        return _answer(request, error.status, sentence)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        return _answer(request, 422, _sentence(error.errors()[0]))

    @app.exception_handler(LeadlightError)
    def unavailable(request: Request, error: LeadlightError) -> Response:
        return _answer(request, 503, str(error))

    @app.exception_handler(HTTPException)
    def other(request: Request, error: HTTPException) -> Response:
        sentence = {
            404: f"The path of the request must be one that is served. Got {request.url.path}.",
            405: f"The method of the request must be GET. Got {request.method}.",
        }.get(error.status_code, str(error.detail))
        return _answer(request, error.status_code, sentence, error.headers)


def _sentence(problem: Mapping[str, Any]) -> str:
    context = problem.get("ctx", {})
    rule = _RULES.get(problem["type"], "of another kind").format(**context)
    return f"The {problem['loc'][-1]} of the request must be {rule}. Got {problem['input']}."


def _answer(
    request: Request, status: int, sentence: str, headers: Mapping[str, str] | None = None
) -> Response:
    if request.url.path.startswith(("/api", "/health", "/openapi")):
        return JSONResponse({"error": sentence}, status_code=status, headers=dict(headers or {}))
    language = negotiate_language(request, strict=False)
    page = render_page(request, "error.html", language, None, status=status, sentence=sentence)
    page.headers.update(headers or {})
    return page
