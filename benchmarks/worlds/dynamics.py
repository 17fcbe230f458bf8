"""One day of a world: activities, engagement and the daily chance to win, the same for the past and for futures."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from worlds.laws import Law
from worlds.population import DAYS

__all__ = ["LOSS", "MEAN_ENGAGEMENT", "TYPES", "State", "add_activities", "compute_calendar", "compute_engagement",
           "compute_win_chance", "decay", "sample_activities", "start_state"]  # fmt: skip

Singles = npt.NDArray[np.float32]
#: activity type: share of the activities, weight in both memories
TYPES = {
    "page_view": (0.50, 0.4), "email_click": (0.20, 0.6), "pricing_page": (0.10, 1.5), "whitepaper": (0.07, 0.9),
    "webinar": (0.06, 1.2), "demo_request": (0.04, 3.0), "unsubscribe": (0.03, 0.0),
}  # fmt: skip
SHARES, WEIGHTS = (np.array(column, dtype=np.float32) for column in zip(*TYPES.values(), strict=True))
UNSUBSCRIBE = list(TYPES).index("unsubscribe")
#: daily chance of an open lead to be lost
LOSS = 0.006
MAX_WIN = 0.3
#: activities a day: lasting, and at first; days until half of the latter is left
LASTING, FIRST, FADING_DAYS = 0.015, 0.13, 25.0
MEAN_ENGAGEMENT = 0.4
DAYS_OF_YEAR = 365.25


class State(NamedTuple):
    """Decayed activities in the short and the long memory, and whether the lead has unsubscribed (1 or 0)."""

    short: Singles
    long: Singles
    gone: Singles


def start_state(shape: int | tuple[int, ...]) -> State:
    """Return the state of leads without an activity."""
    return State(*(np.zeros(shape, dtype=np.float32) for _ in range(3)))


def sample_activities(
    law: Law, state: State, age: Singles, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Sample the activities of a day, at most one per lead: flat places in the state, and types.

    They depend on age and own past activities alone, not on attributes.
    """
    rate = LASTING + FIRST * np.exp2(age / np.float32(-FADING_DAYS))
    rate = np.float32(law.sessions) * rate * (1 + 0.5 * np.log1p(state.short)) * (1 - 0.7 * state.gone)
    place = np.flatnonzero(rng.random(rate.shape, dtype=np.float32) < -np.expm1(-rate))
    kinds = np.searchsorted(np.cumsum(SHARES)[:-1], rng.random(len(place), dtype=np.float32), side="right")
    return place, kinds


def add_activities(state: State, place: npt.NDArray[np.int64], kinds: npt.NDArray[np.int64]) -> None:
    """Add activities to a state, each place once; arrays of the state must be contiguous."""
    state.short.reshape(-1)[place] += WEIGHTS[kinds]
    state.long.reshape(-1)[place] += WEIGHTS[kinds]
    state.gone.reshape(-1)[place[kinds == UNSUBSCRIBE]] = 1


def decay(law: Law, state: State) -> None:
    """Let both memories fade by a day."""
    for half_life, memory in zip(law.half_lives, state[:2], strict=True):
        np.multiply(memory, np.float32(0.5 ** (1 / half_life)), out=memory)


def compute_engagement(law: Law, state: State) -> Singles:
    """Compute the part of the log hazard that activities make."""
    short, long = (np.float32(law.signal * coefficient) for coefficient in law.memory)
    return short * np.log1p(state.short) + long * np.log1p(state.long) - np.float32(law.signal) * state.gone


def compute_calendar(law: Law, day: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Compute the part of the log hazard that the calendar makes."""
    day = np.asarray(day)
    wave = law.season * np.cos(2 * np.pi * (day - law.peak_day) / DAYS_OF_YEAR)
    return np.asarray(wave + law.drift * (day - DAYS) / DAYS_OF_YEAR, dtype=np.float64)


def compute_win_chance(
    law: Law,
    base: float,
    *,
    calendar: Singles | np.float32,
    age: Singles,
    engagement: Singles,
    own: Singles,
    centred_fit: Singles,
) -> Singles:
    """Compute the chance of an open lead to win on a day; arguments broadcast.

    Parameters
    ----------
    law : Law
        The law of the world.
    base : float
        Constant of the log hazard.
    calendar, age, engagement : ndarray
        Season and drift of the day, days since creation, engagement that acts on the day.
    own : ndarray
        Effects of the lead that last: fit, hidden cause, campaign.
    centred_fit : ndarray
        Fit less its mean, for the product with engagement.
    """
    lasting = np.float32(base) + calendar - np.float32(law.signal / 240) * age + engagement
    total = lasting + own
    if law.interaction:
        total += np.float32(law.interaction) * centred_fit * (engagement - np.float32(MEAN_ENGAGEMENT))
    return np.minimum(np.exp(total, out=total), np.float32(MAX_WIN), out=total)
