"""Simulate events day by day: first visits, then activities until the deal is closed or the span ends."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadlight.pipelines.simulation import dynamics
from leadlight.pipelines.simulation.population import derive_traits
from leadlight.pipelines.simulation.seasonality import (
    DAY_SECONDS,
    Floats,
    Ints,
    Seasonality,
    convert_share_to_time,
    convert_time_to_share,
)

__all__ = ["EventLog", "SimulatedHistory", "get_state_at", "simulate_events"]


class EventLog(NamedTuple):
    """Activities, one entry each, ordered by lead and time."""

    lead: Ints
    second: Ints
    """Since the start of the span; negative before it."""
    type: Ints

    @classmethod
    def from_parts(cls, parts: "list[tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]]") -> "EventLog":
        """Concatenate parts (lead, second, type) into one ordered log."""
        lead, second, kind = (np.concatenate([np.asarray(part[i], dtype=np.int64) for part in parts]) for i in range(3))
        order = np.lexsort((kind, second, lead))
        return cls(lead=lead[order], second=second[order], type=kind[order])


class SimulatedHistory(NamedTuple):
    """Events of all leads within the span."""

    log: EventLog
    """Activities up to the close."""
    closed: Ints
    """Second of the close, or -1 while open."""
    won: npt.NDArray[np.bool_]


def get_state_at(log: EventLog, first: Ints, stop: Ints, day: Ints) -> dynamics.State:
    """Compute the states of leads from slices of a log.

    Parameters
    ----------
    log : EventLog
        Ordered activities.
    first, stop : ndarray, shape (rows,)
        Each row's slice of the log, `first` to `stop` (exclusive).
    day : ndarray, shape (rows,)
        Day number at which the state holds.

    Returns
    -------
    State
        Arrays of shape (rows,). Without activities the last one counts as on day -60.
    """
    length = stop - first
    row = np.repeat(np.arange(len(first)), length)
    entry = np.arange(len(row)) + np.repeat(first - (np.cumsum(length) - length), length)
    on, kind = log.second[entry] // DAY_SECONDS, log.type[entry]
    age = (day[row] - on).astype(np.float64)
    last = np.full(len(first), -60, dtype=np.int64)
    np.maximum.at(last, row, on)
    short: Floats = np.zeros(len(first))
    np.add.at(short, row, dynamics.SHORT_WEIGHT[kind] * np.exp2(-age / dynamics.SHORT_HALF_LIFE))
    long: Floats = np.zeros(len(first))
    np.add.at(long, row, dynamics.LONG_WEIGHT[kind] * np.exp2(-age / dynamics.LONG_HALF_LIFE))
    gone = np.bincount(row, kind == dynamics.UNSUBSCRIBE, len(first)) > 0
    return dynamics.State(short=short, long=long, last=last, gone=gone.astype(np.float64))


def _simulate_first_visits(leads: pd.DataFrame, pace: Floats, rng: np.random.Generator) -> EventLog:
    """Simulate anonymous visits, and the form that creates the lead."""
    n = len(leads)
    form = leads["form"].to_numpy()
    everyone = np.arange(n)
    code = dynamics.TYPES.index
    parts: list[tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]] = [
        (everyone, form, np.full(n, code("form_submit")))
    ]

    # purpose of the form: a paper, a webinar, a demo, or just contact
    fit, source = leads["fit"].to_numpy(), leads["source"].to_numpy()
    wish = rng.random(n)
    demo = wish < 0.09 / (1.0 + np.exp(-fit)) * np.where(source == "Referral", 2.0, 1.0)
    webinar = ~demo & (wish > np.where(source == "Webinar", 0.1, 0.95))
    paper = ~demo & ~webinar & (wish > 0.68) & (source != "Trade fair")
    for chosen, name in ((demo, "demo_request"), (webinar, "webinar"), (paper, "whitepaper_download")):
        parts.append((everyone[chosen], form[chosen] - 1, np.full(chosen.sum(), code(name))))

    visits = rng.poisson(1.8 * pace * np.where(source == "Trade fair", 0.3, 1.0))
    lead = np.repeat(everyone, visits)
    days_before = rng.geometric(0.3, size=len(lead)) - 1
    day = form[lead] // DAY_SECONDS - days_before
    second = day * DAY_SECONDS + convert_share_to_time(rng.random(len(lead)))
    same_visit = form[lead] - rng.integers(30, 1_500, size=len(lead))
    second = np.where(days_before == 0, same_visit, second)
    priced = rng.random(len(lead)) < 0.10
    parts.append((lead, second, np.where(priced, code("pricing_page"), code("page_view"))))
    return EventLog.from_parts(parts)


def simulate_events(
    leads: pd.DataFrame,
    days: int,
    seasonality: Seasonality,
    rng: np.random.Generator,
    on_progress: Callable[[float], None] | None = None,
) -> SimulatedHistory:
    """Simulate all leads day by day.

    Parameters
    ----------
    leads : DataFrame
        From `population.sample_leads`.
    days : int
        Length of the span.
    seasonality : Seasonality
        Calendar tables.
    rng : numpy.random.Generator
        Source of randomness.
    on_progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    SimulatedHistory
        Activities up to the close, and the closes.
    """
    n = len(leads)
    created = leads["created"].to_numpy(dtype=np.int64)
    created_day = created // DAY_SECONDS
    pace, mail = derive_traits(leads)
    fit = leads["fit"].to_numpy()
    visits = _simulate_first_visits(leads, pace, rng)
    bounds = np.searchsorted(visits.lead, np.arange(n + 1))
    state = get_state_at(visits, bounds[:-1], bounds[1:], created_day)
    elapsed = convert_time_to_share(created % DAY_SECONDS)  # share of the first day before the creation
    closed, won = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=bool)
    parts: list[tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]] = [(visits.lead, visits.second, visits.type)]

    for day in range(days):
        here = np.flatnonzero((created_day <= day) & (closed < 0))
        if on_progress is not None:
            on_progress((day + 1) / days)
        if not len(here):
            continue
        now = np.full(len(here), day, dtype=np.int64)
        gone_share = np.where(created_day[here] == day, elapsed[here], 0.0)
        current = dynamics.State(state.short[here], state.long[here], state.last[here], state.gone[here])
        traits = dynamics.LeadTraits(fit[here], pace[here], mail[here], created_day[here])
        today = dynamics.compute_daily_rates(seasonality, traits, current, now)
        step = dynamics.sample_events(today, 1.0 - gone_share, rng)
        at = gone_share[step.replica] + (1.0 - gone_share[step.replica]) * rng.random(len(step.replica))
        second = day * DAY_SECONDS + convert_share_to_time(at)

        hazard = today.win + today.loss
        waited = gone_share + rng.exponential(size=len(here)) / np.maximum(hazard, 1e-300)
        closes = waited < 1.0
        closed[here[closes]] = day * DAY_SECONDS + convert_share_to_time(waited[closes])
        won[here[closes]] = rng.random(closes.sum()) * hazard[closes] < today.win[closes]

        lead = here[step.replica]
        kept = (closed[lead] < 0) | (second < closed[lead])
        parts.append((lead[kept], second[kept], step.type[kept]))
        after = dynamics.update_state(current, step, now)
        state.short[here], state.long[here] = after.short, after.long
        state.last[here], state.gone[here] = after.last, after.gone
    return SimulatedHistory(log=EventLog.from_parts(parts), closed=closed, won=won)
