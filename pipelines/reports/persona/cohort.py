"""Closed leads, once each, with their fit attributes as known before the close."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import NotEnoughDataError, ParamsError
from leadlight.features.feature_set import FeatureSet
from leadlight.features.labels import find_first_closes
from leadlight.pipelines.engines.engine import Engine, build_feature_set, open_engine
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.as_of import convert_to_utc
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json

__all__ = ["LOST", "NOT_WON", "Cohort", "build_cohort"]

#: label of the comparison group
LOST, NOT_WON = "lost", "not won"


class Cohort(NamedTuple):
    """Won leads and the leads they are compared with.

    Parameters
    ----------
    frame : pd.DataFrame
        One row a lead, ordered by lead: its fit features; engagement is not here.
    won : ndarray of bool, shape (n,)
        Whether it was won.
    comparison_group : str
        ``lost``, or ``not won`` if no deal is recorded as lost.
    catalogue : Catalogue
        All features.
    report : dict
        What ``ingest`` reported.
    since, until : pd.Timestamp or None
        Time span of the closes; None without dates or without a limit.
    """

    frame: pd.DataFrame
    won: np.ndarray
    comparison_group: str
    catalogue: Catalogue
    report: dict[str, Any]
    since: pd.Timestamp | None
    until: pd.Timestamp | None


def build_cohort(params: Params, workdir: Workdir) -> Cohort:
    """Build the cohort of closed leads with their fit features.

    Parameters
    ----------
    params : Params
        Attributes, span and horizon.
    workdir : Workdir
        Where the clean tables and the report of the snapshots are.

    Raises
    ------
    ParamsError
        If no attribute has the group fit.
    NotEnoughDataError
        If there are no won leads, or no others to compare them with.
    """
    drawn = read_json(workdir.require(workdir.snapshot_report, "snapshot"))
    engine = open_engine(workdir)
    features = build_feature_set(params, engine.report)
    dated = engine.report["time"] == "dates"
    until = pd.Timestamp(drawn["cut_off"]) if dated else None
    since = _since(params, workdir, drawn) if dated else None
    moments, others = _moments(engine, until, since, pd.Timedelta(days=params.label.horizon_days))
    frame = _known(engine, features, moments)
    won = frame.pop("won").to_numpy(dtype=bool)
    if not won.any() or won.all():
        got = "no won lead" if not won.any() else "won leads alone"
        raise NotEnoughDataError(
            "The closed deals must hold won leads and others to compare them with. "
            f"Got {got} among {len(won):,}: look at source.deals.status or leads.outcome, and at history."
        )
    return Cohort(frame, won, others, features.catalogue, engine.report, since, until)


def _since(params: Params, workdir: Workdir, drawn: dict[str, Any]) -> pd.Timestamp | None:
    """Return the start of the deals that count: ``history.since``, or where left truncation ends."""
    if drawn["left_truncation"]:
        first = read_frame(workdir.require(workdir.snapshots, "snapshot"), ["as_of"])["as_of"].min()
        return pd.Timestamp(first)
    since = params.history.since
    return convert_to_utc(since, params.source.timezone) if since else None


def _moments(
    engine: Engine, until: pd.Timestamp | None, since: pd.Timestamp | None, horizon: pd.Timedelta
) -> tuple[pd.DataFrame, str]:
    """Return lead_id, as_of and won of the cohort, and the label of the comparison group."""
    leads = engine.tables.leads.select("lead_id", "created_at").to_pyarrow().to_pandas()
    deals = engine.deals.to_pyarrow().to_pandas()
    if until is not None:  # a later win is not known yet, and must not show
        deals = deals[deals["closed_at"] < until]
        leads = leads[leads["created_at"] < until]
    known = pa.Table.from_pandas(deals[["lead_id", "closed_at", "won"]], preserve_index=False)
    closings = find_first_closes(engine.connection.create_table("closed", known, overwrite=True))
    if engine.unknown_outcomes is not None:  # neither won nor lost
        unknown = engine.unknown_outcomes.select("lead_id").to_pyarrow().to_pandas()["lead_id"]
        leads = leads[~leads["lead_id"].isin(unknown)]
    table = leads.merge(closings.to_pyarrow().to_pandas(), on="lead_id", how="left")
    won = table["won_at"].notna()
    lost = table["closed_at"].notna() & ~won
    if lost.any():
        kept, others = won | lost, LOST
    else:  # no lost deals on record: past the horizon without a win counts as lost
        table["closed_at"] = table["created_at"] + (horizon if until is not None else pd.Timedelta(0))
        over = table["closed_at"] <= until if until is not None else pd.Series(True, table.index)
        kept, others = won | (over & ~won), NOT_WON
    table["as_of"] = table["won_at"].where(won, table["closed_at"])
    if since is not None:
        kept &= table["as_of"] >= since
    chosen = table.loc[kept, ["lead_id", "as_of"]].assign(won=won[kept])
    return chosen.sort_values("lead_id", ignore_index=True), others


def _known(engine: Engine, features: FeatureSet, moments: pd.DataFrame) -> pd.DataFrame:
    """Compute the fit features of each lead strictly before its close, with ``won``."""
    names = [feature.name for feature in features.catalogue.features if feature.group == "fit"]
    if not names:
        raise ParamsError("The attributes must name one of the group fit: a persona is made of those. Got none.")
    asked = pa.Table.from_pandas(moments[["lead_id", "as_of"]], preserve_index=False)
    snapshots = engine.connection.create_table("closes", asked, overwrite=True)
    table = features.build_table(snapshots, engine.tables, columns=names)
    known = table.order_by("lead_id").to_pyarrow().to_pandas()
    return moments[["lead_id", "won"]].merge(known, on="lead_id", validate="one_to_one")[["won", *names]]
