"""True population of leads: attributes, time of creation and fit."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadlight.pipelines.params.simulation import SimulationSettings
from leadlight.pipelines.simulation.seasonality import BEFORE, DAY_SECONDS, Floats, Seasonality, convert_share_to_time

__all__ = ["derive_traits", "sample_leads"]

# level: (share, effect on fit)
INDUSTRIES = {
    "Mechanical engineering": (0.20, 0.65),
    "Automotive": (0.13, 0.55),
    "Electronics": (0.12, 0.35),
    "Metal processing": (0.10, 0.45),
    "Food and beverage": (0.10, 0.15),
    "IT services": (0.09, -0.55),
    "Logistics": (0.08, -0.10),
    "Chemicals": (0.07, 0.15),
    "Consulting": (0.05, -0.80),
    "Education": (0.03, -1.10),
    "Aerospace": (0.010, 0.50),
    "Medical devices": (0.010, 0.40),
    "Furniture": (0.006, 0.10),
    "Textiles": (0.004, 0.00),
}
MAKERS = frozenset(INDUSTRIES) - {"IT services", "Logistics", "Consulting", "Education"}
COUNTRIES = {
    "Germany": (0.62, 0.15),
    "Austria": (0.10, 0.20),
    "Switzerland": (0.09, 0.10),
    "Netherlands": (0.05, -0.10),
    "Poland": (0.045, -0.30),
    "France": (0.035, -0.35),
    "Italy": (0.03, -0.35),
    "United States": (0.015, -0.70),
    "Turkey": (0.008, -0.70),
    "India": (0.007, -0.90),
}
LEVELS = {"Director": (0.11, 0.35), "Head": (0.25, 0.50), "Manager": (0.29, 0.15)} | {
    "Specialist": (0.27, -0.25),
    "Student": (0.08, -1.30),
}
DEPARTMENTS = {"Production": (0.40, 0.40), "IT": (0.22, 0.0), "Purchasing": (0.18, -0.10)} | {
    "Marketing": (0.20, -0.60)
}
# channel: (share, effect on fit, factor on the lead's own activity)
SOURCES = {
    "Organic search": (0.27, 0.00, 1.10),
    "Paid ads": (0.20, -0.35, 0.85),
    "Trade fair": (0.15, 0.15, 0.80),
    "Newsletter": (0.12, -0.10, 1.00),
    "Webinar": (0.10, 0.10, 1.20),
    "Referral": (0.09, 0.55, 1.10),
    "Partner": (0.07, 0.30, 0.95),
}
CONSENT = {"yes": 0.85, "no": 0.07, "": 0.08}
OWNERS = ("A. Berg", "C. Dorn", "E. Falk", "G. Hauser", "I. Jansen", "K. Lindner", "M. Noll", "P. Roth")
FIT_CENTRE, FIT_SPREAD = 1.08, 1.125
"""Mean and standard deviation of the raw sum; constants, so that a lead's fit depends on itself alone."""


def _sample(table: Mapping[str, tuple[float, ...]], size: int, rng: np.random.Generator) -> npt.NDArray[np.str_]:
    shares = np.array([row[0] for row in table.values()])
    return rng.choice(np.array(list(table)), size=size, p=shares / shares.sum())


def _map_effects(table: Mapping[str, tuple[float, ...]], values: "pd.Series[str]", column: int = 1) -> Floats:
    effects = {level: row[column] for level, row in table.items()}
    return np.asarray(values.map(effects), dtype=np.float64)


def _sample_arrivals(
    source: npt.NDArray[np.str_], days: int, seasonality: Seasonality, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Sample the arrival of leads by channel, in seconds since the start of the span, unordered."""
    span = slice(BEFORE, BEFORE + days)
    growth = 1.0 + 0.25 * np.arange(days) / days
    weekly = seasonality.season[span] * growth
    at_fairs = weekly * np.where(seasonality.fair[span], 25.0, 0.25)
    seconds = np.empty(len(source), dtype=np.int64)
    for channel in SOURCES:
        rows = np.flatnonzero(source == channel)
        weight = at_fairs if channel == "Trade fair" else weekly
        day = rng.choice(days, size=len(rows), p=weight / weight.sum())
        seconds[rows] = day * DAY_SECONDS + convert_share_to_time(rng.random(len(rows)))
    return seconds


def sample_leads(settings: SimulationSettings, seasonality: Seasonality, rng: np.random.Generator) -> pd.DataFrame:
    """Sample leads with their true attributes, ordered by creation.

    Parameters
    ----------
    settings : SimulationSettings
        Number of leads and span.
    seasonality : Seasonality
        Calendar tables of the span.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    DataFrame, shape (leads, 12)
        lead_id, created and form (seconds since the start of the span; the CRM creates the lead some seconds
        after the form), source, industry, employees, country, level,
        department, consent, owner, fit (standardized).
    """
    n = settings.leads
    source = _sample(SOURCES, n, rng)
    created = _sample_arrivals(source, settings.days, seasonality, rng)
    order = np.argsort(created, kind="stable")
    frame = pd.DataFrame(
        {
            "lead_id": [f"L-{number:06d}" for number in range(1, n + 1)],
            "created": created[order],
            "form": created[order] - rng.integers(2, 61, size=n),
            "source": source[order],
            "industry": _sample(INDUSTRIES, n, rng),
            "employees": np.maximum(np.exp(rng.normal(np.log(130.0), 1.5, n)), 1.0).astype(np.int64),
            "country": _sample(COUNTRIES, n, rng),
            "level": _sample(LEVELS, n, rng),
            "department": _sample(DEPARTMENTS, n, rng),
            "consent": rng.choice(np.array(list(CONSENT)), size=n, p=list(CONSENT.values())),
            "owner": np.array(OWNERS)[rng.integers(len(OWNERS), size=n)],
        }
    )
    frame["fit"] = _compute_fit(frame)
    return frame


def _compute_fit(frame: pd.DataFrame) -> Floats:
    """Compute standardized fit: a sum with two interactions."""
    maker = frame["industry"].isin(MAKERS).to_numpy()
    size = np.log(frame["employees"].to_numpy(dtype=np.float64))
    # planning software pays off at medium size, mostly for manufacturers
    sweet = np.exp(-0.5 * ((size - np.log(450.0)) / 1.3) ** 2)
    level = frame["level"].to_numpy()
    # a director decides alone in a small company only
    small = 1.0 / (1.0 + np.exp((size - np.log(120.0)) / 0.6))
    director = np.where(level == "Director", 0.9 * small - 0.4, 0.0)
    works_in = np.isin(level, ["Head", "Manager", "Specialist"])
    raw = (
        _map_effects(INDUSTRIES, frame["industry"])
        + sweet * np.where(maker, 1.7, 0.4)
        + _map_effects(COUNTRIES, frame["country"])
        + _map_effects(LEVELS, frame["level"])
        + np.where(works_in, _map_effects(DEPARTMENTS, frame["department"]), 0.0)
        + director
        + _map_effects(SOURCES, frame["source"])
    )
    return np.asarray((raw - FIT_CENTRE) / FIT_SPREAD, dtype=np.float64)


def derive_traits(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    """Derive pace of own activity and permission to mail from true attributes.

    Returns
    -------
    pace, mail : ndarray, shape (leads,)
        Factor on own activity, and 1.0 where campaign mail may be sent.
    """
    pace = _map_effects(SOURCES, frame["source"], column=2) * np.exp(0.25 * frame["fit"].to_numpy())
    return pace, np.where(frame["consent"] == "yes", 1.0, 0.0)
