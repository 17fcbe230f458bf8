"""Dynamics of the simulation: one daily step, used for the past and for true probabilities.

Within a day (UTC midnight to midnight, or from a lead's creation to midnight) rates are those of its first
second times the share of the day's activity that passes (`seasonality.convert_time_to_share`). Ages of
activities count in calendar days. A step may therefore start or end at any second, and adding up a day's
activities before they decay is equivalent to handling them one by one.

The future depends only on fit and pace (functions of true attributes), consent, the calendar, and the lead's
past activities: two decayed sums, the day of the last one, and whether there was an unsubscribe.
"""

from typing import NamedTuple

import numpy as np

from leadlight.pipelines.simulation.seasonality import Floats, Ints, Seasonality

__all__ = [
    "TYPES",
    "DailyRates",
    "LeadTraits",
    "SampledEvents",
    "State",
    "compute_daily_rates",
    "sample_events",
    "update_state",
]

TYPES = (
    "page_view",
    "pricing_page",
    "email_open",
    "email_click",
    "whitepaper_download",
    "webinar",
    "demo_request",
    "form_submit",
    "sales_call",
    "unsubscribe",
)
UNSUBSCRIBE = TYPES.index("unsubscribe")

SHORT_HALF_LIFE, LONG_HALF_LIFE = 7.0, 28.0
"""Half-lives of an activity's weight in days: short-term interest, long-term intent."""
SHORT_WEIGHT = np.array([0.8, 1.6, 0.2, 0.8, 1.0, 1.2, 2.5, 0.8, 1.2, 0.0])
LONG_WEIGHT = np.array([0.05, 1.0, 0.0, 0.1, 0.6, 1.0, 3.5, 0.4, 1.2, 0.0])

# activities per day and type, in the order of TYPES, for each of the four terms of DailyRates
MIX = np.array(
    [
        [0.200, 0.018, 0.000, 0.000, 0.012, 0.005, 0.0030, 0.004, 0.022, 0.000],
        [0.060, 0.010, 0.000, 0.000, 0.004, 0.002, 0.0025, 0.002, 0.012, 0.000],
        [0.000, 0.000, 0.200, 0.025, 0.000, 0.000, 0.0000, 0.000, 0.000, 0.008],
        [0.000, 0.000, 0.080, 0.040, 0.000, 0.000, 0.0000, 0.000, 0.000, 0.000],
    ]
)
RATE = MIX.sum(axis=1)

WIN_LEVEL, WIN_FIT, WIN_SHORT, WIN_LONG, WIN_BOTH = -9.6, 0.70, 0.72, 1.55, 0.35
LOSS_LEVEL, LOSS_SILENCE = -6.65, 0.9
WIN_SILENCE = 0.5
WIN_UNSUBSCRIBED, LOSS_UNSUBSCRIBED = 0.35, 1.8
MAX_HAZARD = 0.12


class LeadTraits(NamedTuple):
    """Fixed traits of leads; arrays broadcast against those of `State`."""

    fit: Floats
    """Standardized: mean about 0, standard deviation about 1."""
    pace: Floats
    """Factor on the lead's own activity."""
    mail: Floats
    """1 where campaign mail may be sent, else 0."""
    created: Ints
    """Day number of the creation."""


class State(NamedTuple):
    """State of leads at the start of a step."""

    short: Floats
    long: Floats
    last: Ints
    """Day number of the latest activity."""
    gone: Floats
    """1 after an unsubscribe, else 0."""


class DailyRates(NamedTuple):
    """Rates and hazards that hold for a day."""

    terms: tuple[Floats, Floats, Floats, Floats]
    activity: Floats
    """Activities per day."""
    win: Floats
    loss: Floats
    """Hazards per day."""


class SampledEvents(NamedTuple):
    """Activities sampled for a step, one entry each."""

    replica: Ints
    """Position in the flattened state."""
    type: Ints


