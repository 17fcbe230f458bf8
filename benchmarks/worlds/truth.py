"""The true probability to win, by added-up chances over simulated futures, and what of it the export can tell."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from worlds.dynamics import (
    LOSS,
    Singles,
    State,
    add_activities,
    compute_calendar,
    compute_engagement,
    compute_win_chance,
    decay,
    sample_activities,
)
from worlds.history import World, compute_past_chances
from worlds.population import CATEGORIES, DAYS, MEAN_FIT, NODES, Floats, compute_effect, list_fit_nodes

__all__ = ["ATTRIBUTES", "HORIZON", "compute_truth", "list_nodes"]

Rows = npt.NDArray[np.int64]
HORIZON, FUTURES = 90, 300
#: futures simulated at once, of all leads of a batch
MAX_REPLICAS = 30_000
#: attributes of a lead that the export may miss
ATTRIBUTES = ("employees", *CATEGORIES)


def compute_truth(world: World, missing: pd.DataFrame, seed: int, futures: int = FUTURES) -> pd.DataFrame:
    """Compute the probability of each lead open at the end of the span to win within the horizon.

    In each future only the activities are drawn. The chances to win of its days are added up, each times the chance
    that the lead is still open: no win is drawn, so that 300 futures are enough. A lost lead cannot win, so the sum
    is that of the chances weighted with survival, which without losses is 1 - prod(1 - chance).

    The column `given_export` is the mean of that probability over what is not exported: missing attributes and the
    hidden cause of the law. Its weights are the shares among all leads (attributes are independent of each other)
    times the probability of having stayed open until now, by Bayes' rule, along the activities that are exported.
    That is the best forecast from the export for whoever knows the law. Activities depend on no attribute, and
    missingness on no value, so neither tells anything about what is missing. Ignored: the other leads (nobody can
    learn the law exactly from 1,250 wins), the merging of the distribution to some nodes, and times of day, of which
    no law makes use. That all newsletter sign-ups of a campaign week are unqualified counts as known.

    Parameters
    ----------
    world : World
        The past.
    missing : DataFrame of bool, shape (leads, attributes)
        What is missing in the export.
    seed : int
        Seed of the futures.
    futures : int
        Futures per lead.

    Returns
    -------
    DataFrame, shape (open leads, 4)
        lead_id, age_days, probability, given_export.
    """
    leads = world.leads
    rng = np.random.Generator(np.random.SFC64([seed, 1]))
    rows = np.flatnonzero((leads["closed_day"] == DAYS).to_numpy())
    fit, weights = list_nodes(world, missing, rows)
    own = fit + leads["unqualified"].to_numpy(dtype=np.float32)[rows, None]
    own[:, 0] += leads["hidden"].to_numpy(dtype=np.float32)[rows]
    chances = np.empty(own.shape)
    batch = max(MAX_REPLICAS // futures, 1)
    for first in range(0, len(rows), batch):
        part = slice(first, first + batch)
        chances[part] = _simulate_futures(world, rows[part], own[part], fit[part], futures=futures, rng=rng)
        for node in range(NODES):
            survived = _compute_survival(world, rows[part], own[part, node + 1], fit[part, node + 1])
            weights[part, node] *= survived
    weights /= weights.sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "lead_id": leads["lead_id"].to_numpy()[rows],
            "age_days": DAYS - leads["created_day"].to_numpy()[rows],
            "probability": chances[:, 0],
            "given_export": (chances[:, 1:] * weights).sum(axis=1),
        }
    )


def list_nodes(world: World, missing: pd.DataFrame, rows: Rows) -> tuple[Singles, Floats]:
    """List the true fit of some leads, and what it may be given the export.

    Returns
    -------
    fit : ndarray, shape (len(rows), 1 + NODES)
        The true fit, then its nodes; the hidden cause of the law is in the nodes.
    weights : ndarray, shape (len(rows), NODES)
        Shares of the nodes among all leads.
    """
    leads, gaps = world.leads.iloc[rows], missing.iloc[rows][list(ATTRIBUTES)]
    fit = np.empty((len(rows), NODES + 1), dtype=np.float32)
    weights = np.empty((len(rows), NODES))
    effects = {name: world.law.signal * compute_effect(name, leads[name]) for name in ATTRIBUTES}
    fit[:, 0] = sum(effects.values())
    pattern = gaps.to_numpy() @ (1 << np.arange(len(ATTRIBUTES)))
    for code in np.unique(pattern):
        same = pattern == code
        names = tuple(name for place, name in enumerate(ATTRIBUTES) if code >> place & 1)
        values, shares = list_fit_nodes(world.law, names)
        known = sum(effects[name][same] for name in ATTRIBUTES if name not in names)
        fit[same, 1:] = np.broadcast_to(known, same.sum())[:, None] + values
        weights[same] = shares
    return fit, weights


def _compute_survival(world: World, rows: Rows, own: Singles, fit: Singles) -> Singles:
    """Compute the probability of being open at the end of the span, along the activities that were drawn."""
    chances = compute_past_chances(
        world.law, world.base, world.leads.iloc[rows], world.engagement[rows], own=own, fit=fit
    )
    return np.prod(1 - chances - np.float32(LOSS) * (chances > 0), axis=1)


def _simulate_futures(
    world: World, rows: Rows, own: Singles, fit: Singles, *, futures: int, rng: np.random.Generator
) -> Floats:
    """Add up the chances of each column of `own`, and average over futures; shape of `own`."""
    law, shape = world.law, (len(rows), futures)
    state = State(*(np.repeat(part[rows, None], futures, axis=1) for part in world.state))
    created = world.leads["created_day"].to_numpy()[rows].astype(np.float32)[:, None]
    # engagement that acts on the first days of a delayed law is that of the past, the same in all futures
    acting = [
        np.repeat(world.engagement[rows, day, None], futures, axis=1) for day in range(DAYS - law.delay_days, DAYS)
    ]
    open_until = np.ones((own.shape[1], *shape), dtype=np.float32)
    won = np.zeros((own.shape[1], *shape), dtype=np.float32)
    centred = fit - np.float32(MEAN_FIT)
    for day in range(DAYS, DAYS + HORIZON):
        age = np.float32(day) - created
        acting.append(compute_engagement(law, state))
        engagement = acting.pop(0)
        calendar = np.float32(compute_calendar(law, day))
        for column in range(own.shape[1]):
            chance = compute_win_chance(
                law,
                world.base,
                calendar=calendar,
                age=age,
                engagement=engagement,
                own=own[:, [column]],
                centred_fit=centred[:, [column]],
            )
            won[column] += open_until[column] * chance
            open_until[column] *= np.float32(1 - LOSS) - chance
        place, kinds = sample_activities(law, state, np.broadcast_to(age, shape), rng)
        add_activities(state, place, kinds)
        decay(law, state)
    return won.mean(axis=2, dtype=np.float64).T
