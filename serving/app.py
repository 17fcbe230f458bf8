"""The web application: JSON API and HTML pages over one score store."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.staticfiles import StaticFiles

from leadlight.serving.allowed_hosts import LOCAL_HOSTS
from leadlight.serving.api import create_api_router
from leadlight.serving.error_handlers import add_error_handlers
from leadlight.serving.lead_page import create_lead_router
from leadlight.serving.middleware import HeadAsGet, NoStore
from leadlight.serving.queue_page import create_queue_router
from leadlight.serving.store import Store

__all__ = ["create_app"]


def create_app(store: Store, allowed_hosts: Sequence[str] = LOCAL_HOSTS) -> FastAPI:
    """Create the web application.

    Parameters
    ----------
    store : Store
        An open store; the caller closes it.
    allowed_hosts : sequence of str
        Hosts that requests may be addressed to, without ports; any other is answered with 400.

    Returns
    -------
    fastapi.FastAPI
    """
    # FastAPI's documentation pages load external scripts; openapi.json stays
    app = FastAPI(
        title="Leadlight",
        description="Scores of leads and the reasons they are made of.",
        docs_url=None,
        redoc_url=None,
    )
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.include_router(create_api_router(store))
    app.include_router(create_queue_router(store))
    app.include_router(create_lead_router(store))
    add_error_handlers(app)
    app.add_middleware(NoStore)
    app.add_middleware(HeadAsGet)
    # last, so first: a page of another site that leads its own name to this machine reads nothing, and no redirect
    # leads to a host that only the request names
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts, www_redirect=False)
    return app
