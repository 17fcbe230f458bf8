"""Leakage by activity type: types that occur after the close, or that record the win."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import LEAK, SUSPECT, Finding
from leadlight.pipelines.audit.univariate import MIN_OUTCOMES, calculate_wilson_interval
from leadlight.pipelines.findings import audit_codes
from leadlight.pipelines.reporting.formatting import format_percent_bounded

__all__ = ["find_activity_leakage"]

#: leads with a type, below which it is not judged
MIN_LEADS = 10
#: share of a type's activities at or after the close of their lead: a leak, a suspect
LEAK_SHARE, SUSPECT_SHARE = 0.95, 0.5
#: an activity this close before the close may record it
CLOSE_WINDOW = pd.Timedelta(seconds=60)
#: share of winners with the type just before the close, and of other leads with the type at all
MIN_SHARE_OF_WINS, MAX_SHARE_OF_OTHERS = 0.80, 0.02


def find_activity_leakage(dataset: AuditDataset) -> list[Finding]:
    """Find activity types that occur only once the outcome is known.

    Parameters
    ----------
    dataset : AuditDataset
        Activities and closes. With day resolution, activities on the day of the close count as before it.
    """
    activities = dataset.tables.get("activities")
    if activities is None or not dataset.dated:
        return []
    leads = dataset.leads.set_index("lead_id")
    if leads["closed_at"].isna().all():
        return []
    place = leads.index.get_indexer(pd.Index(activities["lead_id"]))
    closed_at = leads["closed_at"].to_numpy()[place]
    won = leads["won"].to_numpy()[place]
    occurred_at = activities["occurred_at"].to_numpy()
    by_day = bool({name for name, _ in dataset.by_day} & {"activities", "deals"})
    if by_day:
        after = occurred_at.astype("datetime64[D]") > closed_at.astype("datetime64[D]")
        last = np.zeros(len(after), dtype=bool)
    else:
        after = occurred_at >= closed_at
        last = (occurred_at >= closed_at - CLOSE_WINDOW.to_timedelta64()) & (occurred_at <= closed_at)
    rows = pd.DataFrame({"lead": place, "after": after, "last": last, "won": won})
    findings: list[Finding] = []
    for name, group in rows.groupby(activities["type"].to_numpy()):
        findings += [*_find_post_close(str(name), group)] or [*_find_win_records(str(name), group, leads)]
    return findings


def _find_post_close(name: str, rows: pd.DataFrame) -> Iterable[Finding]:
    """Find a type whose activities occur mostly after the close."""
    leads = rows.loc[rows["after"], "lead"].nunique()
    if leads < MIN_LEADS:
        return
    share = float(rows["after"].mean())
    low, _ = calculate_wilson_interval(rows["after"].sum(), len(rows))
    won = float(rows.loc[rows["after"], "won"].mean())
    what = "a win" if won > 0.99 else "a close"
    counted = f"{format_percent_bounded(share)} of its {len(rows):,} activities do"
    metrics = {
        "share_after_close": share,
        "share_after_close_low": low,
        "won": won,
        "leads": leads,
        "activities": len(rows),
    }
    if share >= LEAK_SHARE and low >= LEAK_SHARE - 0.2:
        sentence = f"only ever follows {what}: {counted}"
        yield Finding("activities", name, audit_codes.FOLLOWS_THE_CLOSE, LEAK, sentence, metrics)
    elif share >= SUSPECT_SHARE:
        sentence = f"mostly follows {what}: {counted}"
        yield Finding("activities", name, audit_codes.FOLLOWS_THE_CLOSE, SUSPECT, sentence, metrics)


def _find_win_records(name: str, rows: pd.DataFrame, leads: pd.DataFrame) -> Iterable[Finding]:
    """Find a type that occurs just before the close of most wins and hardly elsewhere."""
    winners, others = int(leads["won"].sum()), int((~leads["won"]).sum())
    if min(winners, others) < MIN_OUTCOMES:
        return
    at_the_win = rows.loc[rows["last"] & rows["won"], "lead"].nunique()
    of_others = rows.loc[~rows["won"], "lead"].nunique()
    low, _ = calculate_wilson_interval(at_the_win, winners)
    _, high = calculate_wilson_interval(of_others, others)
    if low < MIN_SHARE_OF_WINS or of_others > MAX_SHARE_OF_OTHERS * others:
        return
    yield Finding(
        "activities",
        name,
        audit_codes.RECORDS_THE_WIN,
        LEAK,
        f"happens in the last minute before the close of {format_percent_bounded(at_the_win / winners)} of the "
        f"wins, and to {format_percent_bounded(of_others / others)} of all other leads: it records the outcome",
        {
            "share_of_wins": at_the_win / winners,
            "share_of_wins_low": low,
            "share_of_others": of_others / others,
            "share_of_others_high": high,
        },
    )
