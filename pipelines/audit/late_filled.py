"""Leakage by time: columns filled in or overwritten when a lead closes."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.filled_at_close import find_filled_at_close
from leadlight.pipelines.audit.findings import LEAK, SUSPECT, Finding
from leadlight.pipelines.audit.parsing import parse_times
from leadlight.pipelines.audit.target_leakage import MeasuredColumn
from leadlight.pipelines.audit.univariate import (
    MIN_OUTCOMES,
    BinnedColumn,
    bin_column,
    calculate_wilson_interval,
    measure_power,
)
from leadlight.pipelines.findings import audit_codes
from leadlight.pipelines.reporting.formatting import format_percent_bounded

__all__ = ["find_late_filled"]

#: least leads of an age, and closed ones among the newest
MIN_LEADS, MIN_CLOSED = 100, 3
#: close rate of the newest leads over that of older ones for an informative comparison
MAX_CLOSE_RATIO = 0.5
#: share among the newest leads over that among older ones, from which a value counts as absent
MAX_FRESH_RATIO = 0.5
#: share in the newer half of the older leads over that in the oldest half; below, the source has changed
MIN_STABILITY = 0.6
MIN_GAIN, LEAK_AUC = 0.05, 0.65
SUSPECT_AFTER_CLOSE, LEAK_AFTER_CLOSE = 0.3, 0.8
MIN_OVERWRITTEN, MAX_GAIN_LEFT = 0.05, 0.4


def find_late_filled(dataset: AuditDataset, columns: list[MeasuredColumn]) -> list[Finding]:
    """Find columns written at or after the close.

    Parameters
    ----------
    dataset : AuditDataset
        Times and outcomes.
    columns : list of MeasuredColumn
        Columns of leads.
    """
    if not dataset.dated:
        return []
    historised = set(dataset.report["historised"]) & set(dataset.params.attributes)
    findings = [*_find_times_after_close(dataset), *_find_overwritten(dataset, columns)]
    for column in columns:
        if column.name not in historised:
            findings += [*_find_absent_from_fresh(dataset, column), *find_filled_at_close(dataset, column)]
    return findings


def _find_times_after_close(dataset: AuditDataset) -> Iterable[Finding]:
    """Find time columns with values after the close."""
    closed_at = dataset.leads["closed_at"]
    if closed_at.isna().all():
        return
    day = closed_at.dt.normalize() + pd.Timedelta(days=1)  # a day of tolerance for zones and day resolution
    for name in dataset.candidate_columns:
        if dataset.profiles["leads", name].kind != "time":
            continue
        times = parse_times(dataset.columns[name])
        both = (times.notna() & closed_at.notna()).to_numpy()
        after = both & (times >= day).to_numpy() & (times <= dataset.known_until).to_numpy()
        if both.sum() < MIN_OUTCOMES or after.sum() < SUSPECT_AFTER_CLOSE * both.sum():
            continue
        share = float(after.sum() / both.sum())
        yield Finding(
            "leads",
            name,
            audit_codes.TIME_AFTER_CLOSE,
            LEAK if share >= LEAK_AFTER_CLOSE else SUSPECT,
            f"holds times after the close in {format_percent_bounded(share)} of the closed leads that have one: it "
            "was written when the outcome was known",
            {"share_after_close": share, "leads": int(both.sum())},
        )


def _find_absent_from_fresh(dataset: AuditDataset, column: MeasuredColumn) -> Iterable[Finding]:
    """Compare the newest leads, of which few have closed, with older ones, of which most have.

    Values known at creation are equally frequent in both; values written at the close are not.
    """
    if column.power is None or column.gain < MIN_GAIN:
        return
    for won in (True, False):
        marked = _mark_associated(column.binned, dataset, won)
        for ages in _compare_ages(dataset, won):
            fresh, newer, oldest = (float(marked[r].mean()) for r in (ages.fresh, ages.newer, ages.oldest))
            _, fresh_high = calculate_wilson_interval(marked[ages.fresh].sum(), ages.fresh.sum())
            newer_low, _ = calculate_wilson_interval(marked[ages.newer].sum(), ages.newer.sum())
            # sources change over the years: values that were already becoming rare prove nothing
            if newer < MIN_STABILITY * oldest or fresh_high >= MAX_FRESH_RATIO * newer_low:
                continue
            # nor do values that are also absent from leads that have closed since
            closed_since, closed_before = marked[ages.fresh & ages.ended], marked[ages.newer & ages.ended]
            if closed_since.mean() < MAX_FRESH_RATIO * closed_before.mean():
                continue
            yield Finding(
                "leads",
                column.name,
                audit_codes.ABSENT_FROM_FRESH_LEADS,
                LEAK if column.power.auc_low >= LEAK_AUC else SUSPECT,
                f"has the values that go with a {'win' if won else 'loss'} in {format_percent_bounded(newer)} of "
                f"the older leads but in {format_percent_bounded(fresh)} of the newest {int(ages.fresh.sum()):,}, "
                "of which few have closed: they seem to be written when a lead closes",
                {
                    "older_share": newer,
                    "newest_share": fresh,
                    "newest_leads": int(ages.fresh.sum()),
                    "newest_closed_against_older": ages.closed,
                },
            )
            return


class _Ages(NamedTuple):
    """Masks of leads by age: newest, newer and older half of mature ones, closed; ratio of close rates."""

    fresh: np.ndarray
    newer: np.ndarray
    oldest: np.ndarray
    ended: np.ndarray
    closed: float


def _compare_ages(dataset: AuditDataset, won: bool) -> Iterable[_Ages]:
    """Split leads by age, in quantiles of the time to close, where the newest closed less often."""
    leads = dataset.leads
    age = (dataset.known_until - leads["created_at"]).dt.total_seconds().to_numpy()
    ended = leads["closed_at"].notna().to_numpy() & (leads["won"].to_numpy() == won)
    if ended.sum() < MIN_OUTCOMES:
        return
    delay = (leads["closed_at"] - leads["created_at"]).dt.total_seconds().to_numpy()[ended]
    older = (age > np.quantile(delay, 0.9)) & dataset.final_outcome_mask
    if older.sum() < 2 * MIN_LEADS:
        return
    cut = np.median(age[older])
    newer, oldest = older & (age <= cut), older & (age > cut)
    for share in (0.2, 0.5):
        fresh = (age >= 0) & (age <= np.quantile(delay, share))
        if fresh.sum() < MIN_LEADS or (fresh & ended).sum() < MIN_CLOSED:
            continue
        closed = float(ended[fresh].mean() / max(ended[newer].mean(), 1e-9))
        if closed <= MAX_CLOSE_RATIO:
            yield _Ages(fresh, newer, oldest, ended, closed)


def _mark_associated(binned: BinnedColumn, dataset: AuditDataset, won: bool) -> np.ndarray:
    """Mark leads whose value goes with the outcome well above (or, for losses, below) the base rate."""
    judged = binned.filter(dataset.final_outcome_mask)
    leads, wins = judged.count_wins(dataset.won)
    base = float(dataset.won.mean())
    rate = (wins + base) / (leads + 1)
    associated = rate >= min(1.5 * base, 0.5 + base / 2) if won else rate <= base / 3
    marked: np.ndarray = associated[binned.codes]
    return marked


def _find_overwritten(dataset: AuditDataset, columns: list[MeasuredColumn]) -> Iterable[Finding]:
    """Compare the predictive power of today's values with that of the first ones of the history."""
    history = dataset.tables.get("history")
    if history is None or min(dataset.won.sum(), (~dataset.won).sum()) < MIN_OUTCOMES:
        return
    kinds = {column.name: column.kind for column in columns}
    for name in sorted(set(history["attribute"].unique()) & set(kinds)):
        first = dataset.get_first_value(name)
        assert first is not None
        today = dataset.columns[name]
        judged = dataset.final_outcome_mask
        changed = (first.str.lower() != today.str.lower()) & first.notna() & today.notna()
        share = float(changed[judged].mean())
        if share < MIN_OVERWRITTEN:
            continue
        now, then = (measure_power(bin_column(t, kinds[name]).filter(judged), dataset.won) for t in (today, first))
        if now.gain_low < MIN_GAIN or then.gain > MAX_GAIN_LEFT * now.gain:
            continue
        read_from_history = name in dataset.params.attributes
        yield Finding(
            "leads",
            name,
            audit_codes.OVERWRITTEN,
            SUSPECT if read_from_history else LEAK,
            f"was overwritten in {format_percent_bounded(share)} of the leads: today's values save "
            f"{format_percent_bounded(now.gain)} of the log loss, the first ones of the history "
            f"{format_percent_bounded(max(then.gain, 0.0))}"
            + ("; training reads the history, and does not see today's" if read_from_history else ""),
            {"changed": share, "gain_today": now.gain, "gain_first": then.gain},
        )