def compute_daily_rates(seasonality: Seasonality, traits: LeadTraits, state: State, day: Ints) -> DailyRates:
    """Compute rates and hazards of a day from the state at its start.

    Parameters
    ----------
    seasonality : Seasonality
        Calendar tables.
    traits, day : LeadTraits, ndarray
        Broadcast against the state: shape (leads,) or (snapshots, 1).
    state : State
        Arrays of shape (leads,) or (snapshots, draws).

    Returns
    -------
    DailyRates
        Rates and hazards per day, in the shape of the state.
    """
    row = seasonality.get_row(day)
    season, wave, closing = seasonality.season[row], seasonality.wave[row], seasonality.closing[row]
    age = np.maximum(day - traits.created, 0).astype(np.float64)
    short, long = np.log1p(state.short), np.log1p(state.long)

    spontaneous = season * traits.pace * (0.05 + 0.95 * np.exp2(-age / 14.0))
    interest = season * short
    reached = wave * traits.mail * (1.0 - state.gone)
    terms = (spontaneous + np.zeros_like(short), interest, reached * traits.pace, reached * short)
    activity = sum((term * rate for term, rate in zip(terms, RATE, strict=True)), np.zeros_like(short))

    # deals take time: the hazards start near zero at the lead's creation
    ready = closing * (1.0 - np.exp2(-((age / 9.0) ** 2)))
    given_up = closing * (1.0 - np.exp2(-age / 10.0))
    engaged = WIN_SHORT * short + WIN_LONG * long
    silence = np.log1p(np.maximum(day - state.last, 0) / 14.0)
    win = ready * np.exp(
        WIN_LEVEL + WIN_FIT * traits.fit + engaged + WIN_BOTH * traits.fit * long - WIN_SILENCE * silence
    )
    loss = given_up * np.exp(LOSS_LEVEL + LOSS_SILENCE * silence)
    win = np.minimum(win * np.where(state.gone > 0, WIN_UNSUBSCRIBED, 1.0), MAX_HAZARD)
    loss = loss * np.where(state.gone > 0, LOSS_UNSUBSCRIBED, 1.0)
    return DailyRates(terms=terms, activity=activity, win=win, loss=loss)


def sample_events(today: DailyRates, share: Floats, rng: np.random.Generator) -> SampledEvents:
    """Sample the activities of a step.

    The number per replica is Poisson with the total rate; types are sampled by their shares in it. This is
    equivalent to independent Poisson counts per type, with far fewer draws.

    Parameters
    ----------
    today : DailyRates
        Rates of the day.
    share : ndarray
        Share of the day's activity that the step covers, 0 to 1; broadcasts against the rates.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    SampledEvents
        Replicas (ascending) and types of the activities.
    """
    counts = np.asarray(rng.poisson(today.activity * share), dtype=np.int64).ravel()
    active = np.flatnonzero(counts)
    replica = np.repeat(active, counts[active])
    weights = np.stack([np.broadcast_to(term, today.activity.shape).ravel()[replica] for term in today.terms])
    cumulative = np.cumsum(weights.T @ MIX, axis=1)
    position = rng.random(len(replica)) * cumulative[:, -1]
    kind = (position[:, None] >= cumulative).sum(axis=1)
    return SampledEvents(replica=replica, type=np.minimum(kind, len(TYPES) - 1))


def update_state(state: State, step: SampledEvents, day: Ints) -> State:
    """Return the state at the next midnight: add the day's activities, then decay by one day."""
    shape, size = state.short.shape, state.short.size
    short = state.short + np.bincount(step.replica, SHORT_WEIGHT[step.type], size).reshape(shape)
    long = state.long + np.bincount(step.replica, LONG_WEIGHT[step.type], size).reshape(shape)
    last, gone = state.last.copy(), state.gone.copy()
    last.ravel()[step.replica] = np.broadcast_to(day, shape).ravel()[step.replica]
    gone.ravel()[step.replica[step.type == UNSUBSCRIBE]] = 1.0
    return State(
        short=short * 2.0 ** (-1.0 / SHORT_HALF_LIFE), long=long * 2.0 ** (-1.0 / LONG_HALF_LIFE), last=last, gone=gone
    )
