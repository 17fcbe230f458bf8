"""The past of a world: activities day by day, closes, and a base rate that gives the wanted number of wins."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq

from worlds.dynamics import (
    LOSS,
    TYPES,
    Singles,
    State,
    add_activities,
    compute_calendar,
    compute_engagement,
    compute_win_chance,
    decay,
    sample_activities,
    start_state,
)
from worlds.laws import LAWS, Law
from worlds.population import DAYS, MEAN_FIT, sample_leads

__all__ = ["World", "compute_past_chances", "simulate_world"]

#: wins that are expected within the span
WINS = 1250
#: forms that create a lead: activity type and share
FORMS = {"whitepaper": 0.5, "webinar": 0.2, "email_click": 0.22, "demo_request": 0.08}
ROWS = 2000


@dataclass(frozen=True)
class World:
    """A simulated past.

    Parameters
    ----------
    law : Law
        Its law.
    base : float
        Constant of the log hazard.
    leads : DataFrame
        As of :func:`worlds.population.sample_leads`, with `closed_day` (the span's length if open) and `won`.
    activities : DataFrame
        lead (row), day, second of the day and type, up to the close.
    engagement : ndarray, shape (leads, DAYS + 1)
        Engagement at the start of each day, as if no lead closed.
    state : State
        The state at the end of the span.
    """

    law: Law
    base: float
    leads: pd.DataFrame
    activities: pd.DataFrame
    engagement: Singles
    state: State


def simulate_world(name: str, seed: int, leads: int | None = None, wins: float = WINS) -> World:
    """Simulate the past of a world.

    Parameters
    ----------
    name : str
        Name of the law.
    seed : int
        Seed; the same seed gives the same world.
    leads : int, optional
        Number of leads, for a small world.
    wins : float
        Number of wins expected, which sets the base rate.

    Returns
    -------
    World
        The past.
    """
    law = LAWS[name]
    rng = np.random.default_rng([list(LAWS).index(name), seed])
    people = sample_leads(law, rng, leads)
    activities, engagement, state = _simulate_activities(law, people, rng)
    base = _calibrate(law, people, engagement, wins)
    world = World(law, base, people, activities, engagement, state)
    closed, won = _sample_closes(world, rng)
    people = people.assign(closed_day=closed, won=won)
    kept = activities["day"].to_numpy() <= closed[activities["lead"].to_numpy()]
    return World(law, base, people, activities[kept].reset_index(drop=True), engagement, state)


def compute_past_chances(
    law: Law, base: float, leads: pd.DataFrame, engagement: Singles, *, own: Singles, fit: Singles
) -> Singles:
    """Compute the chance to win on each past day, 0 up to the day of creation.

    Parameters
    ----------
    law : Law
        The law of the world.
    base : float
        Constant of the log hazard.
    leads : DataFrame
        Some leads of the world.
    engagement : ndarray, shape (len(leads), DAYS + 1)
        Their engagement.
    own, fit : ndarray, shape (len(leads),)
        Their effects that last, and their fit.

    Returns
    -------
    ndarray, shape (len(leads), DAYS)
        The chances.
    """
    created = leads["created_day"].to_numpy()[:, None]
    days = np.arange(DAYS)[None, :]
    acts = np.zeros_like(engagement[:, :DAYS])
    acts[:, law.delay_days :] = engagement[:, : DAYS - law.delay_days]
    calendar = compute_calendar(law, days).astype(np.float32)
    age = np.maximum(days - created, 0).astype(np.float32)
    centred = (fit - np.float32(MEAN_FIT))[:, None]
    chances = compute_win_chance(
        law, base, calendar=calendar, age=age, engagement=acts, own=own[:, None], centred_fit=centred
    )
    return chances * (days > created)


def _simulate_activities(
    law: Law, leads: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, Singles, State]:
    created = leads["created_day"].to_numpy()
    state = start_state(len(leads))
    engagement = np.zeros((len(leads), DAYS + 1), dtype=np.float32)
    form_types = np.array([list(TYPES).index(name) for name in FORMS])
    forms = form_types[rng.choice(len(FORMS), size=len(leads), p=list(FORMS.values()))]
    parts = [(np.arange(len(leads)), created, leads["created_second"].to_numpy(), forms)]
    starts = np.searchsorted(created, np.arange(DAYS + 2))
    for day in range(DAYS):
        new, end = starts[day], starts[day + 1]
        there = State(*(part[:new] for part in state))
        engagement[:new, day] = compute_engagement(law, there)
        place, kinds = sample_activities(law, there, (day - created[:new]).astype(np.float32), rng)
        add_activities(there, place, kinds)
        parts.append((place, np.full(len(place), day), rng.integers(6 * 3600, 20 * 3600, size=len(place)), kinds))
        today = np.arange(new, end)
        add_activities(state, today, forms[today])
        decay(law, State(*(part[:end] for part in state)))
    engagement[:, DAYS] = compute_engagement(law, state)
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    table = dict(zip(("lead", "day", "second", "type"), columns, strict=True))
    return pd.DataFrame(table), engagement, state


def _list_chunks(size: int) -> list[slice]:
    return [slice(first, first + ROWS) for first in range(0, size, ROWS)]


def _compute_own(leads: pd.DataFrame) -> tuple[Singles, Singles]:
    own = (leads["fit"] + leads["hidden"] + leads["unqualified"]).to_numpy(dtype=np.float32)
    return own, leads["fit"].to_numpy(dtype=np.float32)


def _calibrate(law: Law, leads: pd.DataFrame, engagement: Singles, wins: float) -> float:
    """Find the base rate by bisection on the number of wins that is expected."""
    own, fit = _compute_own(leads)

    def count(base: float) -> float:
        total = 0.0
        for part in _list_chunks(len(leads)):
            chances = compute_past_chances(law, base, leads.iloc[part], engagement[part], own=own[part], fit=fit[part])
            open_until = np.cumprod(1 - chances - np.float32(LOSS) * (chances > 0), axis=1)
            total += float(chances[:, 0].sum() + (open_until[:, :-1] * chances[:, 1:]).sum())
        return total - wins

    return float(brentq(count, -20.0, 0.0, xtol=1e-3))


def _sample_closes(world: World, rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    leads = world.leads
    own, fit = _compute_own(leads)
    closed, won = np.full(len(leads), DAYS), np.zeros(len(leads), dtype=bool)
    for part in _list_chunks(len(leads)):
        chances = compute_past_chances(
            world.law, world.base, leads.iloc[part], world.engagement[part], own=own[part], fit=fit[part]
        )
        drawn = rng.random(chances.shape, dtype=np.float32)
        closes = (drawn < chances + np.float32(LOSS)) & (chances > 0)
        first = np.argmax(closes, axis=1)
        rows = np.flatnonzero(closes.any(axis=1))
        closed[part.start + rows] = first[rows]
        won[part.start + rows] = drawn[rows, first[rows]] < chances[rows, first[rows]]
    return closed, won
