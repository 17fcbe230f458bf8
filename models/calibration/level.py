"""The level of log-odds: how many wins the next windows will bring against those that a model expects.

The rate of wins of a business moves: by the season, for a few weeks, or for good. Its own history says which. Wins are
counted by the day on which they came, and compared with the wins that log-odds and the usual delay from snapshot to win
expect on that day. A snapshot whose window has not ended counts with the days that have passed: no label is needed.

The log of the ratio is a constant, a yearly season, a trend, and an Ornstein-Uhlenbeck process (a Gaussian process
that forgets exponentially; Rasmussen and Williams 2006, chapter 4.2.1): what is forgotten soon was a holiday, what is
not is a lasting change. How large changes are, how long they last, and whether there are a season and a trend, is
averaged over by evidence (Bayesian model averaging, Hoeting and others 1999, Statistical Science 14).
"""

from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import multivariate_normal

from leadlight.models.calibration.parametric import solve_shift
from leadlight.models.calibration.yearly_season import DAYS_A_YEAR, build_season_columns

__all__ = ["Level", "estimate_level"]

#: leads won that an estimate needs
MIN_WINS = 20
#: days of history that a season needs: in less it looks like a change
MIN_SEASON_DAYS = 180.0
#: standard deviation of a change in log rate, and days until 63 % of it is forgotten -> weight beforehand. The first is
#: as good as none, and as likely as all others together. Of those that are forgotten soon a window holds many, quiet
#: and busy.
SOON, MONTHS, NEVER = 15.0, 90.0, 2000.0
CHANGES = {
    (0.02, SOON): 9.0, (0.15, SOON): 1.0, (0.3, SOON): 1.0, (0.6, SOON): 1.0,
    (0.15, MONTHS): 1.0, (0.3, MONTHS): 1.0, (0.6, MONTHS): 1.0,
    (0.3, NEVER): 1.0, (0.6, NEVER): 1.0, (1.0, NEVER): 1.0,
}  # fmt: skip
#: what the log rates are linearized under
WIDEST = (1.0, MONTHS)
#: standard deviations of sine and cosine: equally likely beforehand
SEASONS = (0.0, 0.3)
#: standard deviations of a trend in log rate a year, and how likely each is beforehand: few businesses have one
TRENDS = {0.0: 0.8, 0.5: 0.2}
#: variance of the constant
CONSTANT = 4.0
#: days of wins that are counted together
BLOCK = 10
#: fewest newest days of snapshots whose wins put the rate in log-odds
MIN_NEWEST_DAYS = 90.0
MAX_SHIFT, STEPS = 5.0, 20
#: wins that days without snapshots count as having expected
MIN_EXPECTED = 1e-3


class Level(NamedTuple):
    """What moves the log-odds of all snapshots.

    Parameters
    ----------
    shift : float
        Of any night, without its season, in log-odds: what is expected to last for the windows that begin at the end.
    error : float or None
        Standard deviation of the log rate at the end, without the season; None where nothing was estimated.
    sine, cosine : float
        Coefficients of the season of a night, in log-odds.
    season_probability : float
        Probability that there is a season.
    wins : int
        Leads won.
    """

    shift: float = 0.0
    error: float | None = None
    sine: float = 0.0
    cosine: float = 0.0
    season_probability: float = 0.0
    wins: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return self._asdict()


def estimate_level(
    log_odds: np.ndarray,
    *,
    as_of: pd.Series,
    end: pd.Timestamp,
    horizon: float,
    days_to_win: np.ndarray,
    leads: np.ndarray,
    seasonal: bool = True,
) -> Level:
    """Estimate shift and season from all snapshots, whether their window has ended or not.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Of the snapshots, without a season.
    as_of : pd.Series, shape (n,)
        Their moments.
    end : pd.Timestamp
        Outcomes are known up to here.
    horizon : float
        Days of a window.
    days_to_win : ndarray, shape (n,)
        Days to the win that has been seen within the window; NaN without one.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    seasonal : bool
        Whether there may be a season.

    Returns
    -------
    Level
        Without shift and season where fewer than 20 leads won.
    """
    elapsed, seen = (end - as_of).dt.total_seconds().to_numpy() / 86_400, ~np.isnan(days_to_win)
    wins, delays = len(pd.unique(leads[seen])), days_to_win[seen & (elapsed >= horizon)]
    if wins < MIN_WINS or len(delays) < MIN_WINS:
        return Level(wins=wins)
    days = int(np.ceil(horizon))
    share = np.bincount(np.minimum(delays.astype(int), days - 1), minlength=days) / len(delays)
    chance = expit(log_odds)
    expected, actual = _count_by_block(chance, elapsed, share, (elapsed - days_to_win)[seen])
    # a lead that wins does so in several snapshots: they count together as one
    weight = wins / float(seen.sum())
    may_season = seasonal and elapsed.max() >= MIN_SEASON_DAYS
    known, ahead = -(np.arange(len(expected)) + 0.5) * BLOCK, np.arange(days) + 0.5
    season = build_season_columns(pd.Series(end + pd.to_timedelta(known, unit="D")))
    rate, wave, variance, probability = _average_over_priors(
        *_linearize(expected, actual, weight, known),
        known,
        ahead,
        season=season,
        season_sds=SEASONS if may_season else SEASONS[:1],
    )
    newest = elapsed <= elapsed.min() + max(horizon, MIN_NEWEST_DAYS)
    shift = solve_shift(log_odds[newest], float(share @ rate * chance[newest].sum()), MAX_SHIFT)
    moved = expit(log_odds[newest] + shift)
    # d log p = (1 - p) d log-odds, on average over wins
    in_log_odds = moved.sum() / (moved * (1 - moved)).sum()
    # a window sees the season of the days on which its wins come
    turn = share @ np.exp(2j * np.pi * ahead / DAYS_A_YEAR) * in_log_odds * complex(*wave)
    return Level(shift, float(np.sqrt(variance)), float(turn.real), float(turn.imag), probability, wins)


