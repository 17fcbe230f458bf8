"""Findings of the audit: sentence, metrics and severity."""

from typing import Any, Literal, NamedTuple

__all__ = ["INFO", "LEAK", "SUSPECT", "Finding", "Severity", "find_max_severity"]

Severity = Literal["leak", "suspect", "note"]
LEAK: Severity = "leak"
SUSPECT: Severity = "suspect"
INFO: Severity = "note"
_ORDER = (LEAK, SUSPECT, INFO)


class Finding(NamedTuple):
    """A finding of the audit. Training refuses a leak; a suspect is only reported; a note is on data quality."""

    table: str
    column: str  # of ``source``; the type for an activity type, empty for a whole table
    kind: str  # of evidence, such as ``gives_outcome_away``
    severity: Severity
    sentence: str
    figures: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the content for ``audit.json``; figures have six decimals."""
        figures = {name: round(v, 6) if isinstance(v, float) else v for name, v in self.figures.items()}
        return self._asdict() | {"figures": figures}

    @property
    def rank(self) -> int:
        """Position in a report: leaks first."""
        return _ORDER.index(self.severity)


def find_max_severity(findings: list[Finding]) -> Severity | None:
    """Return the highest severity; None without findings."""
    return min((f.severity for f in findings), key=_ORDER.index, default=None)
