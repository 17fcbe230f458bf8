"""Comparison of an audit with the one before it."""

from pathlib import Path
from typing import Any

from leadlight.features.errors import SourceError
from leadlight.pipelines.workspace.workdir import read_json

__all__ = ["compare_with_previous", "read_previous_report"]

FIGURES = ("leads", "won", "lost", "open", "unknown")


def read_previous_report(path: Path) -> dict[str, Any] | None:
    """Read the report of the audit before; None if there is none that can be read."""
    try:
        found = read_json(path) if path.exists() else None
    except SourceError:
        return None
    return found if isinstance(found, dict) and "overview" in found else None


def compare_with_previous(report: dict[str, Any], previous: dict[str, Any] | None) -> dict[str, Any] | None:
    """Compare main figures, quarantine and findings with the audit before.

    An audit that finds the same again keeps the comparison that it had, so that a second run writes the same file.

    Returns
    -------
    dict or None
        ``figures``: name -> before and now, of those that changed; ``quarantine``: table, code, reason, before and
        now; ``new`` and ``gone``: code, title, table and column of findings. None for the first audit.
    """
    if previous is None:
        return None
    before, now = previous["overview"], report["overview"]
    figures = {name: [before[name], now[name]] for name in FIGURES if before[name] != now[name]}
    rows = [_count_rows(overview) for overview in (before, now)]
    changed = [key for key in sorted(rows[0].keys() | rows[1].keys()) if rows[0].get(key, 0) != rows[1].get(key, 0)]
    places = [{(f["code"], f["table"], f["column"]): f for f in found["findings"]} for found in (previous, report)]
    comparison = {
        "figures": figures,
        "quarantine": [
            dict(zip(("table", "code", "reason"), key, strict=True))
            | {"before": rows[0].get(key, 0), "now": rows[1].get(key, 0)}
            for key in changed
        ],
        "new": [_name(f) for key, f in places[1].items() if key not in places[0]],
        "gone": [_name(f) for key, f in places[0].items() if key not in places[1]],
    }
    if before == now and not any(comparison.values()):
        kept: dict[str, Any] | None = previous["compared"]
        return kept
    return comparison


def _count_rows(overview: dict[str, Any]) -> dict[tuple[str, str, str], int]:
    counted: dict[tuple[str, str, str], int] = {}
    for entry in overview["quarantine"]:
        key = (entry["table"], entry["code"], entry["reason"])
        counted[key] = counted.get(key, 0) + entry["rows"]
    return counted


def _name(finding: dict[str, Any]) -> dict[str, str]:
    return {key: finding[key] for key in ("code", "title", "table", "column")}
