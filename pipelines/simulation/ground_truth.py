"""Monte Carlo estimate of the true probability to win in the simulation."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from leadlight.pipelines.params.simulation import SimulationSettings
from leadlight.pipelines.simulation import dynamics
from leadlight.pipelines.simulation.event_simulation import EventLog, SimulatedHistory, get_state_at
from leadlight.pipelines.simulation.files import write_parquet, write_text
from leadlight.pipelines.simulation.population import derive_traits
from leadlight.pipelines.simulation.seasonality import (
    AFTER,
    DAY_SECONDS,
    Floats,
    Ints,
    Seasonality,
    convert_time_to_share,
)

__all__ = ["save_state", "simulate_true_probability"]

MAX_REPLICAS = 32_768
"""Futures simulated at once: small enough for the processor cache, large enough for numpy."""
MAX_SECOND = 2**32


def save_state(settings: SimulationSettings, folder: Path, leads: pd.DataFrame, events: SimulatedHistory) -> None:
    """Write the clean state of a simulation to `folder/truth`."""
    truth = folder / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    write_parquet(leads.assign(closed=events.closed, won=events.won), truth / "leads.parquet")
    log = pd.DataFrame({"lead": events.log.lead, "second": events.log.second, "type": events.log.type})
    write_parquet(log, truth / "activities.parquet")
    write_text(settings.model_dump_json(indent=2) + "\n", truth / "settings.json")


def simulate_true_probability(
    settings: SimulationSettings,
    folder: Path,
    snapshots: pd.DataFrame,
    horizon_days: int,
    *,
    draws: int = 64,
    seed: int = 0,
    on_progress: Callable[[float], None] | None = None,
) -> "pd.Series[float]":
    """Estimate the probability that an open lead is won within the horizon, given its past.

    Futures follow the dynamics of the past. Only activities are sampled; closes are integrated exactly by
    summing survival x win probability per day (Rao-Blackwellization), which is far less noisy than counting
    wins.

    Parameters
    ----------
    settings : SimulationSettings
        Settings of the simulation in `folder`.
    folder : Path
        Folder written by `simulate`.
    snapshots : DataFrame, shape (snapshots, >=2)
        `lead_id` (text) and `as_of` (datetime64, UTC without a zone, any second). Each lead must exist and be
        open at `as_of`.
    horizon_days : int
        Length of the window [as_of, as_of + horizon_days), in days; at least 1.
    draws : int
        Futures per snapshot; at least 1.
    seed : int
        Seed of the futures.
    on_progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    Series, shape (snapshots,)
        Probabilities from 0 to 1, with the index of `snapshots`.

    Raises
    ------
    ValueError
        If an argument is invalid, or `folder` was simulated with other settings.
    """
    if horizon_days < 1 or draws < 1:
        name, got = ("horizon_days", horizon_days) if horizon_days < 1 else ("draws", draws)
        raise ValueError(f"The {name} of simulate_true_probability must be at least 1. Got {got}.")
    truth = folder / "truth"
    written = json.loads((truth / "settings.json").read_text())
    if written != json.loads(settings.model_dump_json()):
        raise ValueError(f"The settings of {folder} must be those it was simulated with. Got {settings!r}.")
    leads = pd.read_parquet(truth / "leads.parquet")
    table = pd.read_parquet(truth / "activities.parquet")
    log = EventLog(*(table[name].to_numpy(dtype=np.int64) for name in ("lead", "second", "type")))
    lead, second = _locate(settings, leads, snapshots, horizon_days)
    seasonality = Seasonality.from_span(settings.start, settings.days)

    rng = np.random.Generator(np.random.SFC64(seed))
    result = np.empty(len(snapshots))
    block = max(MAX_REPLICAS // draws, 1)
    for first in range(0, len(snapshots), block):
        part = slice(first, first + block)
        result[part] = _simulate_futures(
            leads, log, seasonality, lead[part], second[part], horizon_days=horizon_days, draws=draws, rng=rng
        )
        if on_progress is not None:
            on_progress(min((first + block) / len(snapshots), 1.0))
    return pd.Series(result, index=snapshots.index, name="true_probability")


def _locate(
    settings: SimulationSettings, leads: pd.DataFrame, snapshots: pd.DataFrame, horizon_days: int
) -> tuple[Ints, Ints]:
    """Validate snapshots; return the row of the lead and the second since the start of the span."""
    lead = pd.Index(leads["lead_id"]).get_indexer(pd.Index(snapshots["lead_id"]))
    if (lead < 0).any():
        got = snapshots["lead_id"].to_numpy()[lead < 0][0]
        raise ValueError(f"The lead_id of a snapshot must be a simulated lead. Got {got}.")
    as_of = pd.to_datetime(snapshots["as_of"])
    second = ((as_of - pd.Timestamp(settings.start)) // pd.Timedelta(seconds=1)).to_numpy(dtype=np.int64)
    created, closed = leads["created"].to_numpy()[lead], leads["closed"].to_numpy()[lead]
    latest = (settings.days + AFTER - horizon_days - 1) * DAY_SECONDS
    wrong = (second < created) | ((closed >= 0) & (closed < second)) | (second > latest)
    if wrong.any():
        got = f"{snapshots['lead_id'].to_numpy()[wrong][0]} at {as_of.to_numpy()[wrong][0]}"
        raise ValueError(
            "The as_of of a snapshot must be a time at which the lead exists and is open, "
            f"with the horizon inside the calendar. Got {got}."
        )
    return np.asarray(lead, dtype=np.int64), np.asarray(second, dtype=np.int64)


def _simulate_futures(
    leads: pd.DataFrame,
    log: EventLog,
    seasonality: Seasonality,
    lead: Ints,
    second: Ints,
    *,
    horizon_days: int,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Average the win probability over sampled futures; shape (snapshots,)."""
    created = leads["created"].to_numpy(dtype=np.int64)[lead]
    day = second // DAY_SECONDS
    # rates are those of the start of the day, also for snapshots in the middle of it
    opened = np.maximum(day * DAY_SECONDS, created)
    key = log.lead * MAX_SECOND + (log.second + MAX_SECOND // 2)
    mark = lead * MAX_SECOND
    first = np.searchsorted(key, mark)
    morning = np.searchsorted(key, mark + opened + MAX_SECOND // 2)
    now = np.searchsorted(key, mark + second + MAX_SECOND // 2)

    start = get_state_at(log, first, morning, day)
    since = get_state_at(log, morning, now, day)
    shape = (len(day), draws)

    state = dynamics.State._make(np.repeat(values[:, None], draws, axis=1) for values in start)
    pace, mail = derive_traits(leads.iloc[lead])
    traits = dynamics.LeadTraits(
        leads["fit"].to_numpy()[lead][:, None], pace[:, None], mail[:, None], (created // DAY_SECONDS)[:, None]
    )
    passed = convert_time_to_share(second % DAY_SECONDS)[:, None]
    survival, chance = np.ones(shape), np.zeros(shape)
    for ahead in range(horizon_days + 1):
        share = passed if ahead == horizon_days else 1.0 - passed if ahead == 0 else np.ones_like(passed)
        if not share.any():
            break
        when = day[:, None] + ahead
        today = dynamics.compute_daily_rates(seasonality, traits, state, when)
        hazard = today.win + today.loss
        leaves = -np.expm1(-hazard * share) * survival
        chance += leaves * today.win / np.maximum(hazard, 1e-300)
        survival -= leaves
        if ahead == horizon_days:
            break
        step = dynamics.sample_events(today, share, rng)
        if ahead == 0:
            state = dynamics.State(
                state.short + since.short[:, None],
                state.long + since.long[:, None],
                np.maximum(state.last, since.last[:, None]),
                np.maximum(state.gone, since.gone[:, None]),
            )
        state = dynamics.update_state(state, step, when)
    return np.asarray(chance.mean(axis=1), dtype=np.float64)
