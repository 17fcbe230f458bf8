"""Errors of the registry, as sentences."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from leadlight.features.errors import BundleError

__all__ = ["NoModelError", "convert_errors", "hide_password", "make_no_model_error"]


class NoModelError(BundleError):
    """The registry holds no model yet."""


def make_no_model_error(alias: str, uri: str) -> NoModelError:
    """Return the error for a registry without a model of that alias."""
    return NoModelError(
        f"The registry must hold a model with the alias {alias}. Got none at {hide_password(uri)}: "
        "run `leadlight register` first."
    )


def _make_unreachable_error(uri: str, error: Exception) -> BundleError:
    """Return the error for a registry that cannot be reached or is damaged."""
    reason = " ".join(str(getattr(error, "orig", None) or error).split("\n")[0].split())
    # messages of urllib3 are long; the cause is their last part
    cause = re.search(r"(?:refused|timed out|[Nn]ame or service not known|[Nn]ame resolution|unreachable)", reason)
    problem = f"no answer ({cause.group().lower()})" if cause else reason[:200].rstrip(".")
    # MLflow creates tables again where it does not find all of them
    hint = (
        ": its creation was interrupted. Move the file away and run `leadlight register` again"
        if uri.startswith("sqlite:") and "already exists" in problem
        else ""
    )
    return BundleError(f"The registry must be reachable and whole. Got {problem} at {hide_password(uri)}{hint}.")


@contextmanager
def convert_errors(uri: str) -> Iterator[None]:
    """Convert errors of MLflow, its database and the network to a BundleError."""
    # not before the registry has set what MLflow reads when it is imported
    from mlflow.exceptions import MlflowException
    from requests.exceptions import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, RequestException) as error:
        raise _make_unreachable_error(uri, error) from None


def hide_password(uri: str) -> str:
    """Remove user and password from an address."""
    return re.sub(r"//[^/@]*@", "//", uri)
