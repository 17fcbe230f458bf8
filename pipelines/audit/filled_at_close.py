"""Leakage by time: columns that are filled in, or emptied, when a lead closes."""

from collections.abc import Iterable

import numpy as np
from scipy.stats import CensoredData, ecdf

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import LEAK, SUSPECT, Finding, Severity
from leadlight.pipelines.audit.stratified_difference import Estimate, compare_between, compare_within
from leadlight.pipelines.audit.target_leakage import MeasuredColumn
from leadlight.pipelines.findings import audit_codes
from leadlight.pipelines.reporting.formatting import format_percent_bounded

__all__ = ["find_filled_at_close"]

#: least closed and open leads, and least leads of a cohort
MIN_CLOSED, MIN_OPEN, MIN_COHORT = 100, 30, 20
#: smallest difference of filled shares that matters, and from which it can be a leak
MIN_DIFFERENCE, MIN_LEAK_DIFFERENCE = 0.05, 0.20
#: part of the difference within cohorts that must be found between them too
MIN_CONFIRMED = 0.5
#: quantiles of the time to close that bound the ages of the newest cohorts; number of older ones
CLOSE_QUANTILES, OLDER_COHORTS = (0.1, 0.25, 0.5, 0.75, 0.9), 15
#: width of the interval between cohorts, over the difference within them, from which it tells nothing
MAX_WIDTH = 4.0
#: closed share of leads without the value over that of leads with it: what hardly anything known at creation reaches
MAX_CLOSING_RATIO = 0.02


def find_filled_at_close(dataset: AuditDataset, column: MeasuredColumn) -> Iterable[Finding]:
    """Compare the filled share of closed leads with that of open ones that were created at the same time.

    A column known at creation can go with a quick close, so that closed leads have it more often at every age. Then
    the filled share of all leads of a cohort stays the same while they close. What is filled in at the close makes it
    grow with the closed share. So the difference counts only where that comparison does not speak against it.
    """
    filled = column.binned.present
    closed = (dataset.leads["closed_at"].notna() & ~dataset.leads["open"]).to_numpy()
    judged = closed | dataset.leads["open"].to_numpy()
    if filled.all() or not filled.any() or closed.sum() < MIN_CLOSED or (judged & ~closed).sum() < MIN_OPEN:
        return
    age = (dataset.known_until - dataset.leads["created_at"]).dt.total_seconds().to_numpy()[judged]
    delay = (dataset.leads["closed_at"] - dataset.leads["created_at"]).dt.total_seconds().to_numpy()[judged]
    filled, closed = filled[judged], closed[judged]
    cohort = _assign_cohorts(age, delay[closed])
    compared = compare_within(filled, closed, cohort)
    if compared is None:
        return
    within, of_closed, of_open = compared
    if max(within.low, -within.high) < MIN_DIFFERENCE:
        return
    times = CensoredData.right_censored(np.where(closed, delay, age), ~closed)
    between = compare_between(filled, ecdf(times).cdf.evaluate(age), cohort, age)
    late = of_closed > of_open
    having, without = (float(closed[filled == has].mean()) for has in (late, not late))
    severity = _judge(_orient(within, late), _orient(between, late), without / having, dataset.losses_recorded)
    if severity is None:
        return
    yield Finding(
        "leads",
        column.name,
        audit_codes.FILLED_AT_CLOSE,
        severity,
        f"is filled in {format_percent_bounded(of_closed)} of the closed leads and in "
        f"{format_percent_bounded(of_open)} of the open ones that were created at the same time: "
        f"it is {'filled in' if late else 'emptied'} when a lead closes",
        {
            "filled_closed": of_closed,
            "filled_open": of_open,
            "difference": within.value,
            "difference_low": within.low,
            "difference_high": within.high,
            "between_cohorts": between.value if _is_informative(within, between) else None,
        },
    )


def _judge(within: Estimate, between: Estimate, closing_ratio: float, losses_recorded: bool) -> Severity | None:
    """Return the severity of a difference, None if it can be that of a column known at creation.

    Parameters
    ----------
    within, between : Estimate
        Differences within and between cohorts, positive where the value comes with the close.
    closing_ratio : float
        Share closed of the leads that have not what comes with the close, over that of the leads that have it.
    losses_recorded : bool
        Whether leads that are lost count as closed. If not, a good attribute differs too.
    """
    large, expected = within.low >= MIN_LEAK_DIFFERENCE, MIN_CONFIRMED * within.value
    undisputed = losses_recorded and closing_ratio <= MAX_CLOSING_RATIO
    if not _is_informative(within, between):  # no cohort is young enough to tell
        if large and losses_recorded:
            return LEAK if undisputed else SUSPECT
        return None
    if between.value < expected or between.low <= 0:
        return None
    return LEAK if large and (between.low >= expected or undisputed) else SUSPECT


def _is_informative(within: Estimate, between: Estimate) -> bool:
    return between.high - between.low < MAX_WIDTH * abs(within.value)


def _orient(estimate: Estimate, late: bool) -> Estimate:
    return estimate if late else Estimate(-estimate.value, -estimate.high, -estimate.low)


def _assign_cohorts(age: np.ndarray, delay: np.ndarray) -> np.ndarray:
    """Return the number of each lead's cohort: narrow where leads are closing, quantiles of the older leads.

    Cohorts with too few leads join the next older one.
    """
    edges = np.quantile(delay, CLOSE_QUANTILES)
    older = age[age > edges[-1]]
    if len(older):
        edges = np.concatenate([edges, np.quantile(older, np.linspace(0, 1, OLDER_COHORTS + 1)[1:-1])])
    number = np.searchsorted(np.unique(edges), age)
    counts = np.bincount(number)
    joined = np.zeros(len(counts), dtype=int)
    cohort = held = 0
    for i, count in enumerate(counts):
        joined[i] = cohort
        held += count
        if held >= MIN_COHORT:
            cohort, held = cohort + 1, 0
    if held and cohort:
        joined[joined == cohort] = cohort - 1
    return joined[number]
