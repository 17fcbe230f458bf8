"""Types of rows that are gone, and types that were never seen before."""

from collections.abc import Iterator, Mapping
from typing import Any

from leadlight.pipelines.findings.monitoring_codes import KIND_GONE, NEW_KIND
from leadlight.pipelines.reporting.formatting import format_percent_brief
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, WARNING, MonitoringFinding

__all__ = ["find_kinds"]

#: 28 days each: of the last periods that a type must have rows in
SPANS = (1, 3)
#: rows that every span must have had; of 20 or more a tenth is as good as none
MIN_ROWS, MANY_ROWS, LEFT = 12, 20, 0.1
#: shares of the rows of a table in types never seen before, and rows below which none is said
LOOK_NEW, ACT_NEW, MIN_NEW = 0.005, 0.05, 10
#: tables that features or outcomes are made of
USED = ("leads", "activities", "deals", "history")
Tables = Mapping[str, Any]


def find_kinds(
    then: Mapping[str, Any], now: Mapping[str, Any], again: Mapping[str, Any] | None
) -> list[MonitoringFinding]:
    """Compare activity types, attributes of the history, stages, and outcomes of deals.

    Parameters
    ----------
    then, now : mapping
        Profiles of the source at the training cut-off, as the bundle has it, and at the run.
    again : mapping or None
        The cut-off once more, from the tables of the run.
    """
    findings = []
    for table, before in then["tables"].items():
        kinds, seen = before["kinds"], _get_kinds(now, table)
        fresh = {kind: entry for kind, entry in seen.items() if kind not in kinds}
        for kind, entry in kinds.items():
            found = _describe_gone(entry["periods"], _get_periods(seen, kind))
            if found is None and again is not None:
                found = _describe_gone(entry["periods"], _get_periods(_get_kinds(again, table), kind), at_cut_off=True)
            if found is not None:
                like = next((name for name in fresh if _strip(name) == _strip(kind)), None)
                hint = f"; {like} looks like it" if like else ""
                level = CRITICAL if table in USED else WARNING
                findings.append(MonitoringFinding(level, KIND_GONE, f"{kind} in {table}", found + hint, {"like": like}))
        findings += _find_new(table, fresh, seen)
    return findings


def _describe_gone(before: list[int], found: list[int], *, at_cut_off: bool = False) -> str | None:
    counts = before[: max(place for place, rows in enumerate(before) if rows) + 1] if any(before) else []
    for span in SPANS:
        if len(counts) < span or not any(counts[:3]):
            continue
        least = min(sum(counts[start : start + span]) for start in range(len(counts) - span + 1))
        rows = sum(found[:span])
        if (least >= MIN_ROWS and rows == 0) or (least >= MANY_ROWS and rows <= LEFT * least):
            when = "before the training cut-off" if at_cut_off else "before the night"
            return f"{rows:,} rows in the {28 * span} days {when}, where training had at least {least:,} in as many"
    return None


def _find_new(table: str, fresh: Tables, seen: Tables) -> Iterator[MonitoringFinding]:
    rows = {kind: sum(entry["periods"][:3]) for kind, entry in fresh.items()}
    total = sum(sum(entry["periods"][:3]) for entry in seen.values())
    share = sum(rows.values()) / max(1, total)
    if share < LOOK_NEW or sum(rows.values()) < MIN_NEW:
        return
    names = ", ".join(sorted(rows, key=lambda kind: -rows[kind])[:3])
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    level = CRITICAL if share >= ACT_NEW and table in USED else WARNING
    yield MonitoringFinding(level, NEW_KIND, f"{names}{more} in {table}",
        f"{format_percent_brief(share)} of the rows of the last 84 days are of types that training did not have",
        {"share": share})  # fmt: skip


def _get_kinds(profile: Mapping[str, Any], table: str) -> dict[str, Any]:
    kinds: dict[str, Any] = profile["tables"].get(table, {}).get("kinds", {})
    return kinds


def _get_periods(kinds: Tables, kind: str) -> list[int]:
    periods: list[int] = kinds.get(kind, {}).get("periods", [])
    return periods


def _strip(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
