"""Findings of reading the source, as sentences."""

from typing import Any

from leadlight.pipelines.findings.source_codes import (
    ACCOUNT_UNKNOWN,
    ENDS_EARLY,
    LEADS_WITHOUT_DEAL,
    NEAR_MISS,
    OUTCOME_UNKNOWN,
    RETURNING,
)
from leadlight.pipelines.sources.outcomes.lags import list_lags

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
        *_describe_returning(report["outcomes"]),
        *_describe_without_deal(report["outcomes"]),
        *_describe_accounts(report["accounts"]),
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


def _describe_returning(outcomes: dict[str, Any]) -> list[dict[str, str]]:
    returning, sentences = outcomes["returning"], []
    if returning["leads"]:
        sentences.append(
            f"Lost leads with a fresh request after their loss: {returning['leads']:,} (such as {returning['type']}). "
            "They stay closed unless source.deals.reopen_after names the days after which activity reopens a lead."
        )
    if outcomes["undated_open_deals"]:
        sentences.append(
            f"Lost leads with an open deal: {outcomes['undated_open_deals']:,}. They stay closed unless "
            "source.deals.opened_at names the time of its opening."
        )
    return [{"code": RETURNING.code, "table": "deals", "sentence": sentence} for sentence in sentences]


def _describe_without_deal(outcomes: dict[str, Any]) -> list[dict[str, str]]:
    without = outcomes.get("without_deal", {"leads": 0})
    if not without["leads"]:
        return []
    verbs = "has no deal and is" if without["leads"] == 1 else "have no deal and are"
    sentence = f"{without['leads']:,} of {without['of']:,} leads {verbs} not scored (source.deals.unit: deal)."
    return [{"code": LEADS_WITHOUT_DEAL.code, "table": "deals", "sentence": sentence}]


def _describe_accounts(accounts: dict[str, Any]) -> list[dict[str, str]]:
    if not accounts.get("unknown"):
        return []
    sentence = (
        f"{accounts['unknown']:,} of {accounts['named']:,} leads that name an account name one that is not in the "
        f"accounts, such as {accounts['example']}: its attributes are missing."
    )
    return [{"code": ACCOUNT_UNKNOWN.code, "table": "leads", "sentence": sentence}]
