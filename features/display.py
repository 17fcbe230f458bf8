"""How reasons show feature families. Free of ibis, so that models and serving may import it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

__all__ = ["WINDOWS", "Display", "find_role", "select_counts"]

#: windows of the counts, in days
WINDOWS = (7, 30, 90)

_T = TypeVar("_T")


@dataclass(frozen=True)
class Display:
    """How reasons show the value of one feature family.

    Parameters
    ----------
    role : str
        ``value`` (an attribute), ``code`` (parsed from an attribute), ``age`` (days since creation),
        ``count`` (times in `window_days`), ``recency`` (days since the last time), ``silence`` (days without
        reaction, 0 if the lead reacted), ``elapsed`` (days, without words); or a detail behind the counts:
        ``tally`` (a whole number), ``amount`` (any other number), ``trend`` (log of a ratio).
    window_days : int, optional
        Window of a count or a detail.
    wording : str, optional
        Message key of a detail; without one it reads "label: value".
    label : dict of str to str
        Name of the family in each language.
    min_shown : float
        Smallest tally with words.
    signals_only : bool
        Whether activity as a whole does not show it.
    """

    role: Literal["value", "code", "age", "count", "recency", "silence", "elapsed", "tally", "amount", "trend"]
    window_days: int | None = None
    wording: str | None = None
    label: dict[str, str] = field(default_factory=dict)
    min_shown: float = 1.0
    signals_only: bool = False

    @property
    def grows_daily(self) -> bool:
        """Whether the value grows by one per day without any event."""
        return self.role in ("age", "recency", "silence", "elapsed")


def find_role(displays: Mapping[str, Display], role: str) -> str | None:
    """Return the first family with a role, None if there is none."""
    return next((family for family, display in displays.items() if display.role == role), None)


def select_counts(values: Mapping[str, _T], displays: Mapping[str, Display]) -> dict[int, _T]:
    """Select the counts among values by family.

    Returns
    -------
    dict
        Window in days -> value, the shortest window first.
    """
    counts = {
        display.window_days: values[family]
        for family, display in displays.items()
        if display.role == "count" and display.window_days is not None and family in values
    }
    return dict(sorted(counts.items()))
