"""The open leads of a moment with their features, or as many of them as tell what there is to tell."""

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from features.build import FeatureSet
from pipelines.engine import Engine
from pipelines.featurize import open_leads_at

__all__ = ["MOST_LEADS", "population_at"]

#: leads that are drawn of a larger base: to look at it costs the same for any size
MOST_LEADS = 20_000


def population_at(engine: Engine, features: FeatureSet, moment: pd.Timestamp) -> pd.DataFrame:
    """Compute the features of the leads open at a moment, ordered by lead.

    Parameters
    ----------
    engine : Engine
        With clean tables.
    features : FeatureSet
        The features.
    moment : pd.Timestamp
        Naive UTC.

    Returns
    -------
    pd.DataFrame
        lead_id, as_of and the features; of at most :data:`MOST_LEADS` leads, drawn by hash.

    Raises
    ------
    NotEnoughDataError
        If no lead was open then.
    """
    leads = _some(open_leads_at(engine, moment), engine)
    table = features.table(leads, engine.tables, moment=ibis.timestamp(moment.isoformat()))
    frame: pd.DataFrame = table.order_by("lead_id").to_pyarrow().to_pandas()
    return frame


def _some(leads: ir.Table, engine: Engine) -> ir.Table:
    ids = leads.select("lead_id").to_pyarrow().to_pandas()["lead_id"]
    if len(ids) <= MOST_LEADS:
        return leads
    order = np.argsort(pd.util.hash_array(ids.to_numpy(dtype=object)))[:MOST_LEADS]
    some = pa.table({"lead_id": pa.array(ids.iloc[order].tolist(), pa.string())})
    return leads.semi_join(engine.connection.create_table("some", some, overwrite=True), "lead_id")
