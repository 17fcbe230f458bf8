"""Who the leads truly are, when they arrive, and how well they fit: before any gap or typo."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadlight.pipelines.simulation.seasonality import (
    BEFORE,
    DAY_SECONDS,
    Floats,
    Seasonality,
    convert_share_to_time,
)
from leadlight.pipelines.simulation.settings import SimulationSettings

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
    "Marketing": (0.20, -0.60),
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
"""Mean and spread of the raw sum over this population, fixed so that a lead's fit depends on itself alone."""


def _pick(
    table: Mapping[str, tuple[float, ...]], size: int, rng: np.random.Generator
) -> npt.NDArray[np.str_]:
    shares = np.array([row[0] for row in table.values()])
    return rng.choice(np.array(list(table)), size=size, p=shares / shares.sum())


def _effect(table: Mapping[str, tuple[float, ...]], values: "pd.Series[str]", column: int = 1) -> Floats:
    effects = {level: row[column] for level, row in table.items()}
    return np.asarray(values.map(effects), dtype=np.float64)


def _arrivals(
    source: npt.NDArray[np.str_], days: int, rhythm: Seasonality, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Seconds since the start of the span at which the leads of each channel arrive, not yet in order."""
    span = slice(BEFORE, BEFORE + days)
    growth = 1.0 + 0.25 * np.arange(days) / days
    plain = rhythm.season[span] * growth
    at_fairs = plain * np.where(rhythm.fair[span], 25.0, 0.25)
    seconds = np.empty(len(source), dtype=np.int64)
    for channel in SOURCES:
        mine = np.flatnonzero(source == channel)
        weight = at_fairs if channel == "Trade fair" else plain
        day = rng.choice(days, size=len(mine), p=weight / weight.sum())
        seconds[mine] = day * DAY_SECONDS + convert_share_to_time(rng.random(len(mine)))
    return seconds


def sample_leads(settings: SimulationSettings, rhythm: Seasonality, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the leads with their true attributes, ordered by creation.

    Parameters
    ----------
    settings : SimulationSettings
        Number of leads and span.
    rhythm : Rhythm
        Calendar tables of the span.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    DataFrame, shape (leads, 12)
        lead_id, created and form (seconds since the start of the span; the CRM creates the lead some seconds
        after the form was sent), source, industry, employees, country, level,
        department, consent, owner, fit (standardised).
    """
    n = settings.leads
    source = _pick(SOURCES, n, rng)
    created = _arrivals(source, settings.days, rhythm, rng)
    order = np.argsort(created, kind="stable")
    frame = pd.DataFrame(
        {
            "lead_id": [f"L-{number:06d}" for number in range(1, n + 1)],
            "created": created[order],
            "form": created[order] - rng.integers(2, 61, size=n),
            "source": source[order],
            "industry": _pick(INDUSTRIES, n, rng),
            "employees": np.maximum(np.exp(rng.normal(np.log(130.0), 1.5, n)), 1.0).astype(np.int64),
            "country": _pick(COUNTRIES, n, rng),
            "level": _pick(LEVELS, n, rng),
            "department": _pick(DEPARTMENTS, n, rng),
            "consent": rng.choice(np.array(list(CONSENT)), size=n, p=list(CONSENT.values())),
            "owner": np.array(OWNERS)[rng.integers(len(OWNERS), size=n)],
        }
    )
    frame["fit"] = _fit(frame)
    return frame


def _fit(frame: pd.DataFrame) -> Floats:
    """Standardised fit: mostly a sum, with two interactions that a sum cannot show."""
    maker = frame["industry"].isin(MAKERS).to_numpy()
    size = np.log(frame["employees"].to_numpy(dtype=np.float64))
    # Planning software pays from some size on, and very large groups have their own; both matter to makers.
    sweet = np.exp(-0.5 * ((size - np.log(450.0)) / 1.3) ** 2)
    level = frame["level"].to_numpy()
    # A director decides alone in a small company and only opens doors in a large one.
    small = 1.0 / (1.0 + np.exp((size - np.log(120.0)) / 0.6))
    director = np.where(level == "Director", 0.9 * small - 0.4, 0.0)
    works_in = np.isin(level, ["Head", "Manager", "Specialist"])
    raw = (
        _effect(INDUSTRIES, frame["industry"])
        + sweet * np.where(maker, 1.7, 0.4)
        + _effect(COUNTRIES, frame["country"])
        + _effect(LEVELS, frame["level"])
        + np.where(works_in, _effect(DEPARTMENTS, frame["department"]), 0.0)
        + director
        + _effect(SOURCES, frame["source"])
    )
    return np.asarray((raw - FIT_CENTRE) / FIT_SPREAD, dtype=np.float64)


def derive_traits(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    """Tell each lead's pace of own activity and permission to mail from its true attributes.

    Returns
    -------
    pace, mail : ndarray, shape (leads,)
        Factor on own activity, and 1.0 where campaign mail may be sent.
    """
    pace = _effect(SOURCES, frame["source"], column=2) * np.exp(0.25 * frame["fit"].to_numpy())
    return pace, np.where(frame["consent"] == "yes", 1.0, 0.0)
