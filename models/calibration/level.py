"""The level of the newest snapshots: wins expected and seen, unfinished windows included.

A snapshot whose window has not ended shows a part of its wins: the share that comes within the time elapsed. The shift
of log-odds at which expected wins, times that share, equal the wins seen needs no label of a finished window.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

__all__ = ["LevelShift", "estimate_level"]

#: leads won in unfinished windows that an estimate needs
MIN_WINS = 20
#: prior standard deviation of the shift, in log-odds
PRIOR_SD = 0.5
MAX_SHIFT = 5.0


class LevelShift(NamedTuple):
    """A shift of all log-odds.

    Parameters
    ----------
    shift : float
        Shrunk towards zero by its error.
    error : float or None
        Standard error, by lead, before shrinking; None where nothing was estimated.
    wins : int
        Leads won in unfinished windows.
    """

    shift: float = 0.0
    error: float | None = None
    wins: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return self._asdict()


def estimate_level(
    log_odds: np.ndarray, *, elapsed: np.ndarray, seen: np.ndarray, leads: np.ndarray, delays: np.ndarray
) -> LevelShift:
    """Estimate the shift from snapshots whose window has not ended.

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
    """
    wins = len(np.unique(leads[seen])) if len(leads) else 0
    if wins < MIN_WINS or len(delays) < MIN_WINS:
        return LevelShift(wins=wins)
    share = np.searchsorted(np.sort(delays), elapsed, side="right") / len(delays)

    def surplus(shift: float) -> float:
        return float((expit(log_odds + shift) * share).sum() - seen.sum())

    shift = float(brentq(surplus, -MAX_SHIFT, MAX_SHIFT)) if surplus(-MAX_SHIFT) < 0 < surplus(MAX_SHIFT) else 0.0
    chance = expit(log_odds + shift)
    _, group = np.unique(leads, return_inverse=True)
    surplus_by_lead = np.bincount(group, seen - chance * share)
    derivative = float((chance * (1 - chance) * share).sum())
    error = float(np.sqrt((surplus_by_lead**2).sum())) / derivative  # delta method, clustered by lead
    return LevelShift(shift * PRIOR_SD**2 / (PRIOR_SD**2 + error**2), error, wins)
