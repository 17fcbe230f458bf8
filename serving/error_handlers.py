"""Error handlers: one sentence, as JSON or as a page."""

import logging
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

_LOG = logging.getLogger(__name__)

_RULES = {
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "int_parsing": "a whole number",
    "literal_error": "one of {expected}",
}


def add_error_handlers(app: FastAPI) -> None:
    """Add handlers that answer every error with one sentence.

    Parameters
    ----------
    app : fastapi.FastAPI
    """

    @app.exception_handler(RequestError)
    def handle_request_error(request: Request, error: RequestError) -> Response:
        language = negotiate_language(request, strict=False)
        known = error.key in load_messages(language)
        message = translate(language, error.key, value=error.value) if known else error.key
        return _respond(request, error.status, message)

    @app.exception_handler(RequestValidationError)
    def handle_validation_error(request: Request, error: RequestValidationError) -> Response:
        return _respond(request, 422, _format_message(error.errors()[0]))

    @app.exception_handler(LeadlightError)
    def handle_leadlight_error(request: Request, error: LeadlightError) -> Response:
        # names address and user of the database: for the operator alone
        _LOG.error("%s", error)
        return _respond(request, 503, translate(negotiate_language(request, strict=False), "error.store"))

    @app.exception_handler(HTTPException)
    def handle_http_error(request: Request, error: HTTPException) -> Response:
        message = {
            404: f"The path of the request must be one that is served. Got {request.url.path}.",
            405: f"The method of the request must be GET or HEAD. Got {request.method}.",
        }.get(error.status_code, str(error.detail))
        return _respond(request, error.status_code, message, error.headers)


def _format_message(problem: Mapping[str, Any]) -> str:
    context = problem.get("ctx", {})
    rule = _RULES.get(problem["type"], "of another kind").format(**context)
    return f"The {problem['loc'][-1]} of the request must be {rule}. Got {problem['input']}."


def _respond(request: Request, status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    if request.url.path.startswith(("/api", "/health", "/openapi")):
        return JSONResponse({"error": message}, status_code=status, headers=dict(headers or {}))
    language = negotiate_language(request, strict=False)
    page = render_page(request, "error.html", language, None, status=status, sentence=message)
    page.headers.update(headers or {})
    return page
