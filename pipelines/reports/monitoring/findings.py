"""What a watch finds: one sentence, its figures, and whether somebody must act."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = [
    "BLANK",
    "CRITICAL",
    "OK",
    "UNKNOWN",
    "WARNING",
    "Check",
    "Level",
    "MonitoringFinding",
    "find_max_severity",
    "format_number",
    "format_percent",
]

Level = Literal["unknown", "fine", "look", "act"]
UNKNOWN: Level = "unknown"
OK: Level = "fine"
WARNING: Level = "look"
CRITICAL: Level = "act"
BLANK = "\N{NO-BREAK SPACE}"
_ORDER = (CRITICAL, WARNING, OK, UNKNOWN)


@dataclass(frozen=True)
class MonitoringFinding:
    """One thing that was found.

    Parameters
    ----------
    level : {"fine", "look", "act"}
        Whether it is to be looked at, or to be acted upon.
    name : str
        What it is about, as a person calls it.
    sentence : str
        What was found, in words, without a full stop.
    figures : dict
        The evidence.
    """

    level: Level
    name: str
    sentence: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One of the questions that are asked after every night.

    Parameters
    ----------
    name : str
        The question in two words.
    message : str
        Its answer where nothing was found, or why it cannot be answered.
    findings : tuple of Finding
        What was found, worst first.
    judged : bool
        Whether it could be answered.
    """

    name: str
    message: str
    findings: tuple[MonitoringFinding, ...] = ()
    judged: bool = True

    @property
    def level(self) -> Level:
        """The worst of its findings; unknown where the question could not be answered."""
        return find_max_severity([f.level for f in self.findings] or [OK if self.judged else UNKNOWN])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {**asdict(self), "level": self.level}


def find_max_severity(levels: Iterable[Level]) -> Level:
    """Return the most severe level; unknown where there is none."""
    return min(levels, key=_ORDER.index, default=UNKNOWN)


def format_percent(share: float) -> str:
    """Write a share for a sentence: 0.4 %, 12 %; the blank is one that no line breaks at."""
    if 0 < share < 0.001:
        return f"under 0.1{BLANK}%"
    return f"{100 * share:.1f}{BLANK}%".replace(".0", "") if share < 0.1 else f"{100 * share:.0f}{BLANK}%"


def format_number(number: float) -> str:
    """Write a number with at most four digits."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"
