"""A code of a finding, with the words of its page."""

from typing import NamedTuple

__all__ = ["FindingCode"]


class FindingCode(NamedTuple):
    """A kind of finding that a person can look up.

    Parameters
    ----------
    code : str
        ``LL`` and three digits: 1xx audit, 2xx reading the source, 3xx monitoring. Never reused.
    title : str
        What was found, in a few words that follow the code: ``attribute filled after the win``.
    what : str
        What the check compares, with its limit.
    why : str
        What goes wrong if it is ignored.
    look : str
        Where to look first.
    allow : str
        How to allow it, or that it cannot be.
    """

    code: str
    title: str
    what: str
    why: str
    look: str
    allow: str

    def __str__(self) -> str:
        """Code and title, as terminal, pages and log print it."""
        return f"{self.code} {self.title}"
