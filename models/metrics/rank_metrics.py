"""Metrics of order and of bins over bootstrap resamples, without sorting each resample again.

A resample repeats rows and keeps their order, so one sort serves all: each metric follows from how often each row
is drawn. The values are those of :data:`~leadlight.models.metrics.metrics.METRICS` on the rows drawn.
"""

from collections.abc import Callable, Iterator

import numpy as np

from leadlight.models.metrics.bootstrap import ClusterBootstrap
from leadlight.models.metrics.metrics import BANDS, order_by_probability, round_for_ranking

__all__ = ["resample_ece", "resample_rank_metrics"]


def resample_rank_metrics(
    p: np.ndarray, won: np.ndarray, bootstrap: ClusterBootstrap, share: float = 0.1
) -> dict[str, np.ndarray]:
    """Compute AUC, average precision and lift over all rows, then over every resample.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Probabilities.
    won : ndarray of int, shape (n,)
        Labels.
    bootstrap : ClusterBootstrap
        Resamples of the same rows.
    share : float
        Top share of the lift.

    Returns
    -------
    dict of str to ndarray, shape (1 + draws,)
        By the names of ``METRICS``; NaN where a resample has one outcome only.
    """
    order = order_by_probability(p)
    ranks, won = round_for_ranking(p[order]), won[order]
    starts = np.flatnonzero(np.r_[True, ranks[1:] != ranks[:-1]])
    values = []
    for drawn in _draw_rows(bootstrap, order):
        rows, wins = (np.add.reduceat(column, starts) for column in (drawn, drawn * won))
        with np.errstate(invalid="ignore", divide="ignore"):
            values.append((*_calculate_auc_and_precision(rows, wins), _calculate_lift(rows, wins, share)))
    return dict(zip(("auc", "average_precision", "lift_at_10_percent"), np.array(values).T, strict=True))


def resample_ece(p: np.ndarray, won: np.ndarray, bootstrap: ClusterBootstrap) -> np.ndarray:
    """Compute the expected calibration error over all rows, then over every resample, shape (1 + draws,).

    Parameters as in :func:`resample_rank_metrics`.
    """
    order = order_by_probability(p)
    residual = (p - won)[order]
    return np.array([_calculate_binned_error(drawn, residual) for drawn in _draw_rows(bootstrap, order)])


def _draw_rows(bootstrap: ClusterBootstrap, order: np.ndarray) -> Iterator[np.ndarray]:
    """Yield ones, then how often each resample has each row, in an order of the rows."""
    lead = bootstrap.group[order]
    yield np.ones(len(order), dtype=np.int64)
    yield from (times[lead] for block in bootstrap.draw_multiplicities() for times in block)


def _calculate_auc_and_precision(rows: np.ndarray, wins: np.ndarray) -> tuple[np.float64, np.float64]:
    """Return both from counts by rank, the lowest first; pairs of one rank count half (Hanley and McNeil 1982)."""
    lost = rows - wins
    auc = wins @ (np.cumsum(lost) - lost / 2) / (np.float64(wins.sum()) * lost.sum())
    precision = np.cumsum(wins[::-1]) / np.maximum(np.cumsum(rows[::-1]), 1)
    return auc, wins[::-1] @ precision / np.float64(wins.sum())


def _calculate_lift(rows: np.ndarray, wins: np.ndarray, share: float) -> float:
    size = int(rows.sum())
    top = max(1, round(size * share))
    found = _interpolate_sum(rows[::-1], wins[::-1])(np.array([top]))[0]
    return float(found / top / (np.float64(wins.sum()) / size))


def _calculate_binned_error(drawn: np.ndarray, residual: np.ndarray) -> float:
    size = int(drawn.sum())
    # bins as of np.array_split: the first ones hold one row more
    sizes = np.full(BANDS, size // BANDS) + (np.arange(BANDS) < size % BANDS)
    gaps = np.diff(_interpolate_sum(drawn, drawn * residual)(np.r_[0, np.cumsum(sizes)]))
    return float(np.abs(gaps).sum() / size)


def _interpolate_sum(rows: np.ndarray, amounts: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the sum of amounts over the first rows as a function of their number: equal rows share it evenly."""
    ends, sums = np.r_[0, np.cumsum(rows)], np.r_[0.0, np.cumsum(amounts)]
    return lambda count: np.asarray(np.interp(count, ends, sums))
