"""Activity types that follow a close, or that only record it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import LEAK, SUSPECT, Finding, format_percent
from leadlight.pipelines.audit.univariate import MIN_OUTCOMES, calculate_wilson_interval

__all__ = ["find_activity_leakage"]

#: leads with a type, below which nothing is said of it
MIN_LEADS = 10
#: share of a type's activities that lie at or after the close of their lead
FOLLOWS, OFTEN_FOLLOWS = 0.95, 0.5
#: the last moments before a close
LAST_MOMENTS = pd.Timedelta(seconds=60)
#: winners that have the type in their last moments, and other leads that have it at all
HIGH_SHARE_THRESHOLD, LOW_SHARE_THRESHOLD = 0.80, 0.02


def find_activity_leakage(material: AuditDataset) -> list[Finding]:
    """Find activity types that come only when the outcome is known.

    Parameters
    ----------
    material : Material
        Activities and closes. Where activities are known by the day alone, those of the day of the close
        count as before it.
    """
    activities = material.tables.get("activities")
    if activities is None or not material.dated:
        return []
    leads = material.leads.set_index("lead_id")
    if leads["closed_at"].isna().all():
        return []
    place = leads.index.get_indexer(pd.Index(activities["lead_id"]))
    closed_at = leads["closed_at"].to_numpy()[place]
    won = leads["won"].to_numpy()[place]
    occurred_at = activities["occurred_at"].to_numpy()
    by_day = bool({name for name, _ in material.by_day} & {"activities", "deals"})
    if by_day:
        after = occurred_at.astype("datetime64[D]") > closed_at.astype("datetime64[D]")
        last = np.zeros(len(after), dtype=bool)
    else:
        after = occurred_at >= closed_at
        last = (occurred_at >= closed_at - LAST_MOMENTS.to_timedelta64()) & (occurred_at <= closed_at)
    codes, types = pd.factorize(activities["type"], sort=True)
    found: list[Finding] = []
    for code, name in enumerate(types):
        rows = codes == code
        of = _Type(str(name), place[rows], after[rows], last[rows], won[rows])
        follows = list(of.following())
        found += follows or list(of.recording(leads))
    return found


@dataclass(frozen=True)
class _Type:
    """Activities of one type: place of the lead, after its close, in its last moments, lead won."""

    name: str
    lead: np.ndarray
    after: np.ndarray
    last: np.ndarray
    won: np.ndarray

    def following(self) -> Iterable[Finding]:
        leads = np.unique(self.lead[self.after])
        if len(leads) < MIN_LEADS:
            return
        share = float(self.after.mean())
        low, _ = calculate_wilson_interval(float(self.after.sum()), float(len(self.after)))
        won = float(self.won[self.after].mean())
        what = "a win" if won > 0.99 else "a close"
        figures = {
            "share_after_close": share,
            "share_after_close_low": low,
            "won": won,
            "leads": len(leads),
            "activities": len(self.after),
        }
        if share >= FOLLOWS and low >= FOLLOWS - 0.2:
            sentence = (
                f"only ever follows {what}: {format_percent(share)} of its {len(self.after):,} activities do"
            )
            yield Finding("activities", self.name, "follows_the_close", LEAK, sentence, figures)
        elif share >= OFTEN_FOLLOWS:
            sentence = (
                f"mostly follows {what}: {format_percent(share)} of its {len(self.after):,} activities do"
            )
            yield Finding("activities", self.name, "follows_the_close", SUSPECT, sentence, figures)

    def recording(self, leads: pd.DataFrame) -> Iterable[Finding]:
        winners, others = int(leads["won"].sum()), int((~leads["won"]).sum())
        if min(winners, others) < MIN_OUTCOMES:
            return
        at_the_win = len(np.unique(self.lead[self.last & self.won]))
        of_others = len(np.unique(self.lead[~self.won]))
        low, _ = calculate_wilson_interval(at_the_win, winners)
        _, high = calculate_wilson_interval(of_others, others)
        if low < HIGH_SHARE_THRESHOLD or of_others > LOW_SHARE_THRESHOLD * others:
            return
        yield Finding(
            "activities",
            self.name,
            "records_the_win",
            LEAK,
            f"happens in the last minute before the close of {format_percent(at_the_win / winners)} of the wins, "
            f"and to {format_percent(of_others / others)} of all other leads: it records the outcome",
            {
                "share_of_wins": at_the_win / winners,
                "share_of_wins_low": low,
                "share_of_others": of_others / others,
                "share_of_others_high": high,
            },
        )
