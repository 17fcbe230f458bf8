"""Frozen columns: values that were written until a day and never since, by the history or among new leads."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import INFO, SUSPECT, Finding
from leadlight.pipelines.findings import quality_codes

__all__ = ["find_frozen"]

DAY = pd.Timedelta(days=1)
#: changes sooner after creation are first values
FIRST_VALUES = pd.Timedelta(hours=1)
#: days of silence, from which a column can count as frozen, and new leads that must have come meanwhile
MIN_SILENT_DAYS, MIN_NEW_LEADS = 60, 30
#: days after the last change until new leads count
DAYS_OF_GRACE = 7
#: probability of the silence by chance: that of a Poisson count, or of leads that are drawn as before
MAX_PROBABILITY = 1e-6
#: days before the silence, or of it, in which a season would have shown; silence over the longest one before
SEASON_DAYS, MIN_RATIO = 365, 2.0


class _Silence(NamedTuple):
    """The last day with a change, days of silence since, changes that were expected meanwhile."""

    since: pd.Timestamp
    days: float
    expected: float


def find_frozen(dataset: AuditDataset) -> list[Finding]:
    """Find columns that are written no more: a model learns from their past, and no lead to score has a value.

    Parameters
    ----------
    dataset : AuditDataset
        With the clean history, where the source has one.
    """
    if not dataset.dated:
        return []
    history = dataset.tables.get("history")
    recorded = set() if history is None else set(history["attribute"].unique())
    findings = [] if history is None else list(_find_unchanged(dataset, _select_changes(history, dataset.leads)))
    for name in dataset.candidate_columns:
        if dataset.profiles["leads", name].kind == "number" and name not in recorded:
            findings += _find_constant_since(dataset, name)
    return findings


def _select_changes(history: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """Return attribute and time of the changes of a history: no first values, and no value that is written again."""
    rows = history[["lead_id", "attribute", "value", "changed_at"]].sort_values("changed_at", kind="stable")
    before = rows.groupby(["lead_id", "attribute"], sort=False)["value"].shift()
    created = rows["lead_id"].map(leads.set_index("lead_id")["created_at"])
    changed = (rows["value"].fillna("") != before.fillna("")) & (rows["changed_at"] > created + FIRST_VALUES)
    return rows.loc[changed, ["attribute", "changed_at"]]


def _find_unchanged(dataset: AuditDataset, changes: pd.DataFrame) -> Iterable[Finding]:
    """Find attributes that no longer change while others do."""
    for name in sorted(changes["attribute"].unique()):
        own = changes["attribute"] == name
        silence = _measure_silence(changes.loc[own, "changed_at"], changes.loc[~own, "changed_at"])
        if silence is None:
            continue
        others = int((changes.loc[~own, "changed_at"] > silence.since).sum())
        new = (dataset.leads["created_at"] > silence.since + DAYS_OF_GRACE * DAY).to_numpy()
        values = dataset.columns.loc[new, name] if name in dataset.columns else pd.Series(dtype="str")
        written = values.nunique() > 1
        rest = (
            "; leads that were created since still have different values"
            if written
            else f"; none of the {len(values):,} leads that were created since has a value of its own"
            if len(values)
            else ""
        )
        yield Finding(
            "leads" if name in dataset.columns else "history",
            name,
            quality_codes.FROZEN,
            INFO if written else SUSPECT,
            f"has not changed since {silence.since:%Y-%m-%d}, for {silence.days:,.0f} days in which other attributes "
            f"changed {others:,} times: by its own rate before, {silence.expected:,.0f} changes were to be expected"
            + rest,
            {
                "since": f"{silence.since:%Y-%m-%d}",
                "days": silence.days,
                "expected": silence.expected,
                "changes_of_others": others,
            },
        )


def _measure_silence(own: pd.Series, others: pd.Series) -> _Silence | None:
    """Return the silence of an attribute at the end of a history, None where chance or a season explains it.

    The probability counts days with a change, not changes, because changes come in batches. The rate is the lowest
    one of windows that end at the last change, scaled down where other attributes change less than before too.
    """
    if others.empty:
        return None
    last, end = own.max(), others.max()
    days, before = (end - last) / DAY, (last - own.min()) / DAY
    longest = own.sort_values().diff().max() / DAY
    if min(days, before) < MIN_SILENT_DAYS or max(days, before) < SEASON_DAYS or days < MIN_RATIO * longest:
        return None
    expected_days = expected = np.inf
    for window in (min(days, before), min(MIN_RATIO * days, before), before):
        start = last - window * DAY
        lately, others_lately = own[(own > start) & (own < last)], others[(others > start) & (others <= last)]
        pace = min(1.0, _count_days(others[others > last]) / days / max(_count_days(others_lately) / window, 1e-9))
        expected_days = min(expected_days, _count_days(lately) / window * days * pace)
        expected = min(expected, len(lately) / window * days * pace)
    return _Silence(last, float(days), float(expected)) if expected_days > -np.log(MAX_PROBABILITY) else None


def _count_days(times: pd.Series) -> int:
    return int(times.dt.floor("D").nunique())


def _find_constant_since(dataset: AuditDataset, name: str) -> Iterable[Finding]:
    """Find a number that all new leads have, or lack, while older ones differ."""
    order = np.argsort(dataset.leads["created_at"].to_numpy(), kind="stable")
    created = dataset.leads["created_at"].to_numpy()[order]
    values = dataset.read_numbers(name)[order]
    if len(values) < MIN_NEW_LEADS:
        return
    newest = values[-1]
    same = np.isnan(values) if np.isnan(newest) else values == newest
    others = np.flatnonzero(~same)
    if len(others) == 0:
        return
    last = int(others[-1])
    new, before = len(values) - 1 - last, last + 1
    days = (created[-1] - created[last]) / DAY
    days_before = (created[last] - created[0]) / DAY
    if new < MIN_NEW_LEADS or min(days, days_before) < MIN_SILENT_DAYS or max(days, days_before) < SEASON_DAYS:
        return
    longest_leads, longest_days = int(np.diff(others, prepend=-1).max()) - 1, (np.diff(created[others]) / DAY).max()
    if new < MIN_RATIO * longest_leads or days < MIN_RATIO * longest_days:
        return
    share = max(float(same[max(before - window, 0) : before].mean()) for window in (new, int(MIN_RATIO * new), before))
    if share > 0 and new * np.log(share) > np.log(MAX_PROBABILITY):
        return
    since = pd.Timestamp(created[last])
    what = "lack a value" if np.isnan(newest) else f"have {newest:g}"
    yield Finding(
        "leads",
        name,
        quality_codes.FROZEN,
        SUSPECT,
        f"has not varied since {since:%Y-%m-%d}: all {new:,} leads that were created later {what}; at the rate before, "
        f"{new * (1 - share):,.0f} of them were to differ",
        {"since": f"{since:%Y-%m-%d}", "days": float(days), "expected": float(new * (1 - share)), "new_leads": new},
    )
