"""CRM export of the leads: attributes with gaps and errors, corrected over time, and deals."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadlight.pipelines.params.simulation import SimulationSettings
from leadlight.pipelines.simulation.activity_details import convert_to_timestamps
from leadlight.pipelines.simulation.event_simulation import SimulatedHistory
from leadlight.pipelines.simulation.noise import Texts, corrupt_text, sample_revenue_bands, sample_titles
from leadlight.pipelines.simulation.seasonality import DAY_SECONDS, Ints

__all__ = ["ATTRIBUTES", "build_deals", "build_history", "build_leads"]

# attribute: share missing at first, as a multiple of `settings.gaps`
GAPS = {"industry": 0.5, "employees": 1.0, "revenue_band": 2.0, "country": 0.1, "job_title": 0.4, "department": 0.6}
ATTRIBUTES = tuple(GAPS)
CORRECTED = 0.25
"""Share of gaps and errors corrected at some time, whatever the outcome."""
CORRECTED_AFTER_DAYS = 60.0
COMPLETED_ON_WIN = 0.85
"""Share of gaps and errors corrected on a win, because an order needs complete records."""
REWORDED = 0.04
"""Share of job titles that are reworded."""


def build_history(
    settings: SimulationSettings, leads: pd.DataFrame, events: SimulatedHistory, rng: np.random.Generator
) -> pd.DataFrame:
    """Build the history of attribute values.

    Gaps, errors and corrections are independent of the outcome, except that records are completed within
    three days after a win: an attribute known only for customers.

    Parameters
    ----------
    settings : SimulationSettings
        Share of gaps and typos, and the span.
    leads : DataFrame
        True leads.
    events : SimulatedHistory
        The closes.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    DataFrame, shape (changes, 4)
        lead_id, attribute, value (text), changed_at (UTC), by time. First values have the time of the form
        submission; missing attributes have no row.
    """
    n = len(leads)
    level, department = leads["level"].to_numpy(), leads["department"].to_numpy()
    true: dict[str, Texts] = {
        "industry": leads["industry"].to_numpy(dtype=object),
        "employees": leads["employees"].astype(str).to_numpy(dtype=object),
        "revenue_band": sample_revenue_bands(leads["employees"].to_numpy(), rng),
        "country": leads["country"].to_numpy(dtype=object),
        "job_title": sample_titles(level, department, rng),
        "department": department.astype(object),
    }
    parts, correct_title = [], np.zeros(n, dtype=bool)
    for attribute, values in true.items():
        typed_in = attribute in {"industry", "country", "job_title"}
        unknown = rng.random(n) < min(settings.gaps * GAPS[attribute], 1.0)
        wrong = (rng.random(n) < settings.typos) & ~unknown & typed_in
        first = values.copy()
        for i in np.flatnonzero(wrong):
            first[i] = corrupt_text(str(values[i]), rng)
        known = np.flatnonzero(~unknown)
        parts.append(_build_changes(known, attribute, first[known], leads["form"].to_numpy()[known]))
        flawed = np.flatnonzero(unknown | wrong)
        when = _sample_corrections(flawed, leads, events, rng)
        parts.append(_build_changes(flawed, attribute, values[flawed], when))
        if attribute == "job_title":
            correct_title = ~(unknown | wrong)

    # only correct titles are reworded, so that no correction reverts the new wording
    other = sample_titles(level, department, rng)
    reworded = np.flatnonzero((rng.random(n) < REWORDED) & correct_title & (other != true["job_title"]))
    when = leads["form"].to_numpy()[reworded] + _sample_delays(len(reworded), rng)
    parts.append(_build_changes(reworded, "job_title", other[reworded], when))

    changes = pd.concat(parts, ignore_index=True)
    changes = changes[changes["second"] < settings.days * DAY_SECONDS]
    changes["attribute"] = pd.Categorical(changes["attribute"], categories=ATTRIBUTES, ordered=True)
    changes = changes.sort_values(["second", "lead", "attribute"], kind="stable")
    return pd.DataFrame(
        {
            "lead_id": leads["lead_id"].to_numpy()[changes["lead"]],
            "attribute": changes["attribute"].astype(str).to_numpy(),
            "value": changes["value"].to_numpy(),
            "changed_at": convert_to_timestamps(settings.start, changes["second"].to_numpy()),
        }
    )


def _sample_delays(size: int, rng: np.random.Generator) -> Ints:
    return (rng.exponential(CORRECTED_AFTER_DAYS * DAY_SECONDS, size) + 3_600).astype(np.int64)


def _build_changes(lead: Ints, attribute: str, value: Texts, second: Ints) -> pd.DataFrame:
    return pd.DataFrame({"lead": lead, "attribute": attribute, "value": value, "second": second})


def _sample_corrections(flawed: Ints, leads: pd.DataFrame, events: SimulatedHistory, rng: np.random.Generator) -> Ints:
    """Sample the second at which each flaw is corrected; the largest integer if never."""
    never = np.iinfo(np.int64).max
    created, closed = leads["created"].to_numpy()[flawed], events.closed[flawed]
    sometime = np.where(rng.random(len(flawed)) < CORRECTED, created + _sample_delays(len(flawed), rng), never)
    tidied = (rng.random(len(flawed)) < COMPLETED_ON_WIN) & events.won[flawed] & (closed >= 0)
    on_win = np.where(tidied, closed + rng.integers(60, 3 * DAY_SECONDS, size=len(flawed)), never)
    return np.minimum(sometime, on_win)


def build_leads(settings: SimulationSettings, leads: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Build the lead table of the last day: the latest value of each attribute.

    Returns
    -------
    DataFrame, shape (leads, 11)
        lead_id, created_at (UTC), industry, employees, revenue_band, country, job_title, department, source,
        consent, owner; empty where missing.
    """
    latest = history.groupby(["lead_id", "attribute"])["value"].last().unstack("attribute")
    frame = pd.DataFrame(
        {"lead_id": leads["lead_id"], "created_at": convert_to_timestamps(settings.start, leads["created"])}
    )
    for attribute in ATTRIBUTES:
        frame[attribute] = latest[attribute].reindex(leads["lead_id"]).to_numpy()
    return frame.assign(source=leads["source"], consent=leads["consent"], owner=leads["owner"])


def build_deals(
    settings: SimulationSettings, leads: pd.DataFrame, events: SimulatedHistory, rng: np.random.Generator
) -> pd.DataFrame:
    """Build the table of closed deals, by time.

    Returns
    -------
    DataFrame, shape (closed leads, 4)
        lead_id, closed_at (UTC), status (won or lost), amount (EUR; mostly missing where lost).
    """
    closed = np.flatnonzero(events.closed >= 0)
    closed = closed[np.argsort(events.closed[closed], kind="stable")]
    size = leads["employees"].to_numpy(dtype=np.float64)[closed]
    amount = 1_500.0 * size**0.5 * np.exp(0.45 * rng.standard_normal(len(closed)))
    stated: npt.NDArray[np.bool_] = events.won[closed] | (rng.random(len(closed)) < 0.15)
    return pd.DataFrame(
        {
            "lead_id": leads["lead_id"].to_numpy()[closed],
            "closed_at": convert_to_timestamps(settings.start, events.closed[closed]),
            "status": np.where(events.won[closed], "won", "lost"),
            "amount": np.where(stated, np.round(amount / 100.0) * 100.0, np.nan),
        }
    )
