"""Group findings by severity and place, for terminal and page."""

from typing import Any, NamedTuple

from leadlight.pipelines.audit.findings import INFO, LEAK, SUSPECT

__all__ = ["GroupedFindings", "format_place", "group_findings"]

#: codes reported once for all their columns
TOGETHER = {
    "LL118": "LL118 One value only",
    "LL119": "LL119 Nearly always the same value",
    "LL117": "LL117 Empty",
    "LL125": "LL125 Known by the day alone; what came first on a day is not known",
}


class GroupedFindings(NamedTuple):
    """Findings of one severity."""

    places: int  # number of columns, types and tables
    each: list[tuple[str, str]]  # place, and its sentences
    together: list[tuple[str, str]]  # shared sentence, and its columns


def group_findings(findings: list[dict[str, Any]]) -> dict[str, GroupedFindings]:
    """Group findings of ``audit.json`` by severity and place, without suspects of columns that are leaks."""
    leaks = {format_place(f) for f in findings if f["severity"] == LEAK}
    by_severity = {}
    for severity in (LEAK, SUSPECT, INFO):
        selected = [f for f in findings if f["severity"] == severity]
        if severity == SUSPECT:
            selected = [f for f in selected if format_place(f) not in leaks]
        if selected:
            by_severity[str(severity)] = _group(selected)
    return by_severity


def _group(findings: list[dict[str, Any]]) -> GroupedFindings:
    each: dict[str, list[str]] = {}
    for finding in findings:
        if finding["code"] not in TOGETHER:
            each.setdefault(format_place(finding), []).append(_format_sentence(finding))
    together = {words: [format_place(f) for f in findings if f["code"] == code] for code, words in TOGETHER.items()}
    return GroupedFindings(
        places=len({format_place(f) for f in findings}),
        each=[(f"{place}:" if s[0][0].isdigit() else place, "; ".join(s)) for place, s in each.items()],
        together=[(words, ", ".join(places)) for words, places in together.items() if places],
    )


def _format_sentence(finding: dict[str, Any]) -> str:
    return f"{finding['sentence']} ({finding['code']}{', allowed' if finding['allowed'] else ''})"


def format_place(finding: dict[str, Any]) -> str:
    """Return ``leads.industry`` for a column or a type, ``deals`` for a whole table."""
    return f"{finding['table']}.{finding['column']}" if finding["column"] else str(finding["table"])
