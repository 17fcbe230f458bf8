"""The engine that feature expressions run on, and the clean tables in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from features.build import FeatureSet, Tables
from features.catalogue import AttributeSpec, SignalSpec
from pipelines.outputs import Workdir, damaged, read_json
from pipelines.params import Params

__all__ = ["Engine", "feature_set", "open_engine", "read_into"]

DIRECTIONS = {"raises": 1, "lowers": -1, None: 0}


@dataclass(frozen=True)
class Engine:
    """An open engine with the clean tables.

    Parameters
    ----------
    connection : ibis backend
        The engine.
    tables : Tables
        What features may read.
    deals : ir.Table
        Outcomes: lead_id, closed_at, won, amount.
    report : dict
        What ``ingest`` reported.
    """

    connection: Any
    tables: Tables
    deals: ir.Table
    report: dict[str, Any]


def open_engine(workdir: Workdir) -> Engine:
    """Open DuckDB in memory over the clean tables.

    Raises
    ------
    SourceError
        If nothing has been ingested into the working folder.
    """
    workdir.need(workdir.ingest_report, "ingest")
    connection = ibis.duckdb.connect()

    def table(name: str) -> ir.Table | None:
        path = workdir.tables / f"{name}.parquet"
        return read_into(connection, path, name) if path.exists() else None

    leads, attributes, deals = table("leads"), table("attributes"), table("deals")
    assert leads is not None
    assert attributes is not None
    assert deals is not None
    tables = Tables(leads, attributes, table("activities"), table("history"))
    return Engine(connection, tables, deals, read_json(workdir.ingest_report))


def read_into(connection: Any, path: Path, name: str) -> ir.Table:
    """Show a Parquet file of the working folder to DuckDB under a name.

    Raises
    ------
    SourceError
        If the file was damaged since its stage wrote it.
    """
    try:
        table: ir.Table = connection.read_parquet(path, table_name=name)
    except duckdb.Error as error:
        raise damaged(path, error) from None
    return table


def feature_set(params: Params, report: dict[str, Any]) -> FeatureSet:
    """Declare the features that params and source give rise to.

    Parameters
    ----------
    params : Params
        Attributes, signals and moments.
    report : dict
        What ``ingest`` reported: which attributes have a history, whether there are activities.
    """
    historised = set(report["historised"])
    attributes = tuple(
        AttributeSpec(name, a.kind, a.group, DIRECTIONS[a.effect], a.label, name in historised)
        for name, a in params.attributes.items()
    )
    signals = tuple(SignalSpec(name, DIRECTIONS[s.effect], s.label) for name, s in params.signals.items())
    later = bool(params.snapshots.every_days or params.snapshots.after_days)
    has_activities = "activities" in report["rows"]
    return FeatureSet(attributes, signals, has_activities, ages=later and report["time"] == "dates")
