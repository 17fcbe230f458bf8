"""``leadlight featurize``: the feature table of the snapshots, or of the open leads at any moment."""

from pathlib import Path

import ibis
import pandas as pd
import pyarrow.parquet as pq

from features.build import FeatureSet
from features.errors import NotEnoughDataError
from features.known import open_leads
from features.labels import first_closings
from pipelines.engine import Engine, feature_set, open_engine, read_into
from pipelines.outputs import Workdir, replacing
from pipelines.params import Params

__all__ = ["featurize", "featurize_moment", "open_leads_at"]


def featurize(params: Params, workdir: Workdir) -> int:
    """Write the feature table of the training snapshots.

    Returns
    -------
    int
        Number of rows: one a snapshot, in the snapshots' order.
    """
    engine = open_engine(workdir)
    path = workdir.need(workdir.snapshots, "snapshot")
    snapshots = read_into(engine.connection, path, "snapshots").select("lead_id", "as_of")
    return _write(feature_set(params, engine.report), engine, snapshots, workdir.features)


def featurize_moment(params: Params, workdir: Workdir, as_of: pd.Timestamp, output: Path) -> int:
    """Write the feature table of the leads open at a moment.

    Parameters
    ----------
    params : Params
        Attributes and signals.
    workdir : Workdir
        Where the clean tables are.
    as_of : pd.Timestamp
        The moment, naive UTC.
    output : Path
        Parquet file to write.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    NotEnoughDataError
        If no lead was open then.
    """
    engine = open_engine(workdir)
    snapshots = open_leads_at(engine, as_of)
    return _write(feature_set(params, engine.report), engine, snapshots, output)


def open_leads_at(engine: Engine, as_of: pd.Timestamp) -> ibis.Table:
    """Return the leads open at a moment: lead_id, as_of.

    Raises
    ------
    NotEnoughDataError
        If there is none: before the first lead, or after the last was closed.
    """
    leads = engine.tables.leads
    moment = ibis.timestamp(as_of.isoformat())
    closings = first_closings(engine.deals)
    if engine.report["time"] == "dates":
        moments = leads.select("lead_id", as_of=moment)
        first = pd.Timestamp(engine.report["first_lead"])
        if as_of < first:
            raise NotEnoughDataError(
                f"The as_of must not be before the first lead, of {first} UTC. Got {as_of} UTC."
            )
        chosen = open_leads(moments, leads, closings)
    else:  # nothing is known of when: a lead is open unless the export says how it ended
        chosen = leads.anti_join(closings, "lead_id").select("lead_id", as_of=moment)
    open_now = engine.connection.create_table("open_now", chosen.to_pyarrow(), overwrite=True)
    if open_now.count().execute() == 0:
        raise NotEnoughDataError(
            f"The source must hold a lead that is open at {as_of} UTC. Got none: all are closed."
        )
    return open_now


def _write(features: FeatureSet, engine: Engine, snapshots: ibis.Table, output: Path) -> int:
    table = features.table(snapshots, engine.tables).order_by("as_of", "lead_id").to_pyarrow()
    with replacing(output) as temporary:
        pq.write_table(table, temporary)
    return int(table.num_rows)
