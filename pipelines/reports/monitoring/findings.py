"""Findings and checks of monitoring, with their severity."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from leadlight.pipelines.findings.code import FindingCode

__all__ = ["CRITICAL", "OK", "UNKNOWN", "WARNING", "Check", "Level", "MonitoringFinding", "find_max_severity"]

Level = Literal["unknown", "fine", "look", "act"]
UNKNOWN: Level = "unknown"
OK: Level = "fine"
WARNING: Level = "look"
CRITICAL: Level = "act"
_ORDER = (CRITICAL, WARNING, OK, UNKNOWN)


class MonitoringFinding(NamedTuple):
    """One finding.

    Parameters
    ----------
    level : {"fine", "look", "act"}
        Severity.
    code : FindingCode
        Its kind.
    name : str
        Label of its subject.
    sentence : str
        The finding as a sentence without a full stop.
    figures : dict
        The evidence.
    """

    level: Level
    code: FindingCode
    name: str
    sentence: str
    figures: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, with ``code`` and ``title``."""
        return self._asdict() | {"code": self.code.code, "title": self.code.title}


class Check(NamedTuple):
    """One check of a scoring run.

    Parameters
    ----------
    name : str
        Label.
    message : str
        Result without findings, or why it could not be judged.
    findings : tuple of MonitoringFinding
        Most severe first.
    judged : bool
        Whether the check could be made.
    """

    name: str
    message: str
    findings: tuple[MonitoringFinding, ...] = ()
    judged: bool = True

    @property
    def level(self) -> Level:
        """Severity of the worst finding; unknown if not judged."""
        return find_max_severity([f.level for f in self.findings] or [OK if self.judged else UNKNOWN])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {**self._asdict(), "findings": [f.to_dict() for f in self.findings], "level": self.level}


def find_max_severity(levels: Iterable[Level]) -> Level:
    """Return the most severe level; unknown without levels."""
    return min(levels, key=_ORDER.index, default=UNKNOWN)