def _count_by_block(
    chance: np.ndarray, elapsed: np.ndarray, share: np.ndarray, days_since_win: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return expected and actual wins of each ten days before the end, newest first; shape (blocks,)."""
    before = elapsed > 0
    first_day = np.ceil(elapsed[before]).astype(int) - 1  # days back of the day that follows a snapshot
    last = int(first_day.max())
    by_day = np.bincount(last - first_day, chance[before], minlength=last + 1)
    expected = np.convolve(by_day, share)[: last + 1][::-1]
    # a win at the moment of the oldest snapshot belongs to the day that follows it
    actual = np.bincount(np.clip(days_since_win, 0, last).astype(int), minlength=last + 1)
    block = np.arange(last + 1) // BLOCK
    return np.bincount(block, expected), np.bincount(block, actual)


def _compute_covariance(
    time: np.ndarray, known: np.ndarray, change: float, length: float, trend: float = 0.0
) -> np.ndarray:
    """Return the covariance of log rates at two sets of days from the end, without the season."""
    changes = change**2 * np.exp(-np.abs(time[:, None] - known) / length)
    return np.asarray(CONSTANT + changes + (trend / DAYS_A_YEAR) ** 2 * np.outer(time, known))


def _linearize(
    expected: np.ndarray, actual: np.ndarray, weight: float, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return log rates and their variances that a normal likelihood takes in place of Poisson counts.

    They are those at the mode under the widest prior (iteratively reweighted least squares).
    """
    covariance = _compute_covariance(known, known, *WIDEST)
    rate = np.zeros(len(expected))
    for _ in range(STEPS):
        mean = np.maximum(expected, MIN_EXPECTED) * np.exp(rate)
        seen, variance = rate + (actual - mean) / mean, 1 / (weight * mean)
        rate = np.clip(covariance @ np.linalg.solve(covariance + np.diag(variance), seen), -MAX_SHIFT, MAX_SHIFT)
    return seen, variance


def _average_over_priors(
    seen: np.ndarray,
    noise: np.ndarray,
    known: np.ndarray,
    ahead: np.ndarray,
    *,
    season: np.ndarray,
    season_sds: tuple[float, ...],
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Return the rate of the days ahead, sine and cosine, variance of the first log rate, probability of a season."""
    fits = []
    for season_sd, trend, (change, length) in product(season_sds, TRENDS, CHANGES):
        covariance = _compute_covariance(known, known, change, length, trend) + np.diag(noise)
        covariance += season_sd**2 * season @ season.T
        evidence = multivariate_normal(cov=covariance).logpdf(seen) + np.log(TRENDS[trend] * CHANGES[change, length])
        to_come = _compute_covariance(ahead, known, change, length, trend)
        pull = np.linalg.solve(covariance, np.column_stack([seen, to_come[0]]))
        log_rate = to_come @ pull[:, 0]
        variance = CONSTANT + change**2 - to_come[0] @ pull[:, 1]
        # a window holds many changes that are forgotten soon: their mean is that of log-normal rates
        rate = np.exp(log_rate + (change**2 / 2 if length == SOON else 0.0))
        fits.append((evidence, rate, season_sd**2 * season.T @ pull[:, 0], log_rate[0], variance))
    evidence, rates, waves, means, variances = (np.array(found) for found in zip(*fits, strict=True))
    posterior = np.exp(evidence - evidence.max())
    posterior /= posterior.sum()
    # variance under each prior, and between them
    variance = posterior @ (variances + (means - posterior @ means) ** 2)
    return posterior @ rates, posterior @ waves, float(variance), float(posterior @ waves.any(axis=1))
