"""Columns that were filled in or overwritten when a lead closed, where there are times to tell by."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import LEAK, SUSPECT, Finding, format_percent
from leadlight.pipelines.audit.parsing import parse_times
from leadlight.pipelines.audit.target_leakage import MeasuredColumn
from leadlight.pipelines.audit.univariate import (
    MIN_OUTCOMES,
    BinnedColumn,
    bin_column,
    calculate_wilson_interval,
    measure_power,
)

__all__ = ["find_late_filled"]

#: leads of an age, below which nothing is said of them
MIN_LEADS, MIN_OPEN, MIN_CLOSED = 100, 30, 3
#: the newest leads must have closed so much less often than older ones, to tell anything
LESS_CLOSED = 0.5
#: what older leads have, and of the newest, given how many of them closed, at most this share has
COLLAPSED = 0.5
#: what the newer half of the older leads must still have of the oldest half's share
STEADY = 0.6
TELLING_GAIN, TELLING_AUC = 0.05, 0.65
#: share of the closed leads that must have a value for its absence from open ones to be telling
FILLED_CLOSED, FILLED_OPEN = 0.20, 0.2
AFTER_CLOSE, MANY_AFTER_CLOSE = 0.3, 0.8
OVERWRITTEN, STRENGTH_LEFT = 0.05, 0.4


def find_late_filled(material: AuditDataset, columns: list[MeasuredColumn]) -> list[Finding]:
    """Find columns that are written at the close or after it.

    Parameters
    ----------
    material : Material
        Times and outcomes.
    columns : list of Column
        Columns of leads.
    """
    if not material.dated:
        return []
    historised = set(material.report["historised"]) & set(material.params.attributes)
    found = [*_after_the_close(material), *_overwritten(material, columns)]
    for column in columns:
        if column.name not in historised:
            found += [*_fresh_and_older(material, column), *_filled_at_close(material, column)]
    return found


def _after_the_close(material: AuditDataset) -> Iterable[Finding]:
    """Time columns whose values lie behind the close."""
    closed_at = material.leads["closed_at"]
    if closed_at.isna().all():
        return
    day = closed_at.dt.normalize() + pd.Timedelta(days=1)  # zones and days without hours may differ by one
    for name in material.candidate_columns:
        if material.profiles["leads", name].kind != "time":
            continue
        times = parse_times(material.columns[name])
        both = (times.notna() & closed_at.notna()).to_numpy()
        after = both & (times >= day).to_numpy() & (times <= material.known_until).to_numpy()
        if both.sum() < MIN_OUTCOMES or after.sum() < AFTER_CLOSE * both.sum():
            continue
        share = float(after.sum() / both.sum())
        yield Finding(
            "leads",
            name,
            "time_after_close",
            LEAK if share >= MANY_AFTER_CLOSE else SUSPECT,
            f"holds times after the close in {format_percent(share)} of the closed leads that have one: it was "
            "written when the outcome was known",
            {"share_after_close": share, "leads": int(both.sum())},
        )


def _fresh_and_older(material: AuditDataset, column: MeasuredColumn) -> Iterable[Finding]:
    """Compare the newest leads, few of which have closed, with older ones of which most have.

    What was known at creation is as frequent among both. What is written at the close is only as frequent
    among the newest as their closes are.
    """
    if column.strength is None or column.gain < TELLING_GAIN:
        return
    for won in (True, False):
        marked = _region(column.cells, material, won)
        for ages in _ages(material, won):
            fresh, newer, oldest = (
                float(marked[rows].mean()) for rows in (ages.fresh, ages.newer, ages.oldest)
            )
            fresh_high = calculate_wilson_interval(float(marked[ages.fresh].sum()), float(ages.fresh.sum()))[
                1
            ]
            newer_low = calculate_wilson_interval(float(marked[ages.newer].sum()), float(ages.newer.sum()))[0]
            # sources change over the years: what had already become rare says nothing
            if newer < STEADY * oldest or fresh_high >= COLLAPSED * newer_low:
                continue
            # what is no longer given away is gone from those, too, that have closed since
            closed_since, closed_before = marked[ages.fresh & ages.ended], marked[ages.newer & ages.ended]
            if closed_since.mean() < COLLAPSED * closed_before.mean():
                continue
            yield Finding(
                "leads",
                column.name,
                "absent_from_fresh_leads",
                LEAK if column.strength.auc_low >= TELLING_AUC else SUSPECT,
                f"has the values that go with a {'win' if won else 'loss'} in {format_percent(newer)} of the older "
                f"leads but in {format_percent(fresh)} of the newest {int(ages.fresh.sum()):,}, of which few have "
                "closed: they seem to be written when a lead closes",
                {
                    "older_share": newer,
                    "newest_share": fresh,
                    "newest_leads": int(ages.fresh.sum()),
                    "newest_closed_against_older": ages.closed,
                },
            )
            return


def _filled_at_close(material: AuditDataset, column: MeasuredColumn) -> Iterable[Finding]:
    """Compare how often closed leads have a value with leads that are still open at the same age."""
    leads, filled = material.leads, column.cells.present
    closed = leads["closed_at"].notna().to_numpy()
    if filled.all() or closed.sum() < MIN_LEADS:
        return
    delay = (leads["closed_at"] - leads["created_at"])[closed].median()
    still_open = ~closed & (material.known_until - leads["created_at"] >= delay).to_numpy()
    of_closed = float(filled[closed].mean())
    _, of_open_high = calculate_wilson_interval(float(filled[still_open].sum()), float(still_open.sum()))
    if still_open.sum() < MIN_OPEN or of_closed < FILLED_CLOSED or of_open_high > FILLED_OPEN * of_closed:
        return
    # leads of a kind that always closes at once would look the same, but are as many among the newest
    fresh = next((float(filled[ages.fresh].mean()) for ages in _ages(material, None)), None)
    of_open = float(filled[still_open].mean())
    yield Finding(
        "leads",
        column.name,
        "filled_at_close",
        LEAK if fresh is not None and fresh <= COLLAPSED * of_closed else SUSPECT,
        f"is filled in {format_percent(of_closed)} of the closed leads and in {format_percent(of_open)} of those that are "
        "still open at their age: it is filled in when a lead closes",
        {"filled_closed": of_closed, "filled_open": of_open, "filled_newest": fresh},
    )


@dataclass(frozen=True)
class _Ages:
    """Leads by age: the newest, and the newer and older half of those that had their time; who ended."""

    fresh: np.ndarray
    newer: np.ndarray
    oldest: np.ndarray
    ended: np.ndarray
    closed: float


def _ages(material: AuditDataset, won: bool | None) -> Iterable[_Ages]:
    """Cut leads by how soon others closed, the newest first, as far as the newest have closed less."""
    leads = material.leads
    age = (material.known_until - leads["created_at"]).dt.total_seconds().to_numpy()
    ended = leads["closed_at"].notna().to_numpy()
    if won is not None:
        ended = ended & (leads["won"].to_numpy() == won)
    if ended.sum() < MIN_OUTCOMES:
        return
    delay = (leads["closed_at"] - leads["created_at"]).dt.total_seconds().to_numpy()[ended]
    older = (age > np.quantile(delay, 0.9)) & material.final_outcome_mask
    if older.sum() < 2 * MIN_LEADS:
        return
    cut = np.median(age[older])
    newer, oldest = older & (age <= cut), older & (age > cut)
    for share in (0.2, 0.5):
        fresh = (age >= 0) & (age <= np.quantile(delay, share))
        if fresh.sum() < MIN_LEADS or (fresh & ended).sum() < MIN_CLOSED:
            continue
        closed = float(ended[fresh].mean() / max(ended[newer].mean(), 1e-9))
        if closed <= LESS_CLOSED:
            yield _Ages(fresh, newer, oldest, ended, closed)


def _region(cells: BinnedColumn, material: AuditDataset, won: bool) -> np.ndarray:
    """Leads whose value goes with the outcome: at least twice as often as all leads."""
    judged = cells.count_rows(material.final_outcome_mask)
    leads, wins = judged.count_wins(material.won)
    base = float(material.won.mean())
    rate = (wins + base) / (leads + 1)
    telling = rate >= min(1.5 * base, 0.5 + base / 2) if won else rate <= base / 3
    marked: np.ndarray = telling[cells.codes]
    return marked


def _overwritten(material: AuditDataset, columns: list[MeasuredColumn]) -> Iterable[Finding]:
    """Compare today's value with the first one of the history."""
    history = material.tables.get("history")
    if history is None or min(material.won.sum(), (~material.won).sum()) < MIN_OUTCOMES:
        return
    kinds = {column.name: column.kind for column in columns}
    for name in sorted(set(history["attribute"].unique()) & set(kinds)):
        first = material.get_first_value(name)
        assert first is not None
        today = material.columns[name]
        judged = material.final_outcome_mask
        changed = (first.str.lower() != today.str.lower()) & first.notna() & today.notna()
        share = float(changed[judged].mean())
        if share < OVERWRITTEN:
            continue
        now, then = (
            measure_power(bin_column(t, kinds[name]).count_rows(judged), material.won) for t in (today, first)
        )
        if now.gain_low < TELLING_GAIN or then.gain > STRENGTH_LEFT * now.gain:
            continue
        read_from_history = name in material.params.attributes
        yield Finding(
            "leads",
            name,
            "overwritten",
            SUSPECT if read_from_history else LEAK,
            f"was overwritten in {format_percent(share)} of the leads: today's values save {format_percent(now.gain)} "
            f"of the log loss, the first ones of the history {format_percent(max(then.gain, 0.0))}"
            + ("; training reads the history, and does not see today's" if read_from_history else ""),
            {"changed": share, "gain_today": now.gain, "gain_first": then.gain},
        )
