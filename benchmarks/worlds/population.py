"""Leads of a world, and the part of their chance that does not change over time."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from worlds.laws import Law

__all__ = ["CATEGORIES", "DAYS", "MEAN_FIT", "NODES", "Floats", "compute_effect", "list_fit_nodes", "sample_leads"]

Floats = npt.NDArray[np.float64]
DAYS = 600
#: attribute: value: share of the leads, effect on the log hazard
CATEGORIES: dict[str, dict[str, tuple[float, float]]] = {
    "industry": {
        "Machinery": (0.18, 0.6), "Automotive": (0.10, 0.8), "Chemicals": (0.12, 0.1), "Food": (0.15, -0.2),
        "Textiles": (0.10, -0.5), "Logistics": (0.15, 0.2), "Retail": (0.12, -0.7), "Services": (0.08, -0.4),
    },
    "country": {"Germany": (0.5, 0.2), "Austria": (0.15, 0.1), "Poland": (0.2, -0.4), "Spain": (0.15, -0.2)},
    "source": {
        "Search": (0.35, 0.1), "Referral": (0.12, 0.7), "Fair": (0.13, 0.2), "Newsletter": (0.25, -0.5),
        "Partner": (0.15, 0.0),
    },
    "level": {"Manager": (0.3, 0.4), "Director": (0.15, 0.5), "Specialist": (0.45, -0.3), "Student": (0.1, -1.2)},
}  # fmt: skip
#: most nodes of a distribution of what is not exported
NODES = 12
MEDIAN_EMPLOYEES, SPREAD_EMPLOYEES = 150.0, 1.3
#: unqualified sign-ups of a campaign: how many a day, and their effect
CAMPAIGN_SIGN_UPS, CAMPAIGN_DAYS, UNQUALIFIED = 220, 7, -3.0
MIN_LEADS, MAX_LEADS = 16_000, 20_000


def sample_leads(law: Law, rng: np.random.Generator, leads: int | None = None) -> pd.DataFrame:
    """Sample the leads of a world.

    Parameters
    ----------
    law : Law
        The law of the world.
    rng : numpy.random.Generator
        Source of randomness.
    leads : int, optional
        Number of leads; none: 16,000 to 20,000.

    Returns
    -------
    DataFrame, shape (leads, 10)
        lead_id; created_day and created_second (of the day), by time; the attributes; their sum of effects `fit`;
        `hidden` and `unqualified`, the effects of what is not exported.
    """
    number = leads or int(rng.integers(MIN_LEADS, MAX_LEADS + 1))
    extra = 0 if law.campaign_day is None else min(CAMPAIGN_SIGN_UPS * CAMPAIGN_DAYS, number // 10)
    number -= extra
    weekly = np.array([1.1, 1.2, 1.2, 1.1, 0.9, 0.25, 0.25])[np.arange(DAYS) % 7]
    day = rng.choice(DAYS, size=number, p=weekly / weekly.sum())
    source = _sample_category("source", number, rng)
    if law.campaign_day is not None:
        day = np.append(day, law.campaign_day + rng.integers(CAMPAIGN_DAYS, size=extra))
        source = np.append(source, np.full(extra, "Newsletter"))
    order = np.lexsort((rng.random(len(day)), day))
    day, source, number = day[order], source[order], len(day)
    frame = pd.DataFrame(
        {
            "lead_id": [f"W-{row:06d}" for row in range(number)],
            "created_day": day,
            "created_second": rng.integers(7 * 3600, 20 * 3600, size=number),
            "employees": np.ceil(MEDIAN_EMPLOYEES * np.exp(SPREAD_EMPLOYEES * rng.standard_normal(number))),
            "industry": _sample_category("industry", number, rng),
            "country": _sample_category("country", number, rng),
            "source": source,
            "level": _sample_category("level", number, rng),
        }
    )
    frame["fit"] = law.signal * sum(compute_effect(name, frame[name]) for name in ("employees", *CATEGORIES))
    frame["hidden"] = law.hidden * rng.standard_normal(number)
    frame["unqualified"] = UNQUALIFIED * find_unqualified(law, frame)
    return frame


def compute_effect(name: str, values: "pd.Series[float] | pd.Series[str]") -> Floats:
    """Compute the effects of values of an attribute on the log hazard; employees act most at 400."""
    if name == "employees":
        return np.asarray(1.2 * np.exp(-0.5 * (np.log(values.to_numpy(dtype=float) / 400.0) / 1.1) ** 2))
    return values.map({value: effect for value, (_, effect) in CATEGORIES[name].items()}).to_numpy(dtype=float)


def find_unqualified(law: Law, leads: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Find the sign-ups by newsletter of the campaign week, none of which is qualified."""
    if law.campaign_day is None:
        return np.zeros(len(leads), dtype=bool)
    since = leads["created_day"].to_numpy() - law.campaign_day
    return np.asarray((since >= 0) & (since < CAMPAIGN_DAYS) & (leads["source"].to_numpy() == "Newsletter"))


def list_fit_nodes(law: Law, missing: tuple[str, ...]) -> tuple[Floats, Floats]:
    """List what the parts that are not exported may add to the log hazard.

    Parameters
    ----------
    law : Law
        The law of the world.
    missing : tuple of str
        The attributes that are missing; the hidden cause of the law is always.

    Returns
    -------
    effects, weights : ndarray, shape (NODES,)
        Nodes of the distribution among all leads. Neighbouring values are merged to one with the same mean hazard.
    """
    parts = [_list_values(name, law.signal) for name in missing]
    if law.hidden:
        parts.append((law.hidden * _list_normal_quantiles(31), np.full(31, 1 / 31)))
    sums, weights = np.zeros(1), np.ones(1)
    for values, shares in parts:
        sums = np.add.outer(sums, values).ravel()
        weights = np.multiply.outer(weights, shares).ravel()
    order = np.argsort(sums, kind="stable")
    sums, weights = sums[order], weights[order]
    place = np.minimum(((np.cumsum(weights) - weights / 2) * NODES).astype(int), NODES - 1)
    total = np.bincount(place, weights, NODES)
    hazard = np.bincount(place, weights * np.exp(sums), NODES)
    effects = np.log(np.divide(hazard, total, out=np.ones(NODES), where=total > 0))
    return effects, total


def _list_values(name: str, signal: float) -> tuple[Floats, Floats]:
    if name == "employees":
        sizes = MEDIAN_EMPLOYEES * np.exp(SPREAD_EMPLOYEES * _list_normal_quantiles(31))
        return signal * compute_effect(name, pd.Series(sizes)), np.full(31, 1 / 31)
    shares, effects = zip(*CATEGORIES[name].values(), strict=True)
    return signal * np.array(effects), np.array(shares)


def _list_normal_quantiles(size: int) -> Floats:
    from scipy.stats import norm

    return np.asarray(norm.ppf((np.arange(size) + 0.5) / size), dtype=np.float64)


def _sample_category(name: str, size: int, rng: np.random.Generator) -> npt.NDArray[np.str_]:
    shares = np.array([share for share, _ in CATEGORIES[name].values()])
    return rng.choice(np.array(list(CATEGORIES[name])), size=size, p=shares)


def _compute_mean_fit() -> float:
    values = [_list_values(name, 1.0) for name in ("employees", *CATEGORIES)]
    return float(sum(effects @ shares for effects, shares in values))


MEAN_FIT = _compute_mean_fit()
