"""Main figures of a source: leads by outcome, spans of tables, what quarantine took, what was assumed."""

from typing import Any

import pandas as pd

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import INFO, LEAK, SUSPECT
from leadlight.pipelines.findings import quality_codes
from leadlight.pipelines.sources.columns.times import convert_to_local

__all__ = ["build_overview", "choose_first_looks"]

TIMES = {"leads": "created_at", "activities": "occurred_at", "deals": "closed_at", "history": "changed_at"}
MAX_FIRST_LOOKS = 3


def build_overview(dataset: AuditDataset) -> dict[str, Any]:
    """Return the figures of the first screen.

    Returns
    -------
    dict
        ``leads``, ``won``, ``lost``, ``open`` and ``unknown``: leads by outcome; ``instant_wins`` and
        ``instant_win_share``: won within a day of creation; ``tables``: rows, first and last day by table;
        ``quarantine``: rows and won deals by table, code and reason; ``unknown_by_reason``; ``assumed``: sentences.
    """
    outcomes = dataset.report["outcomes"]
    return {
        "leads": len(dataset.leads),
        **{name: outcomes[name] for name in ("won", "lost", "open", "unknown")},
        "instant_wins": outcomes["wins_within_a_day"] if dataset.dated else None,
        "instant_win_share": round(outcomes["win_share_within_a_day"], 6) if dataset.dated else None,
        "tables": _list_table_spans(dataset),
        "quarantine": _count_quarantine(dataset),
        "unknown_by_reason": outcomes["unknown_by_reason"],
        "assumed": _list_assumptions(dataset),
    }


def _list_table_spans(dataset: AuditDataset) -> list[dict[str, Any]]:
    """Return table, rows, first and last day (local; None without dates) of each clean table."""
    spans = []
    for name, column in TIMES.items():
        if name not in dataset.tables:
            continue
        frame = dataset.tables[name]
        times = frame[column].dropna() if dataset.dated else frame[column].iloc[:0]
        first, last = (None, None)
        if len(times):
            ends = convert_to_local(pd.Series([times.min(), times.max()]), dataset.params.source.timezone)
            first, last = (f"{day:%Y-%m-%d}" for day in ends)
        spans.append({"table": name, "rows": len(frame), "first": first, "last": last})
    return spans


def _count_quarantine(dataset: AuditDataset) -> list[dict[str, Any]]:
    """Count rows by table, code and reason, and the rows among them that say won."""
    entries = dataset.quarantine
    if entries.empty:
        return []
    won = [
        action == "row left out" and row in dataset.won_rows.get(table, ())
        for table, row, action in zip(entries["table"], entries["row"], entries["action"], strict=True)
    ]
    keys = ["table", "code", "reason", "action"]
    counted = entries.assign(wins=won).groupby(keys, dropna=False)["wins"].agg(rows="size", wins="sum").reset_index()
    counted = counted.sort_values(["wins", "rows", *keys], ascending=[False, False, *len(keys) * [True]])
    return [
        {key: str(row[key]) for key in keys} | {"rows": int(row["rows"]), "wins": int(row["wins"])}
        for _, row in counted.iterrows()
    ]


def _list_assumptions(dataset: AuditDataset) -> list[str]:
    """Name what the source and params leave open, and what is done about it."""
    source, days = dataset.params.source, dataset.params.label.horizon_days
    found = []
    if dataset.dated and "timezone" not in source.model_fields_set:
        found.append("Times without a zone are read as UTC (source.timezone is not set)")
    if dataset.dated and not dataset.losses_recorded:
        found.append(f"A lead without a deal counts as lost {days} days after its creation: no losses are recorded")
    numbers = any(attribute.kind == "number" for attribute in dataset.params.attributes.values())
    if numbers and source.number_marks is None and source.leads.number_marks is None:
        found.append("Numbers in text have a point as decimal mark (source.decimal is not set)")
    without = [n for n in dataset.params.attributes if n not in set(dataset.report["historised"])]
    if dataset.dated and without:
        found.append(f"{len(without)} attributes had today's values in the past: the source has no history of them")
    if by_day := [f"{table}.{column}" for table, column in dataset.by_day]:
        found.append(f"A day counts as known when it is over, in {', '.join(by_day)}: they have no time of day")
    if dataset.report["time"] == "none":
        found.append("Leads are in no order of time: the source has no date of creation")
    return found


def choose_first_looks(findings: list[dict[str, Any]], refused: list[str]) -> list[dict[str, Any]]:
    """Choose the findings to look at first, at most one for each place and without those that are allowed.

    Leaks that training refuses come first, then what changes outcomes or cuts a table off, then suspects.
    """

    def rank(finding: dict[str, Any]) -> int:
        if finding["severity"] == LEAK and finding["column"] in refused:
            return 0
        if finding["code"] == quality_codes.INSTANT_WINS.code or finding["code"].startswith("LL2"):
            return 1
        return {SUSPECT: 2, LEAK: 3, INFO: 4}[finding["severity"]]

    chosen: dict[tuple[str, str, bool], dict[str, Any]] = {}
    for finding in sorted(findings, key=rank):
        if not finding["allowed"]:
            chosen.setdefault((finding["table"], finding["column"], finding["column"] == ""), finding)
    keys = ("code", "title", "table", "column", "sentence")
    return [{key: finding[key] for key in keys} for finding in list(chosen.values())[:MAX_FIRST_LOOKS]]
