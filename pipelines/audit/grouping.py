"""Group findings by severity and place, for terminal and page."""

from typing import Any, NamedTuple

from leadlight.pipelines.audit.findings import INFO, LEAK, SUSPECT

__all__ = ["GroupedFindings", "group_findings"]

#: kinds reported once for all their columns
TOGETHER = {
    "constant": "One value only",
    "mostly_constant": "Nearly always the same value",
    "empty": "Empty",
    "known_by_day": "Known by the day alone, so that nobody can tell what came first on a day",
}


class GroupedFindings(NamedTuple):
    """Findings of one severity."""

    places: int  # number of columns, types and tables
    each: list[tuple[str, str]]  # place, and its sentences
    together: list[tuple[str, str]]  # shared sentence, and its columns


def group_findings(findings: list[dict[str, Any]]) -> dict[str, GroupedFindings]:
    """Group findings of ``audit.json`` by severity and place, without suspects of columns that are leaks."""
    leaks = {_format_place(f) for f in findings if f["severity"] == LEAK}
    by_severity = {}
    for severity in (LEAK, SUSPECT, INFO):
        selected = [f for f in findings if f["severity"] == severity]
        if severity == SUSPECT:
            selected = [f for f in selected if _format_place(f) not in leaks]
        if selected:
            by_severity[str(severity)] = _group(selected)
    return by_severity


def _group(findings: list[dict[str, Any]]) -> GroupedFindings:
    each: dict[str, list[str]] = {}
    for finding in findings:
        if finding["kind"] not in TOGETHER:
            each.setdefault(_format_place(finding), []).append(finding["sentence"])
    together = {words: [_format_place(f) for f in findings if f["kind"] == kind] for kind, words in TOGETHER.items()}
    return GroupedFindings(
        places=len({_format_place(f) for f in findings}),
        each=[(place, "; ".join(sentences)) for place, sentences in each.items()],
        together=[(words, ", ".join(places)) for words, places in together.items() if places],
    )


def _format_place(finding: dict[str, Any]) -> str:
    return f"{finding['table']}.{finding['column']}" if finding["column"] else str(finding["table"])
