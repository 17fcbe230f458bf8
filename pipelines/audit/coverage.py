"""Findings of reading, wins at once, and allowances without a finding."""

from collections.abc import Iterable

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import INFO, Finding, list_names
from leadlight.pipelines.findings import quality_codes
from leadlight.pipelines.findings.registry import find_code
from leadlight.pipelines.reporting.formatting import format_percent_bounded

__all__ = ["find_coverage_issues", "find_unused_allowances"]

#: share of the wins within a day of creation, and how many
MIN_INSTANT_SHARE, MIN_INSTANT_WINS = 0.05, 5


def find_coverage_issues(dataset: AuditDataset) -> list[Finding]:
    """Find wins within a day of creation, and take over what reading found and left out."""
    return [*_take_reading_findings(dataset), *_count_quarantine(dataset), *_check_instant_wins(dataset)]


def _take_reading_findings(dataset: AuditDataset) -> Iterable[Finding]:
    for entry in dataset.report["findings"]:
        sentence = entry["sentence"].removeprefix(f"{entry['table']} ").rstrip(".")
        yield Finding(entry["table"], "", find_code(entry["code"]), INFO, sentence, {})


def _count_quarantine(dataset: AuditDataset) -> Iterable[Finding]:
    for entry in dataset.report["quarantine"]:
        rows = f"{entry['rows']:,} row{'' if entry['rows'] == 1 else 's'}"
        sentence = f"has {rows} in quarantine: {entry['reason']} ({entry['action']})"
        yield Finding(
            str(entry["table"]), str(entry["column"]), find_code(entry["code"]), INFO, sentence, {"rows": entry["rows"]}
        )


def _check_instant_wins(dataset: AuditDataset) -> Iterable[Finding]:
    outcomes = dataset.report["outcomes"]
    share, wins = outcomes["win_share_within_a_day"], outcomes["wins_within_a_day"]
    if not dataset.dated or share < MIN_INSTANT_SHARE or wins < MIN_INSTANT_WINS:
        return
    sentence = (
        f"hold {wins:,} wins within a day of the creation of their lead, {format_percent_bounded(share)} of all wins: "
        "these leads may have been entered when the deal was made"
    )
    yield Finding("deals", "", quality_codes.INSTANT_WINS, INFO, sentence, {"wins": wins, "share": share})


def find_unused_allowances(findings: list[Finding], allowed: tuple[tuple[str, str], ...]) -> list[Finding]:
    """Find entries of ``audit.allow`` that name no finding."""
    places = {(f.code.code, name) for f in findings for name in list_names(f.table, f.column)}
    return [
        Finding("params", "audit.allow", quality_codes.UNUSED_ALLOWANCE, INFO, f"names {code} {place}, not found", {})
        for code, place in allowed
        if (code, place) not in places
    ]
