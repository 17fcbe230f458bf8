"""Columns and activity types that may have been written after the outcome was known."""

from typing import Any, NamedTuple

from leadlight.pipelines.audit.findings import LEAK, SUSPECT

__all__ = ["LeakageSuspects", "find_suspects"]


class LeakageSuspects(NamedTuple):
    """Evidence by column of leads (`leaks` stop training, `doubts` do not) and by activity type (leaks)."""

    leaks: dict[str, str]
    doubts: dict[str, str]
    types: dict[str, str]


def find_suspects(report: dict[str, Any]) -> LeakageSuspects:
    """Return the suspects of the audit of a draft, see :func:`.build_report`."""
    # reversed, so that the first and strongest finding of a column wins
    findings = report["findings"][::-1]

    def select_sentences(table: str, severity: str) -> dict[str, str]:
        return {
            entry["column"]: entry["sentence"]
            for entry in findings
            if (entry["table"], entry["severity"]) == (table, severity)
        }

    leaks = select_sentences("leads", LEAK)
    suspects = select_sentences("leads", SUSPECT)
    doubts = {column: sentence for column, sentence in suspects.items() if column not in leaks}
    return LeakageSuspects(leaks, doubts, select_sentences("activities", LEAK))
