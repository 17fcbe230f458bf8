"""Difference of two shares among leads of equal age, and its change from cohort to cohort."""

from typing import NamedTuple

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from leadlight.models.metrics.bootstrap import calculate_wilson_interval
from leadlight.pipelines.audit.univariate import CONFIDENCE

__all__ = ["Estimate", "compare_between", "compare_within"]

Z = float(norm.ppf((1 + CONFIDENCE) / 2))


class Estimate(NamedTuple):
    """A figure with its 99 % interval."""

    value: float
    low: float
    high: float


def compare_within(filled: np.ndarray, closed: np.ndarray, cohort: np.ndarray) -> tuple[Estimate, float, float] | None:
    """Compare the filled share of closed and of other leads within cohorts.

    Cohorts are weighted as by Mantel and Haenszel (1959): each counts as much as it tells. The interval is that of
    Newcombe (1998, method 10) on the weighted shares, with the number of leads that has the variance of the weights
    (Yan and Su 2010), so that shares of 0 and 1 have an interval too.

    Parameters
    ----------
    filled, closed : ndarray of bool, shape (n,)
        Per lead.
    cohort : ndarray of int, shape (n,)
        Its cohort, from 0.

    Returns
    -------
    tuple or None
        The difference, the weighted share of closed and that of other leads; None without a cohort that has both.
    """
    size = int(cohort.max()) + 1
    leads = np.array([np.bincount(cohort[closed == ended], minlength=size) for ended in (True, False)], dtype=float)
    hits = np.array([np.bincount(cohort[(closed == ended) & filled], minlength=size) for ended in (True, False)])
    both = (leads > 0).all(axis=0)
    if not both.any():
        return None
    leads, hits = leads[:, both], hits[:, both]
    weight = leads[0] * leads[1] / leads.sum(axis=0)
    weight /= weight.sum()
    shares = (weight * hits / leads).sum(axis=1).round(12)  # a sum of weights is not quite one
    counts = 1 / (weight**2 / leads).sum(axis=1)
    ends = [
        calculate_wilson_interval(round(share * count), max(round(count), 1), CONFIDENCE)
        for share, count in zip(shares, counts, strict=True)
    ]
    (low, high), (low_other, high_other) = ends
    one, other = (float(share) for share in shares)
    value = one - other
    below = np.hypot(one - low, high_other - other)
    above = np.hypot(high - one, other - low_other)
    return Estimate(value, float(value - below), float(value + above)), one, other


def compare_between(filled: np.ndarray, close_share: np.ndarray, cohort: np.ndarray, age: np.ndarray) -> Estimate:
    """Estimate how the filled share of whole cohorts changes from none closed to all closed.

    A regression of filled shares on expected closed shares and mean ages of cohorts, by weighted least squares: the
    difference between groups beside the one within groups (Mundlak 1978). Its errors are never below those of binomial
    shares.

    Parameters
    ----------
    filled : ndarray of bool, shape (n,)
        Per lead.
    close_share : ndarray of float, shape (n,)
        Share of all leads that have closed at its age. That of its cohort would not do: a cohort that happens to have
        more leads with the value would have more closed ones too, where the value only goes with a close.
    cohort : ndarray of int, shape (n,)
        Its cohort, from 0.
    age : ndarray of float, shape (n,)
        Its age.

    Returns
    -------
    Estimate
        Unbounded where the closed shares do not vary.
    """
    leads = np.bincount(cohort).astype(float)
    means = [np.bincount(cohort, values.astype(float)) / leads for values in (close_share, age, filled)]
    design = np.column_stack([np.ones(len(leads)), means[0], (means[1] - means[1].mean()) / (means[1].std() or 1.0)])
    free = len(leads) - design.shape[1]
    if free < 1 or np.linalg.matrix_rank(design * np.sqrt(leads)[:, None]) < design.shape[1]:
        return Estimate(float("nan"), -np.inf, np.inf)
    inverse = np.linalg.inv(design.T @ (design * leads[:, None]))
    slope = inverse @ design.T @ (leads * means[2])
    rest = means[2] - design @ slope
    overall = float(filled.mean())
    scale = max(float((leads * rest**2).sum() / free), overall * (1 - overall))
    error = float(np.sqrt(scale * inverse[1, 1])) * float(student.ppf((1 + CONFIDENCE) / 2, free))
    value = float(slope[1])
    return Estimate(value, value - error, value + error)
