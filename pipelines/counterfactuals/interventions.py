"""Features of leads under interventions: activities added to the raw data."""

from collections.abc import Sequence
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from leadlight.features.feature_set import FeatureSet
from leadlight.pipelines.engines.engine import Engine

__all__ = ["Intervention", "apply_interventions"]

#: kinds of topics computed from activities
ACTIVITY_KINDS = ("signal", "other", "activity", "sales")
#: time of the last added activity before as_of; the others are a day apart
LAST_OFFSET = pd.Timedelta(hours=1)


class Intervention(NamedTuple):
    """An activity added to every lead.

    Parameters
    ----------
    signal : str
        Activity type.
    times : int
        Number of activities, one a day up to as_of.
    """

    signal: str
    times: int


def apply_interventions(
    engine: Engine, features: FeatureSet, frame: pd.DataFrame, interventions: Sequence[Intervention], timezone: str
) -> list[pd.DataFrame]:
    """Compute the features of leads after each intervention.

    Parameters
    ----------
    engine : Engine
        With clean tables; not changed.
    frame : pd.DataFrame
        lead_id, as_of and the features, one row per lead, all with the same as_of.
    interventions : sequence of Intervention
        Each is applied to every lead on its own.
    timezone : str
        Zone of the business, for working hours.

    Returns
    -------
    list of pd.DataFrame
        One per intervention, with rows and columns of `frame`.
    """
    activities = engine.tables.activities
    assert activities is not None
    kinds = {topic.key: topic.kind for topic in features.catalogue.topics}
    columns = [f.name for f in features.catalogue.features if kinds[f.topic] in ACTIVITY_KINDS]
    leads, as_of = frame["lead_id"].to_numpy(dtype=object), pd.Timestamp(frame["as_of"].iloc[0])
    ids = np.array([f"{place}|{lead_id}" for place in range(len(interventions)) for lead_id in leads], dtype=object)
    pairs = pa.table(
        {"copy": pa.array(ids, pa.string()), "lead_id": pa.array(np.tile(leads, len(interventions)), pa.string())}
    )
    copies, added = (
        ibis.memtable(pairs),
        ibis.memtable(_build_activities(ids, len(leads), interventions, as_of, timezone)),
    )
    tables = engine.tables._replace(activities=_add_to_copies(activities, copies, added))
    now = ibis.timestamp(as_of.isoformat())
    snapshots = copies.select(lead_id=copies["copy"], as_of=now)
    computed = features.build_table(snapshots, tables, columns=columns, as_of=now).to_pyarrow().to_pandas()
    values = computed.set_index("lead_id").loc[ids, columns].reset_index(drop=True)
    size = len(leads)
    return [
        frame.assign(**values.iloc[place * size : (place + 1) * size].set_axis(frame.index))
        for place in range(len(interventions))
    ]


def _build_activities(
    ids: np.ndarray, leads: int, interventions: Sequence[Intervention], as_of: pd.Timestamp, timezone: str
) -> pa.Table:
    copy, kind, at = [], [], []
    for place, intervention in enumerate(interventions):
        copies = ids[place * leads : (place + 1) * leads].tolist()
        for day in range(intervention.times):
            copy += copies
            kind += [intervention.signal] * leads
            at += [as_of - LAST_OFFSET - pd.Timedelta(days=day)] * leads
    occurred = pd.Series(at, dtype="datetime64[us]")
    local = occurred.dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None)
    frame = pd.DataFrame({"lead_id": copy, "occurred_at": occurred, "type": kind, "local_at": local})
    return pa.Table.from_pandas(frame, preserve_index=False)


def _add_to_copies(activities: ir.Table, copies: ir.Table, added: ir.Table) -> ir.Table:
    """Give each copy of a lead the lead's own activities and the added ones."""
    existing = activities.join(copies, "lead_id").select(
        **{name: copies["copy"] if name == "lead_id" else activities[name] for name in activities.columns}
    )
    more = added.select(
        **{
            name: (added[name] if name in added.columns else ibis.null()).cast(kind)
            for name, kind in activities.schema().items()
        }
    )
    return existing.union(more)
