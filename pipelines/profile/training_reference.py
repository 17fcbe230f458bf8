"""What a bundle remembers of its training tables: the open leads at the cut-off and before it, and the source."""

from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.reference_population import MIN_LEADS, build_reference, count_population
from leadlight.pipelines.engines.engine import Engine
from leadlight.pipelines.engines.open_leads import sample_open_leads, sample_open_leads_over_time
from leadlight.pipelines.profile.event_counts import count_events
from leadlight.pipelines.profile.row_samples import choose_lead_limit
from leadlight.pipelines.profile.source_profile import build_source_profile, count_leads_before, measure_new_values

__all__ = ["build_training_reference", "read_refused"]

#: earlier midnights: a year, in steps of no whole weeks, because mailings and closings follow weekdays
STEP, STEPS = pd.Timedelta(days=27), 13
#: the base of a new CRM is too young for a baseline
WARM_UP = pd.Timedelta(days=90)
#: leads of an earlier midnight; enough for the ordinary variation of shares
MAX_LEADS = 5_000


def build_training_reference(engine: Engine, features: FeatureSet, scorer: Scorer, zone: str) -> dict[str, Any] | None:
    """Describe the training tables for `leadlight watch`.

    Parameters
    ----------
    engine : Engine
        Over the training tables.
    features : FeatureSet
        The features of the scorer.
    scorer : Scorer
        What scores the leads.
    zone : str
        IANA zone of the source.

    Returns
    -------
    dict or None
        ``all`` and ``new`` as of :func:`.build_reference`, None if fewer than 100 leads were open at the cut-off;
        ``earlier``, for midnights of the year before it ``as_of`` and the counts of :func:`.count_population`; and
        ``source``, the profile of the source at the cut-off (see :func:`.build_source_profile`) with
        ``new_values`` (see :func:`.measure_new_values`) and ``leads_before`` the cut-off and earlier midnights.
        None without dates.
    """
    if not scorer.metadata.has_dates:
        return None
    cut_off = scorer.metadata.cut_off
    first = pd.Timestamp(engine.report["first_lead"]) + WARM_UP
    moments = [moment for n in range(STEPS, 0, -1) if (moment := cut_off - n * STEP) >= first]
    events = count_events(engine, zone)
    profile = build_source_profile(engine, events, cut_off, choose_lead_limit(engine, cut_off))
    profile |= {
        "new_values": measure_new_values(engine, cut_off),
        "leads_before": count_leads_before(events, [*moments, cut_off]),
    }
    try:
        frame = sample_open_leads(engine, features, cut_off)
    except NotEnoughDataError:  # no lead was open
        frame = None
    if frame is None or len(frame) < MIN_LEADS:
        return {"all": None, "new": None, "earlier": [], "source": profile}
    refused = read_refused(engine, frame["lead_id"])
    reference = build_reference(frame, scorer.predict(frame), scorer.catalogue, refused)
    return reference | {"earlier": _count_earlier(engine, features, scorer, reference, moments), "source": profile}


def _count_earlier(
    engine: Engine, features: FeatureSet, scorer: Scorer, reference: dict[str, Any], moments: list[pd.Timestamp]
) -> list[dict[str, Any]]:
    earlier = []
    for frame in sample_open_leads_over_time(engine, features, moments, MAX_LEADS):
        scored, refused = scorer.predict(frame), read_refused(engine, frame["lead_id"])
        for places in frame.groupby("as_of").indices.values():
            if len(places) >= MIN_LEADS:
                counted = count_population(
                    reference, frame.iloc[places], scored.iloc[places], scorer.catalogue, refused[places]
                )
                earlier.append({"as_of": frame["as_of"].iloc[places[0]].isoformat()} | counted)
    return earlier


def read_refused(engine: Engine, lead_ids: pd.Series) -> np.ndarray:
    """Return whether each lead has refused consent; unknown and not mapped count as consent. Shape (n,)."""
    leads = engine.tables.leads.select("lead_id", "consent").to_pyarrow().to_pandas()
    given = lead_ids.map(leads.set_index("lead_id")["consent"])
    return np.asarray(given.eq(False).fillna(False), dtype=bool)
