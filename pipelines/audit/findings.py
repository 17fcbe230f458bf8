"""Findings of the audit: code, sentence, metrics and severity."""

from typing import Any, Literal, NamedTuple

from leadlight.pipelines.findings.code import FindingCode

__all__ = ["INFO", "LEAK", "SUSPECT", "Finding", "Severity", "find_max_severity", "list_names", "mark_allowed"]

Severity = Literal["leak", "suspect", "note"]
LEAK: Severity = "leak"
SUSPECT: Severity = "suspect"
INFO: Severity = "note"
_ORDER = (LEAK, SUSPECT, INFO)


class Finding(NamedTuple):
    """A finding of the audit. Training refuses a leak; a suspect is only reported; a note is on data quality."""

    table: str
    column: str  # of ``source``; the type for an activity type, empty for a whole table
    code: FindingCode
    severity: Severity
    sentence: str
    figures: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the content for ``audit.json``; figures have six decimals."""
        figures = {name: round(v, 6) if isinstance(v, float) else v for name, v in self.figures.items()}
        return self._asdict() | {"code": self.code.code, "title": self.code.title, "figures": figures}

    @property
    def rank(self) -> int:
        """Position in a report: leaks first."""
        return _ORDER.index(self.severity)


def find_max_severity(findings: list[Finding]) -> Severity | None:
    """Return the highest severity; None without findings."""
    return min((f.severity for f in findings), key=_ORDER.index, default=None)


def mark_allowed(findings: list[dict[str, Any]], allowed: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """Mark the findings that ``audit.allow`` names.

    Parameters
    ----------
    findings : list of dict
        Of ``audit.json``.
    allowed : tuple of (code, place)
        A place is a column, a type of activity or a table, with or without its table before it.

    Returns
    -------
    list of dict
        The same findings with ``allowed``.
    """
    return [
        finding
        | {
            "allowed": any(
                code == finding["code"] and place in list_names(finding["table"], finding["column"])
                for code, place in allowed
            )
        }
        for finding in findings
    ]


def list_names(table: str, column: str) -> set[str]:
    """Return what ``audit.allow`` may call a place: the column or type, with or without its table, or the table."""
    return {column, f"{table}.{column}"} if column else {table}
