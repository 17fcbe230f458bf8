"""What would be known of leads if they had done a little more: activities put into the raw data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from leadlight.features.feature_set import FeatureSet
from leadlight.pipelines.engines.engine import Engine

__all__ = ["Intervention", "apply_interventions"]

#: kinds of topics that are made of activities
ENGAGED = ("signal", "other", "activity", "sales")
#: the newest of the added activities lies so long before the moment, the others a day before each other
SHORTLY = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class Intervention:
    """Something that a lead might have done.

    Parameters
    ----------
    signal : str
        The activity type.
    times : int
        How often: once a day, up to the moment.
    """

    signal: str
    times: int


def apply_interventions(
    engine: Engine,
    features: FeatureSet,
    frame: pd.DataFrame,
    nudges: Sequence[Intervention],
    timezone: str,
) -> list[pd.DataFrame]:
    """Compute the features that leads would have after each nudge.

    Parameters
    ----------
    engine : Engine
        With clean tables; nothing is written to them.
    features : FeatureSet
        The features.
    frame : pd.DataFrame
        lead_id, as_of and the features, one row a lead, all of one moment.
    nudges : sequence of Nudge
        What to add, to every lead and one at a time.
    timezone : str
        Zone of the business, whose clocks tell working hours.

    Returns
    -------
    list of pd.DataFrame
        One a nudge, rows and columns of `frame`.
    """
    activities = engine.tables.activities
    assert activities is not None
    kinds = {topic.key: topic.kind for topic in features.catalogue.topics}
    engaged = [f.name for f in features.catalogue.features if kinds[f.topic] in ENGAGED]
    leads, moment = frame["lead_id"].to_numpy(dtype=object), pd.Timestamp(frame["as_of"].iloc[0])
    ids = np.array([f"{place}|{lead_id}" for place in range(len(nudges)) for lead_id in leads], dtype=object)
    pairs = pa.table(
        {"copy": pa.array(ids, pa.string()), "lead_id": pa.array(np.tile(leads, len(nudges)), pa.string())}
    )
    copies, more = ibis.memtable(pairs), ibis.memtable(_added(ids, len(leads), nudges, moment, timezone))
    tables = replace(engine.tables, activities=_with(activities, copies, more))
    now = ibis.timestamp(moment.isoformat())
    looked = copies.select(lead_id=copies["copy"], as_of=now)
    computed = features.build_table(looked, tables, columns=engaged, as_of=now).to_pyarrow().to_pandas()
    values = computed.set_index("lead_id").loc[ids, engaged].reset_index(drop=True)
    size = len(leads)
    return [
        frame.assign(**values.iloc[place * size : (place + 1) * size].set_axis(frame.index))
        for place in range(len(nudges))
    ]


def _added(
    ids: np.ndarray, leads: int, nudges: Sequence[Intervention], moment: pd.Timestamp, timezone: str
) -> pa.Table:
    copy, kind, at = [], [], []
    for place, nudge in enumerate(nudges):
        own = ids[place * leads : (place + 1) * leads].tolist()
        for day in range(nudge.times):
            copy += own
            kind += [nudge.signal] * leads
            at += [moment - SHORTLY - pd.Timedelta(days=day)] * leads
    occurred = pd.Series(at, dtype="datetime64[us]")
    local = occurred.dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None)
    frame = pd.DataFrame({"lead_id": copy, "occurred_at": occurred, "type": kind, "local_at": local})
    return pa.Table.from_pandas(frame, preserve_index=False)


def _with(activities: ir.Table, copies: ir.Table, more: ir.Table) -> ir.Table:
    """Give each copy of a lead what the lead did, and what is added."""
    own = activities.join(copies, "lead_id").select(
        **{name: copies["copy"] if name == "lead_id" else activities[name] for name in activities.columns}
    )
    schema = activities.schema()
    added = more.select(
        **{
            name: (more[name] if name in more.columns else ibis.null()).cast(kind)
            for name, kind in schema.items()
        }
    )
    return own.union(added)
