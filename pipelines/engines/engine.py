"""The engine that feature expressions run on, and the clean tables in it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from leadlight.features.catalogue import AttributeSpec, SignalSpec
from leadlight.features.errors import ParamsError
from leadlight.features.feature_set import FeatureSet, Tables
from leadlight.pipelines.engines.spark import describe_spark_error, open_spark
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir, make_corrupt_file_error, read_json

__all__ = ["Engine", "build_feature_set", "open_engine", "register_parquet"]

DIRECTIONS = {"raises": 1, "lowers": -1, None: 0}


@dataclass(frozen=True)
class Engine:
    """An open engine with the clean tables.

    Parameters
    ----------
    name : str
        ``duckdb`` or ``spark``.
    connection : ibis backend
        The engine.
    tables : Tables
        What features may read.
    deals : ir.Table
        Outcomes: lead_id, closed_at, won, amount.
    report : dict
        What ``ingest`` reported.
    """

    name: str
    connection: Any
    tables: Tables
    deals: ir.Table
    report: dict[str, Any]

    def materialize(self, table: ir.Table, name: str) -> ir.Table:
        """Compute a table once for several uses, where that needs no other place than memory."""
        if self.name == "spark":  # plans it anew each time, which is better than a table in its warehouse
            return table
        held: ir.Table = self.connection.create_table(name, table, overwrite=True)
        return held


def open_engine(workdir: Workdir, name: str = "duckdb") -> Engine:
    """Open an engine over the clean tables.

    Parameters
    ----------
    workdir : Workdir
        Where the tables are: Parquet files, or folders of them.
    name : str
        ``duckdb``, in the memory of this process, or ``spark``.

    Raises
    ------
    SourceError
        If nothing has been ingested into the working folder.
    ParamsError
        If there is no Spark to open.
    """
    workdir.require(workdir.ingest_report, "ingest")
    connection = open_spark() if name == "spark" else _duckdb()

    def table(name: str) -> ir.Table | None:
        path = workdir.tables / f"{name}.parquet"
        return register_parquet(connection, path, name) if path.exists() else None

    leads, attributes, deals = table("leads"), table("attributes"), table("deals")
    assert leads is not None
    assert attributes is not None
    assert deals is not None
    tables = Tables(leads, attributes, table("activities"), table("history"))
    return Engine(name, connection, tables, deals, read_json(workdir.ingest_report))


def _duckdb() -> Any:
    """Open DuckDB in memory, which LEADLIGHT_DUCKDB_MEMORY bounds: beyond it DuckDB takes the disk."""
    limit = os.environ.get("LEADLIGHT_DUCKDB_MEMORY")
    try:
        return ibis.duckdb.connect(**({"memory_limit": limit} if limit else {}))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ParamsError(
            f"The LEADLIGHT_DUCKDB_MEMORY must be a size such as 4GB. Got {limit}: {reason}."
        ) from None


def register_parquet(connection: Any, path: Path, name: str) -> ir.Table:
    """Show a Parquet file, or a folder of them, to an engine under a name.

    Raises
    ------
    SourceError
        If the file was damaged since its stage wrote it.
    """
    where = path.resolve()
    if path.is_dir() and connection.name == "duckdb":
        where = where / "**" / "*.parquet"
    try:
        table: ir.Table = connection.read_parquet(str(where), table_name=name)
    except duckdb.Error as error:
        raise make_corrupt_file_error(path, error) from None
    except Exception as error:
        if describe_spark_error(error) is None:
            raise
        raise make_corrupt_file_error(path, error) from None
    return table


def build_feature_set(params: Params, report: dict[str, Any]) -> FeatureSet:
    """Declare the features that params and source give rise to.

    Parameters
    ----------
    params : Params
        Attributes, signals and moments.
    report : dict
        What ``ingest`` reported: which attributes have a history, whether there are activities, and of
        which types; without ``activity_types`` every signal is taken to have been seen.
    """
    historised = set(report["historised"])
    attributes = tuple(
        AttributeSpec(name, a.kind, a.group, DIRECTIONS[a.effect], a.label, name in historised)
        for name, a in params.attributes.items()
    )
    # a type that was never seen has nothing to learn from: it is other activity until the next training
    seen = report.get("activity_types", params.signals)
    signals = tuple(
        SignalSpec(name, DIRECTIONS[s.effect], s.label, s.value, s.objects, s.by_sales)
        for name, s in params.signals.items()
        if name in seen
    )
    later = bool(params.snapshots.every_days or params.snapshots.after_days)
    has_activities = "activities" in report["rows"]
    objects = params.source.activities is not None and params.source.activities.object is not None
    return FeatureSet(attributes, signals, has_activities, later and report["time"] == "dates", objects)
