"""Outcomes of leads from deals that can be used, and from those that cannot."""

from typing import Any, NamedTuple

import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.findings.source_codes import OUTCOME_UNKNOWN
from leadlight.pipelines.sources.rows.quarantine import LEFT_OUT, Quarantine

__all__ = ["CleanDeals", "check_lost_wins", "find_unknown_outcomes", "summarize_outcomes"]

#: a win so soon after creation may be a lead that was filled in after its deal
INSTANT = pd.Timedelta(days=1)
#: reason of a lead that a deal nearly names
NEARLY_NAMED = "a deal has nearly its id"


class CleanDeals(NamedTuple):
    """Deals of leads.

    Parameters
    ----------
    closed : pd.DataFrame
        lead_id, closed_at, won, amount: what closes a lead.
    opened : pd.DataFrame
        lead_id, reopened_at: when usable deals were opened that closed later or are open.
    unknown : pd.DataFrame
        lead_id, reason: leads with a deal that cannot be used, once each.
    open_deals : int
        Deals that are open.
    undated : int
        Lost leads with an open deal whose time of opening is unknown.
    units : pd.DataFrame or None
        deal_id, lead_id, created_at of each usable deal, where each is a lead of its own; ids are then those of deals.
    """

    closed: pd.DataFrame
    opened: pd.DataFrame
    unknown: pd.DataFrame
    open_deals: int
    undated: int = 0
    units: pd.DataFrame | None = None


def find_unknown_outcomes(
    lead_ids: pd.Series, quarantine: Quarantine, known: pd.Series, nearly: dict[str, str]
) -> pd.DataFrame:
    """Find the leads whose outcome is unknown because a deal of theirs is in quarantine.

    Parameters
    ----------
    lead_ids : pd.Series of str
        Lead of each row of deals, by row number.
    quarantine : Quarantine
        Holds the rows that were left out.
    known : pd.Series of str
        Ids of the clean leads.
    nearly : dict
        Unknown id -> the lead that it nearly is.

    Returns
    -------
    pd.DataFrame
        lead_id, reason: one row a lead, in the order of the file; the first reason.
    """
    entries = quarantine.frame
    left_out = entries[(entries["table"] == "deals") & (entries["action"] == LEFT_OUT)].set_index("row")["reason"]
    frame = pd.DataFrame({"lead_id": lead_ids.reindex(left_out.index), "reason": left_out}).sort_index()
    near = frame["lead_id"].isin(set(nearly))
    frame.loc[near, "reason"] = NEARLY_NAMED
    frame["lead_id"] = frame["lead_id"].mask(near, frame["lead_id"].map(nearly)).astype("str")
    frame = frame[frame["lead_id"].isin(known)].drop_duplicates("lead_id")
    return frame.astype({"lead_id": "str", "reason": "str"}).reset_index(drop=True)


def check_lost_wins(won: pd.Series, kept: pd.Index, quarantine: Quarantine, max_share: float) -> None:
    """Stop if too many won deals are in quarantine; a single one never stops a run.

    Parameters
    ----------
    won : pd.Series of bool
        Whether each row of deals says won.
    kept : pd.Index
        Rows that can be used.

    Raises
    ------
    SourceError
        If more than `max_share` of the won deals are left out.
    """
    lost = won.index[won].difference(kept)
    wins = int(won.sum())
    if len(lost) <= max(1.0, max_share * wins):
        return
    entries = quarantine.frame
    reasons = entries[(entries["table"] == "deals") & entries["row"].isin(lost)]
    reason = reasons["reason"].mode()[0]
    row = reasons[reasons["reason"] == reason].iloc[0]
    raise SourceError(
        f"The share of won deals that cannot be used must be at most {max_share:g} (source.max_lost_win_share). "
        f"Got {len(lost)} of {wins}, most often because in column {row['column']}: {reason} "
        f"(such as {row['value']!r} in row {row['row']}).{quarantine.describe_near_misses('deals')}"
    )


def summarize_outcomes(leads: pd.DataFrame, deals: CleanDeals, reopened: pd.Series) -> dict[str, Any]:
    """Count leads by outcome.

    Parameters
    ----------
    leads : pd.DataFrame
        lead_id, created_at.
    deals : CleanDeals
        Deals that close them, and leads of unknown outcome.
    reopened : pd.Series of str
        Ids of lost leads that came back and are open.

    Returns
    -------
    dict
        won, lost, open and unknown: leads. wins_within_a_day: won leads closed within a day of creation, with
        win_share_within_a_day. unknown_by_reason: code, reason, leads. reopened: leads among the open ones that were
        lost before. open_deals: deals.
    """
    unknown = deals.unknown
    closed = deals.closed[~deals.closed["lead_id"].isin(set(unknown["lead_id"]))]
    won_at = closed[closed["won"]].groupby("lead_id")["closed_at"].min()
    created = leads.set_index("lead_id")["created_at"].reindex(won_at.index)
    instant = int((won_at - created < INSTANT).sum())
    back = int((~reopened.isin(set(unknown["lead_id"]))).sum())
    all_closed = closed["lead_id"].nunique() - back
    reasons = unknown.groupby("reason", sort=True).size()
    return {
        "won": len(won_at),
        "lost": all_closed - len(won_at),
        "open": len(leads) - all_closed - len(unknown),
        "unknown": len(unknown),
        "wins_within_a_day": instant,
        "win_share_within_a_day": instant / len(won_at) if len(won_at) else 0.0,
        "unknown_by_reason": [
            {"code": OUTCOME_UNKNOWN.code, "reason": str(reason), "leads": int(count)}
            for reason, count in reasons.items()
        ],
        "reopened": back,
        "open_deals": deals.open_deals,
    }
