"""What an audit finds: one sentence, its evidence, and whether training must refuse."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["INFO", "LEAK", "SUSPECT", "Finding", "Severity", "find_max_severity", "format_percent"]

Severity = Literal["leak", "suspect", "note"]
LEAK: Severity = "leak"
SUSPECT: Severity = "suspect"
INFO: Severity = "note"
_ORDER = (LEAK, SUSPECT, INFO)


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    table, column : str
        Where: a table of ``source`` and one of its columns. For an activity type the column is the type;
        for what concerns a whole table it is empty.
    kind : str
        Which evidence it is, such as ``gives_outcome_away``.
    severity : {"leak", "suspect", "note"}
        Training refuses a leak; a suspect is said; a note is about quality, not about leaks.
    sentence : str
        The evidence in words.
    figures : dict
        The evidence in figures.
    """

    table: str
    column: str
    kind: str
    severity: Severity
    sentence: str
    figures: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``audit.json`` holds it, with figures cut to six places."""
        content = asdict(self)
        content["figures"] = {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in self.figures.items()
        }
        return content

    @property
    def rank(self) -> int:
        """Place in a report: leaks first."""
        return _ORDER.index(self.severity)


def find_max_severity(findings: list[Finding]) -> Severity | None:
    """Return the most severe of the severities, or None where nothing was found."""
    return min((f.severity for f in findings), key=_ORDER.index, default=None)


def format_percent(share: float) -> str:
    """Write a share for a sentence; neither nothing nor everything is rounded to."""
    if 0 < share < 0.001:
        return "less than 0.1 %"
    if 0.999 < share < 1:
        return "more than 99.9 %"
    return f"{100 * share:.1f} %".replace(".0 %", " %")
