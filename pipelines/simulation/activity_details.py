"""Objects and durations of activities, and activities after a close.

Both are drawn from the type alone and influence nothing.
"""

import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadlight.pipelines.simulation.dynamics import TYPES
from leadlight.pipelines.simulation.event_simulation import EventLog, SimulatedHistory
from leadlight.pipelines.simulation.seasonality import DAY_SECONDS, Ints, Seasonality, convert_share_to_time

__all__ = ["build_activities", "simulate_post_close"]

PAGES = ("Home", "Product overview", "Production planning", "Integrations", "Case studies", "Blog", "About us")
AFTER_SALE = ("Onboarding guide", "Customer portal")
PAPERS = ("Planning guide", "Shop floor study", "ROI calculator", "Scheduling handbook")
WEBINARS = ("Planning live", "From spreadsheet to schedule", "Less stock, more output")
FORMS = {
    "Trade fair": "Badge scan",
    "Newsletter": "Newsletter sign-up",
    "Webinar": "Webinar registration",
    "Referral": "Referral form",
    "Partner": "Partner form",
}
# type: (median minutes, spread on the log scale)
MINUTES = {"page_view": (1.2, 0.8), "pricing_page": (2.0, 0.7), "webinar": (34.0, 0.35), "sales_call": (9.0, 0.7)}


def simulate_post_close(events: SimulatedHistory, seconds: int, rng: np.random.Generator) -> EventLog:
    """Simulate page views after the close, by customers and a few lost leads.

    Parameters
    ----------
    events : SimulatedHistory
        Events up to the closes.
    seconds : int
        Length of the span; later activities are not recorded.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    EventLog
        Page views after the close.
    """
    closed = np.flatnonzero(events.closed >= 0)
    lead = np.repeat(closed, rng.poisson(np.where(events.won[closed], 4.0, 0.12)))
    day = events.closed[lead] // DAY_SECONDS + rng.integers(1, 31, size=len(lead))
    second = day * DAY_SECONDS + convert_share_to_time(rng.random(len(lead)))
    in_span = second < seconds
    kind = np.full(in_span.sum(), TYPES.index("page_view"))
    return EventLog.from_parts([(lead[in_span], second[in_span], kind)])


def build_activities(
    events: SimulatedHistory,
    after: EventLog,
    leads: pd.DataFrame,
    *,
    start: datetime.date,
    seasonality: Seasonality,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Build the activity table of the CRM, ordered by time.

    Parameters
    ----------
    events, after : SimulatedHistory, EventLog
        Activities up to the close, and after it.
    leads : DataFrame
        True leads.
    start : date
        First day of the span.
    seasonality : Seasonality
        Calendar tables; they give the names of campaigns.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    DataFrame, shape (activities, 5)
        lead_id, occurred_at (UTC), type, value (minutes, or missing), object (such as the page, or missing).
    """
    log = events.log
    both = EventLog.from_parts([(log.lead, log.second, log.type), (after.lead, after.second, after.type)])
    of_customer = events.won[both.lead] & (both.second > events.closed[both.lead])
    objects = np.empty(len(both.lead), dtype=object)
    minutes = np.full(len(both.lead), np.nan)
    for code, name in enumerate(TYPES):
        rows = np.flatnonzero(both.type == code)
        objects[rows] = _sample_objects(name, both, rows, leads=leads, start=start, seasonality=seasonality, rng=rng)
        if name in MINUTES:
            median, spread = MINUTES[name]
            minutes[rows] = np.round(median * np.exp(spread * rng.standard_normal(len(rows))), 1)
    customers = np.flatnonzero(of_customer)
    objects[customers] = np.array(AFTER_SALE, dtype=object)[rng.integers(len(AFTER_SALE), size=len(customers))]
    order = np.lexsort((both.lead, both.second))
    frame = pd.DataFrame(
        {
            "lead_id": leads["lead_id"].to_numpy()[both.lead],
            "occurred_at": convert_to_timestamps(start, both.second).astype("datetime64[us]"),
            "type": np.array(TYPES)[both.type],
            "value": minutes,
            "object": objects,
        }
    )
    return frame.iloc[order].reset_index(drop=True)


def _sample_objects(
    name: str,
    log: EventLog,
    rows: Ints,
    *,
    leads: pd.DataFrame,
    start: datetime.date,
    seasonality: Seasonality,
    rng: np.random.Generator,
) -> npt.NDArray[np.object_]:
    """Sample the objects of activities of one type; shape (rows,)."""
    if name in {"email_open", "email_click", "unsubscribe"}:
        sent = seasonality.campaign[seasonality.get_row(log.second[rows] // DAY_SECONDS)]
        days, place = np.unique(sent, return_inverse=True)
        names = [f"Campaign {start + datetime.timedelta(days=int(day)):%Y-%m-%d}" for day in days]
        return np.asarray(np.array(names, dtype=object)[place])
    if name == "form_submit":
        source = leads["source"].to_numpy()[log.lead[rows]]
        first = log.second[rows] == leads["form"].to_numpy()[log.lead[rows]]
        forms = [FORMS.get(channel, "Contact form") for channel in source]
        return np.where(first, np.array(forms, dtype=object), "Contact form")
    choice = {
        "page_view": PAGES,
        "pricing_page": ("Pricing",),
        "whitepaper_download": PAPERS,
        "webinar": WEBINARS,
        "demo_request": ("Demo form",),
        "sales_call": ("Phone", "Phone", "Video"),
    }[name]
    return np.asarray(np.array(choice, dtype=object)[rng.integers(len(choice), size=len(rows))])


def convert_to_timestamps(start: datetime.date, second: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
    """Convert seconds since the start of the span to UTC times of the same shape."""
    return np.datetime64(start, "s") + np.asarray(second, dtype=np.int64).astype("timedelta64[s]")
