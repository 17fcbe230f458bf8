"""What an activity was about and how long it took, and what still happens after a close.

Nothing here drives anything: objects and values are drawn from the type alone.
"""

import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadlight.pipelines.simulation.dynamics import TYPES
from leadlight.pipelines.simulation.event_simulation import EventLog, SimulatedHistory
from leadlight.pipelines.simulation.seasonality import DAY_SECONDS, Ints, Seasonality, convert_share_to_time

__all__ = ["build_activities", "simulate_post_close"]

PAGES = (
    "Home",
    "Product overview",
    "Production planning",
    "Integrations",
    "Case studies",
    "Blog",
    "About us",
)
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
MINUTES = {
    "page_view": (1.2, 0.8),
    "pricing_page": (2.0, 0.7),
    "webinar": (34.0, 0.35),
    "sales_call": (9.0, 0.7),
}


def simulate_post_close(course: SimulatedHistory, seconds: int, rng: np.random.Generator) -> EventLog:
    """Activities after the close: customers read how to begin, and the odd lost lead comes back to look.

    Parameters
    ----------
    course : Course
        What happened up to the closes.
    seconds : int
        Length of the span; nothing is recorded after it.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Log
        Page views after the close only.
    """
    shut = np.flatnonzero(course.closed >= 0)
    lead = np.repeat(shut, rng.poisson(np.where(course.won[shut], 4.0, 0.12)))
    day = course.closed[lead] // DAY_SECONDS + rng.integers(1, 31, size=len(lead))
    second = day * DAY_SECONDS + convert_share_to_time(rng.random(len(lead)))
    seen = second < seconds
    kind = np.full(seen.sum(), TYPES.index("page_view"))
    return EventLog.of([(lead[seen], second[seen], kind)])


def build_activities(
    course: SimulatedHistory,
    after: EventLog,
    leads: pd.DataFrame,
    *,
    start: datetime.date,
    rhythm: Seasonality,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Activities as the CRM lists them, by time.

    Parameters
    ----------
    course, after : Course, Log
        Activities up to the close, and after it.
    leads : DataFrame
        True leads.
    start : date
        First day of the span.
    rhythm : Rhythm
        Calendar tables, for the names of campaigns.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    DataFrame, shape (activities, 5)
        lead_id, occurred_at (UTC), type, value (minutes, or missing), object (what was seen, or missing).
    """
    log = course.log
    both = EventLog.of([(log.lead, log.second, log.type), (after.lead, after.second, after.type)])
    of_customer = course.won[both.lead] & (both.second > course.closed[both.lead])
    topics = np.empty(len(both.lead), dtype=object)
    minutes = np.full(len(both.lead), np.nan)
    for code, name in enumerate(TYPES):
        rows = np.flatnonzero(both.type == code)
        topics[rows] = _topics(name, both, rows, leads=leads, start=start, rhythm=rhythm, rng=rng)
        if name in MINUTES:
            median, spread = MINUTES[name]
            minutes[rows] = np.round(median * np.exp(spread * rng.standard_normal(len(rows))), 1)
    customers = np.flatnonzero(of_customer)
    topics[customers] = np.array(AFTER_SALE, dtype=object)[rng.integers(len(AFTER_SALE), size=len(customers))]
    order = np.lexsort((both.lead, both.second))
    frame = pd.DataFrame(
        {
            "lead_id": leads["lead_id"].to_numpy()[both.lead],
            "occurred_at": convert_to_timestamps(start, both.second).astype("datetime64[us]"),
            "type": np.array(TYPES)[both.type],
            "value": minutes,
            "object": topics,
        }
    )
    return frame.iloc[order].reset_index(drop=True)


def _topics(
    name: str,
    log: EventLog,
    rows: Ints,
    *,
    leads: pd.DataFrame,
    start: datetime.date,
    rhythm: Seasonality,
    rng: np.random.Generator,
) -> npt.NDArray[np.object_]:
    """Objects of the activities of one type; shape (rows,)."""
    if name in {"email_open", "email_click", "unsubscribe"}:
        sent = rhythm.campaign[rhythm.row(log.second[rows] // DAY_SECONDS)]
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
    """UTC times, shape as given, from seconds since the start of the span."""
    return np.datetime64(start, "s") + np.asarray(second, dtype=np.int64).astype("timedelta64[s]")
