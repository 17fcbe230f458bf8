"""The names of candidates: built-in modules by their file name, others by entry points of packages.

A name in ``training.candidates`` may carry an argument after a colon, such as ``sklearn:module:function``.
Nothing is imported here, so that params are checked fast; :mod:`.registry` imports.
"""

import pkgutil
from importlib import metadata
from pathlib import Path

__all__ = ["GROUP", "find_problem", "list_built_in", "list_candidates"]

#: group of entry points by which a package adds candidates
GROUP = "leadlight.candidates"


def list_candidates() -> tuple[str, ...]:
    """Return the names of all candidates that are built in or added by installed packages, sorted."""
    return tuple(sorted({*list_built_in(), *(entry.name for entry in metadata.entry_points(group=GROUP))}))


def find_problem(name: str) -> str | None:
    """Return what is wrong with a name in params, as the end of a sentence, or None; imports no candidate."""
    kind, colon, argument = name.partition(":")
    known = kind in list_built_in() or bool(metadata.entry_points(group=GROUP, name=kind))
    if not known:
        return (
            f"must be one of {', '.join(list_candidates())}, or the name of a candidate that an installed package "
            f"adds by an entry point of the group {GROUP}. Got {name}"
        )
    if colon and not argument:
        return f"must have something after the colon. Got {name}"
    return None


def list_built_in() -> tuple[str, ...]:
    """Return the names of the candidates that come with Leadlight, sorted."""
    return tuple(module.name for module in pkgutil.iter_modules([str(Path(__file__).with_name("built_in"))]))
