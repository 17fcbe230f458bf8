"""95 % intervals from a bootstrap that resamples whole leads, and Wilson's interval of a proportion."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.stats import binomtest
from threadpoolctl import threadpool_limits

__all__ = [
    "ClusterBootstrap",
    "Interval",
    "calculate_wilson_interval",
    "convert_interval",
    "percentile_interval",
    "proportion_interval",
]

#: value, lower and upper end of a 95 % interval
Interval = tuple[float, float, float]

DRAWS = 500
#: resamples held in memory at a time
BLOCK = 50
#: values of resamples that are kept: an evaluation asks for the same ones a dozen times, and drawing takes longest
MAX_KEPT = 5_000_000


@dataclass(frozen=True)
class ClusterBootstrap:
    """Resamples as many whole leads as there are, with replacement (Field and Welsh 2007).

    Parameters
    ----------
    groups : ndarray, shape (n,)
        Lead of each row.
    seed : int
        Seed. Everything computed with one seed sees the same resamples, so differences and ratios can be
        taken draw by draw.
    draws : int
        Number of resamples.
    """

    groups: np.ndarray
    seed: int
    draws: int = DRAWS

    @cached_property
    def group(self) -> np.ndarray:
        """Number of the lead of each row, shape (n,)."""
        return np.unique(self.groups, return_inverse=True)[1]

    def draw_multiplicities(self) -> Iterator[np.ndarray]:
        """Yield how often each lead is drawn, in blocks of shape (draws, leads)."""
        count = int(self.group.max()) + 1
        kept = count * self.draws <= MAX_KEPT
        yield from (_keep_blocks if kept else _draw_blocks)(count, self.seed, self.draws)

    def resample_sums(self, columns: np.ndarray) -> np.ndarray:
        """Sum columns of shape (k, n) over all rows, then over every resample; shape (1 + draws, k)."""
        sums = np.stack([np.bincount(self.group, column) for column in columns])
        with threadpool_limits(1, user_api="blas"):  # several threads would change the last digits
            return np.vstack([sums.sum(axis=1), *(times @ sums.T for times in self.draw_multiplicities())])

    def resample(self, *statistics: Callable[[np.ndarray], float]) -> np.ndarray:
        """Compute statistics of row numbers over every resample, shape (draws, statistics)."""
        rows = np.arange(len(self.groups))
        draws = (np.repeat(rows, times[self.group]) for block in self.draw_multiplicities() for times in block)
        return np.array([[statistic(drawn) for statistic in statistics] for drawn in draws])


def _draw_blocks(leads: int, seed: int, draws: int) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(seed)
    for start in range(0, draws, BLOCK):
        block = generator.multinomial(leads, np.full(leads, 1 / leads), size=min(BLOCK, draws - start))
        block.setflags(write=False)
        yield block


@lru_cache(maxsize=2)
def _keep_blocks(leads: int, seed: int, draws: int) -> tuple[np.ndarray, ...]:
    return tuple(_draw_blocks(leads, seed, draws))


def convert_interval(interval: Interval) -> dict[str, float]:
    """Return an interval as plain data: value, low, high."""
    return dict(zip(("value", "low", "high"), interval, strict=True))


def percentile_interval(values: np.ndarray) -> Interval:
    """Return a figure and its 95 % percentile interval.

    Parameters
    ----------
    values : ndarray, shape (1 + draws,)
        The figure, then that of each resample; NaN where a resample has none.
    """
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return float(values[0]), float(low), float(high)


def proportion_interval(hits: np.ndarray, rows: np.ndarray, leads: int) -> Interval:
    """Return a share and its 95 % interval.

    Parameters
    ----------
    hits, rows : ndarray, shape (1 + draws,)
        Numerator and denominator, see :meth:`ClusterBootstrap.resample_sums`.
    leads : int
        Leads among the rows. Where none or all are hits, all resamples agree, and the interval is Wilson's
        for that many independent leads.
    """
    share = float(hits[0] / rows[0])
    if 0 < share < 1:
        with np.errstate(invalid="ignore", divide="ignore"):
            return percentile_interval(hits / rows)
    return share, *calculate_wilson_interval(round(share * leads), leads)


def calculate_wilson_interval(hits: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of a proportion (Wilson 1927); 0 to 1 where there is nothing to count."""
    if not count:
        return 0.0, 1.0
    ends = binomtest(hits, count).proportion_ci(confidence, method="wilson")
    return float(ends.low), float(ends.high)
