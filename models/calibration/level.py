"""The level of the newest snapshots: wins expected and seen, windows that have not ended included.

A snapshot whose window has not ended shows a part of its wins: the share that comes within the time elapsed. The shift
of log-odds at which expected wins, times that share, equal the wins seen needs no label of a finished window.

Whether such a shift lasts is a property of the business: after a lasting change it does, after a holiday it does not.
So it is multiplied by how much of it lasted at past moments.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from leadlight.models.calibration.parametric import solve_shift

__all__ = ["LevelShift", "estimate_level", "estimate_persistence"]

#: leads won that an estimate needs
MIN_WINS = 20
#: prior standard deviation of the shift, in log-odds
PRIOR_SD = 0.5
MAX_SHIFT = 5.0
#: days between the past moments at which persistence is measured, and days after each whose level it predicts
EVERY_DAYS, LATER_DAYS = 10, 30
#: persistence where the history is too short to measure it, and the sum of squared shifts that counts as much
PRIOR_PERSISTENCE, PRIOR_SQUARES = 0.5, 0.1


class LevelShift(NamedTuple):
    """A shift of all log-odds.

    Parameters
    ----------
    shift : float
        Shrunk towards zero by its error, and multiplied by its persistence.
    error : float or None
        Standard error, by lead, before shrinking; None where nothing was estimated.
    wins : int
        Leads won among the newest snapshots.
    persistence : float or None
        Share of such a shift that lasted at past moments, 0 to 1.
    """

    shift: float = 0.0
    error: float | None = None
    wins: int = 0
    persistence: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return self._asdict()


def estimate_level(
    log_odds: np.ndarray,
    *,
    elapsed: np.ndarray,
    seen: np.ndarray,
    leads: np.ndarray,
    delays: np.ndarray,
    persistence: float = 1.0,
) -> LevelShift:
    """Estimate the shift of the newest snapshots, whether their window has ended or not.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Calibrated log-odds of the snapshots.
    elapsed : ndarray, shape (n,)
        Days since each snapshot.
    seen : ndarray of bool, shape (n,)
        Whether a win has been seen.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    delays : ndarray, shape (m,)
        Days from snapshot to win, of snapshots that won in finished windows.
    persistence : float
        From :func:`estimate_persistence`.
    """
    wins = len(np.unique(leads[seen])) if len(leads) else 0
    if wins < MIN_WINS or len(delays) < MIN_WINS:
        return LevelShift(wins=wins)
    share = _calculate_share(np.sort(delays), elapsed)
    shift = solve_shift(log_odds, int(seen.sum()), MAX_SHIFT, share)
    chance = expit(log_odds + shift)
    _, group = np.unique(leads, return_inverse=True)
    surplus_by_lead = np.bincount(group, seen - chance * share)
    derivative = float((chance * (1 - chance) * share).sum())
    error = float(np.sqrt((surplus_by_lead**2).sum())) / derivative  # delta method, clustered by lead
    shrunk = persistence * shift * PRIOR_SD**2 / (PRIOR_SD**2 + error**2)
    return LevelShift(shrunk + 0.0, error, wins, persistence)  # never -0.0


def estimate_persistence(log_odds: np.ndarray, days: np.ndarray, days_to_win: np.ndarray, span: float) -> float:
    """Estimate how much of the shift of the newest snapshots lasts, at past moments.

    The shift of the snapshots after a moment is regressed, through the origin, on the shift that was estimated at it.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Calibrated log-odds of snapshots whose window has ended.
    days : ndarray, shape (n,)
        Time of each snapshot, in days.
    days_to_win : ndarray, shape (n,)
        Days to its win within the horizon; NaN without one.
    span : float
        Days before a moment whose snapshots its shift is estimated from.

    Returns
    -------
    float
        0 to 1; near a half where few moments have enough wins.
    """
    delays = np.sort(days_to_win[~np.isnan(days_to_win)])
    products = squares = 0.0
    for moment in np.arange(days.min() + span, days.max() - LATER_DAYS, EVERY_DAYS):
        before = (days >= moment - span) & (days < moment)
        after = (days >= moment) & (days < moment + LATER_DAYS)
        elapsed = moment - days[before]
        seen, wins = int((days_to_win[before] < elapsed).sum()), int((~np.isnan(days_to_win[after])).sum())
        if min(seen, wins) < MIN_WINS:
            continue
        shift = solve_shift(log_odds[before], seen, MAX_SHIFT, _calculate_share(delays, elapsed))
        products += shift * solve_shift(log_odds[after], wins, MAX_SHIFT)
        squares += shift**2
    found = (products + PRIOR_PERSISTENCE * PRIOR_SQUARES) / (squares + PRIOR_SQUARES)
    return float(np.clip(found, 0.0, 1.0))


def _calculate_share(delays: np.ndarray, elapsed: np.ndarray) -> np.ndarray:
    """Return the share of wins that come within the time elapsed; delays are sorted."""
    return np.searchsorted(delays, elapsed, side="right") / len(delays)
