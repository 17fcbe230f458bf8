"""Open leads at a time, and a sample of them with features."""

from collections.abc import Iterator, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from leadlight.features.errors import NotEnoughDataError
from leadlight.features.feature_set import FeatureSet
from leadlight.features.point_in_time import filter_open_leads
from leadlight.pipelines.engines.engine import Engine

__all__ = ["MAX_LEADS", "sample_open_leads", "sample_open_leads_over_time", "select_open_leads"]

#: size of the sample
MAX_LEADS = 20_000
#: rows whose features are computed in one query, which bounds the memory
MAX_ROWS = 200_000


def sample_open_leads(engine: Engine, features: FeatureSet, moment: pd.Timestamp) -> pd.DataFrame:
    """Compute the features of the leads open at a moment, ordered by lead.

    Parameters
    ----------
    engine : Engine
    features : FeatureSet
    moment : pd.Timestamp
        Naive UTC.

    Returns
    -------
    pd.DataFrame
        lead_id, as_of and the features; of at most :data:`MAX_LEADS` leads, sampled by hash.

    Raises
    ------
    NotEnoughDataError
        If no lead was open then.
    """
    leads = _sample_by_hash(select_open_leads(engine, moment), engine)
    table = features.build_table(leads, engine.tables, as_of=ibis.timestamp(moment.isoformat()))
    frame: pd.DataFrame = table.order_by("lead_id").to_pyarrow().to_pandas()
    return frame


def sample_open_leads_over_time(
    engine: Engine, features: FeatureSet, moments: Sequence[pd.Timestamp], max_leads: int = MAX_LEADS
) -> Iterator[pd.DataFrame]:
    """Compute the features of the leads open at each of several moments, many moments to a query.

    Compiling the query of one moment takes longer than running it for a few thousand leads.

    Parameters
    ----------
    engine : Engine
    features : FeatureSet
    moments : sequence of pd.Timestamp
        Naive UTC.
    max_leads : int
        Size of the sample of a moment.

    Yields
    ------
    pd.DataFrame
        lead_id, as_of and the features, ordered by as_of and lead; of at most `max_leads` leads a moment, sampled
        by hash. Moments without an open lead have no rows.
    """
    parts: list[pa.Table] = []
    for moment in moments:
        try:
            part = _sample_by_hash(select_open_leads(engine, moment), engine, max_leads).to_pyarrow()
        except NotEnoughDataError:
            continue
        if parts and sum(map(len, parts)) + len(part) > MAX_ROWS:
            yield _compute_features(engine, features, pa.concat_tables(parts))
            parts = []
        parts.append(part)
    if parts:
        yield _compute_features(engine, features, pa.concat_tables(parts))


def _compute_features(engine: Engine, features: FeatureSet, snapshots: pa.Table) -> pd.DataFrame:
    ordered = features.build_table(ibis.memtable(snapshots), engine.tables).order_by("as_of", "lead_id")
    frame: pd.DataFrame = ordered.to_pyarrow().to_pandas()
    return frame


def _sample_by_hash(leads: ir.Table, engine: Engine, max_leads: int = MAX_LEADS) -> ir.Table:
    ids = leads.select("lead_id").to_pyarrow().to_pandas()["lead_id"]
    if len(ids) <= max_leads:
        return leads
    order = np.argsort(pd.util.hash_array(ids.to_numpy(dtype=object)))[:max_leads]
    sample = pa.table({"lead_id": pa.array(ids.iloc[order].tolist(), pa.string())})
    return leads.semi_join(engine.connection.create_table("sample", sample, overwrite=True), "lead_id")


def select_open_leads(engine: Engine, as_of: pd.Timestamp) -> ir.Table:
    """Return the leads open at a moment: lead_id, as_of.

    Raises
    ------
    NotEnoughDataError
        If there is none: before the first lead, or after the last was closed.
    """
    leads = engine.tables.leads
    moment = ibis.timestamp(as_of.isoformat())
    if engine.report["time"] == "dates":
        moments = leads.select("lead_id", as_of=moment)
        first = pd.Timestamp(engine.report["first_lead"])
        if as_of < first:
            raise NotEnoughDataError(f"The as_of must not be before the first lead, of {first} UTC. Got {as_of} UTC.")
        chosen = filter_open_leads(moments, leads, engine.closed_periods)
    else:  # without dates a lead is open unless it has an outcome
        chosen = leads.anti_join(engine.closed_periods, "lead_id").select("lead_id", as_of=moment)
    open_now = engine.materialize(chosen, "open_now")
    if open_now.count().execute() == 0:
        raise NotEnoughDataError(f"The source must hold a lead that is open at {as_of} UTC. Got none: all are closed.")
    return open_now
