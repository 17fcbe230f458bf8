"""Sales stages of leads, derived from activities and close; they influence nothing."""

import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadlight.pipelines.simulation.activity_details import convert_to_timestamps
from leadlight.pipelines.simulation.dynamics import TYPES
from leadlight.pipelines.simulation.event_simulation import EventLog, SimulatedHistory
from leadlight.pipelines.simulation.seasonality import Ints

__all__ = ["STAGES", "build_stages"]

STAGES = ("new", "contacted", "meeting", "proposal", "won", "lost")


def build_stages(start: datetime.date, leads: pd.DataFrame, events: SimulatedHistory) -> pd.DataFrame:
    """Build the table of stages with the time of entry, ordered by time.

    A lead is new when created, contacted with the first sales call, at the meeting stage with the second
    call, or with a demo request once contacted, and at the proposal stage with the next call after that.

    Returns
    -------
    DataFrame, shape (changes, 3)
        lead_id, stage, entered_at (UTC).
    """
    n = len(leads)
    created = leads["created"].to_numpy(dtype=np.int64)
    call, demo = TYPES.index("sales_call"), TYPES.index("demo_request")
    contacted = _find_first_after(events.log, (call,), created)
    meeting = _find_first_after(events.log, (call, demo), contacted)
    proposal = _find_first_after(events.log, (call,), meeting)
    never = np.iinfo(np.int64).max
    is_closed = events.closed >= 0
    won = np.where(is_closed & events.won, events.closed, never)
    lost = np.where(is_closed & ~events.won, events.closed, never)
    entered = np.concatenate([created, contacted, meeting, proposal, won, lost])
    stage = np.repeat(np.arange(len(STAGES)), n)
    lead = np.tile(np.arange(n), len(STAGES))
    order = np.lexsort((stage, lead, entered))
    order = order[entered[order] < never]
    return pd.DataFrame(
        {
            "lead_id": leads["lead_id"].to_numpy()[lead[order]],
            "stage": np.array(STAGES)[stage[order]],
            "entered_at": convert_to_timestamps(start, entered[order]),
        }
    )


def _find_first_after(log: EventLog, kinds: tuple[int, ...], moment: Ints) -> Ints:
    """Find the second of the first activity of these types after a time; the largest integer if none."""
    never: int = np.iinfo(np.int64).max
    first = np.full(len(moment), never, dtype=np.int64)
    fits: npt.NDArray[np.bool_] = np.isin(log.type, kinds) & (log.second > moment[log.lead])
    np.minimum.at(first, log.lead[fits], log.second[fits])
    return first
