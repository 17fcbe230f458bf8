"""Findings in the order and grouping in which a person reads them, in the terminal as on the page."""

from dataclasses import dataclass
from typing import Any

from leadlight.pipelines.audit.findings import INFO, LEAK, SUSPECT

__all__ = ["GroupedFindings", "group_findings"]

#: kinds that are said once for all their columns
TOGETHER = {
    "constant": "One value only",
    "mostly_constant": "Nearly always the same value",
    "empty": "Empty",
    "known_by_day": "Known by the day alone, so that nobody can tell what came first on a day",
}


@dataclass(frozen=True)
class GroupedFindings:
    """What is said of one severity.

    Parameters
    ----------
    places : int
        Columns, types and tables it is said of.
    each : list of (str, str)
        A place and everything found there.
    together : list of (str, str)
        What several columns have in common, and which they are.
    """

    places: int
    each: list[tuple[str, str]]
    together: list[tuple[str, str]]


def group_findings(findings: list[dict[str, Any]]) -> dict[str, GroupedFindings]:
    """Group findings, as ``audit.json`` holds them, by severity and place; of a leak nothing is said twice.

    What is suspect of a column that is a leak anyway stays in the file, and is left out here.
    """
    leaks = {_place(f) for f in findings if f["severity"] == LEAK}
    by_severity = {}
    for severity in (LEAK, SUSPECT, INFO):
        found = [f for f in findings if f["severity"] == severity]
        if severity == SUSPECT:
            found = [f for f in found if _place(f) not in leaks]
        if found:
            by_severity[str(severity)] = _told(found)
    return by_severity


def _told(found: list[dict[str, Any]]) -> GroupedFindings:
    each: dict[str, list[str]] = {}
    for finding in found:
        if finding["kind"] not in TOGETHER:
            each.setdefault(_place(finding), []).append(finding["sentence"])
    together = {words: [_place(f) for f in found if f["kind"] == kind] for kind, words in TOGETHER.items()}
    return GroupedFindings(
        places=len({_place(f) for f in found}),
        each=[(place, "; ".join(sentences)) for place, sentences in each.items()],
        together=[(words, ", ".join(places)) for words, places in together.items() if places],
    )


def _place(finding: dict[str, Any]) -> str:
    return f"{finding['table']}.{finding['column']}" if finding["column"] else str(finding["table"])
