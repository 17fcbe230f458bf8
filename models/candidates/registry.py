"""The registry of candidates: imports one by the name it has in params or in a saved model."""

from __future__ import annotations

import importlib
from importlib import metadata
from typing import TYPE_CHECKING

from leadlight.features.errors import ParamsError
from leadlight.models.candidates.names import GROUP, find_problem, list_built_in

if TYPE_CHECKING:
    from leadlight.models.candidates.candidate import Candidate

__all__ = ["find_candidate", "find_kind", "find_kind_problem", "find_module"]

BUILT_IN = "leadlight.models.candidates.built_in"
#: kinds of models that are no candidates -> the candidate that loads them
SHARED_KINDS = {"seasonal": "combined"}


def find_candidate(name: str) -> Candidate:
    """Import a candidate by its name.

    Parameters
    ----------
    name : str
        With its argument after a colon, if it has one.

    Raises
    ------
    ParamsError
        If it is not known, known twice, cannot be imported, or its argument has not the right form.
    """
    problem = find_problem(name)
    if problem:
        raise ParamsError(f"A candidate {problem}.")
    kind, _, argument = name.partition(":")
    candidate = _import_class(kind)
    wanted = candidate.takes_argument
    if bool(argument) != bool(wanted):
        form = f"{kind}:{wanted}" if wanted else kind
        raise ParamsError(f"The candidate {kind} must be written as {form}. Got {name}.")
    return candidate(argument)


def find_kind_problem(kind: str) -> str | None:
    """Return what is wrong with the kind of a saved model, as :func:`find_problem`."""
    return find_problem(SHARED_KINDS.get(kind, kind))


def find_kind(kind: str) -> Candidate:
    """Import the candidate that loads a kind of model; raises as :func:`find_candidate`."""
    return _import_class(SHARED_KINDS.get(kind, kind))()


def find_module(kind: str) -> str:
    """Return the module that holds a candidate, without importing it; see :func:`find_candidate`."""
    kind = SHARED_KINDS.get(kind, kind)
    if kind in list_built_in():
        return f"{BUILT_IN}.{kind}"
    return next(entry.module for entry in metadata.entry_points(group=GROUP, name=kind))


def _import_class(kind: str) -> type[Candidate]:
    from leadlight.models.candidates.candidate import Candidate

    entries = list(metadata.entry_points(group=GROUP, name=kind))
    if len(entries) + (kind in list_built_in()) > 1:
        raise ParamsError(f"The candidate {kind} must be defined once. Got more than one package that defines it.")
    if not entries:
        module = importlib.import_module(f"{BUILT_IN}.{kind}")
        public = (getattr(module, name) for name in module.__all__)
        found = next(entry for entry in public if isinstance(entry, type) and issubclass(entry, Candidate))
    else:
        try:
            found = entries[0].load()
        except (ImportError, AttributeError) as error:
            raise ParamsError(
                f"The candidate {kind} must be importable from {entries[0].value}. Got {error}."
            ) from None
    if not (isinstance(found, type) and issubclass(found, Candidate)):
        raise ParamsError(
            f"The candidate {kind} must be a subclass of leadlight.models.candidates.candidate.Candidate. Got {found}."
        )
    return found
