"""Leads that are gone from the source without a close: counted, and refused above a share."""

from typing import Any, NamedTuple

import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.engines.engine import Engine
from leadlight.pipelines.profile.event_counts import EventCounts
from leadlight.pipelines.profile.source_profile import count_leads_before
from leadlight.serving.store import Store

__all__ = ["VanishedLeads", "count_vanished_leads", "refuse_vanished_leads"]

#: fewer leads are never refused, whatever their share
MIN_LEADS = 10


class VanishedLeads(NamedTuple):
    """Leads that should be in the source and are not.

    Parameters
    ----------
    leads, known : int
        How many are gone, of how many.
    since : str
        What they are compared with: a run, or the training data; in words.
    example : str or None
        One of them, where they are known by name.
    """

    leads: int
    known: int
    since: str
    example: str | None = None

    @property
    def share(self) -> float:
        """Share of the leads that is gone."""
        return self.leads / max(1, self.known)


def count_vanished_leads(
    engine: Engine, events: EventCounts, as_of: pd.Timestamp, store: Store | None, reference: dict[str, Any] | None
) -> VanishedLeads | None:
    """Count the leads of the last run that the source no longer holds.

    All of them were open then, and a close does not take a lead out of the table of leads. Before the first run the
    number of leads is compared with what the training tables held.

    Parameters
    ----------
    engine : Engine
        Over the tables of tonight.
    events : EventCounts
        Of the same tables.
    as_of : pd.Timestamp
        Of the run, naive UTC.
    store : Store or None
        Earlier runs.
    reference : dict or None
        What the bundle remembers, see :func:`.build_training_reference`.

    Returns
    -------
    VanishedLeads or None
        None where there is nothing to compare with.
    """
    runs = store.list_runs(as_of.to_pydatetime()) if store else []
    if store and runs:
        known = store.read_scores(runs[0].night)["lead_id"]
        here = engine.tables.leads.select("lead_id").to_pyarrow().to_pandas()["lead_id"]
        gone = known[~known.isin(here)]
        since = f"scored as of {runs[0].as_of:%Y-%m-%d}"
        return VanishedLeads(len(gone), len(known), since, str(gone.iloc[0]) if len(gone) else None)
    before = (reference or {}).get("source", {}).get("leads_before", {})
    moments = [moment for moment in map(pd.Timestamp, before) if moment <= as_of]
    if not moments:
        return None
    last = max(moments)
    expected, found = before[last.isoformat()], next(iter(count_leads_before(events, [last]).values()))
    return VanishedLeads(max(0, expected - found), expected, f"created before {last:%Y-%m-%d} in the training data")


def refuse_vanished_leads(vanished: VanishedLeads | None, max_share: float) -> None:
    """Refuse a run whose source has lost too many leads, as half an export has.

    Raises
    ------
    SourceError
        If their share is above `max_share`.
    """
    if vanished is None or vanished.leads < MIN_LEADS or vanished.share <= max_share:
        return
    example = f", such as {vanished.example}" if vanished.example else ""
    raise SourceError(
        f"The table leads must hold the leads {vanished.since}, but for a share of {max_share:g} "
        f"(source.max_vanished_share). Got {vanished.leads:,} gone of {vanished.known:,}{example}: look whether the "
        "export is complete."
    )
