"""Findings of reading the source, as sentences."""

from typing import Any

from leadlight.pipelines.findings.source_codes import ENDS_EARLY, NEAR_MISS, OUTCOME_UNKNOWN
from leadlight.pipelines.sources.lags import list_lags

__all__ = ["describe_reading"]


def describe_reading(report: dict[str, Any]) -> list[dict[str, str]]:
    """Describe what changes outcomes or loses rows, for terminal, log and audit.

    Parameters
    ----------
    report : dict
        Report of ``ingest``: outcomes, near_misses, ends.

    Returns
    -------
    list of dict
        code, table and sentence; none for a sound source.
    """
    return [
        *_describe_unknown(report["outcomes"]),
        *_describe_near_misses(report["near_misses"]),
        *_describe_ends(report["ends"]),
    ]


def _describe_unknown(outcomes: dict[str, Any]) -> list[dict[str, str]]:
    if not outcomes["unknown"]:
        return []
    reasons = "; ".join(f"{entry['leads']:,} × {entry['reason']}" for entry in outcomes["unknown_by_reason"])
    who = "1 lead has" if outcomes["unknown"] == 1 else f"{outcomes['unknown']:,} leads have"
    sentence = f"{who} an unknown outcome: neither learned from nor scored ({reasons})."
    return [{"code": OUTCOME_UNKNOWN.code, "table": "deals", "sentence": sentence}]


def _describe_near_misses(misses: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [
        {
            "code": NEAR_MISS.code,
            "table": miss["table"],
            "sentence": f"{miss['rows']:,} rows of {miss['table']} name a lead that leads have but for {miss['kind']}, "
            f"such as {miss['value']!r} for {miss['lead']!r}: write {miss['write']} to match them.",
        }
        for miss in misses
    ]


def _describe_ends(ends: dict[str, Any]) -> list[dict[str, str]]:
    effects = {
        "deals": ": labels end there, and leads closed since look open",
        "activities": ": leads look silent since",
    }
    return [
        {
            "code": ENDS_EARLY.code,
            "table": lag.table,
            "sentence": f"{lag.table} end on {lag.end:%Y-%m-%d}, {lag.days:.0f} days before the other tables "
            f"(usual gaps between their rows are up to {lag.usual_gap_days:.0f} days){effects.get(lag.table, '')}.",
        }
        for lag in list_lags(ends)
        if lag.is_early
    ]
