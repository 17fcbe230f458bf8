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
from leadlight.features.labels import find_closed_periods
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
        Inputs of features.
    deals : ir.Table
        Outcomes: lead_id, closed_at, won, amount.
    report : dict
        Report of ``ingest``.
    unknown_outcomes : ir.Table or None
        lead_id of leads with a deal that cannot be used.
    reopenings : ir.Table or None
        lead_id, reopened_at, closes_before: when lost leads came back.
    stages : ir.Table or None
        lead_id, stage, entered_at, where the source has stages; features do not use them.
    """

    name: str
    connection: Any
    tables: Tables
    deals: ir.Table
    report: dict[str, Any]
    unknown_outcomes: ir.Table | None = None
    reopenings: ir.Table | None = None
    stages: ir.Table | None = None

    @property
    def closed_periods(self) -> ir.Table:
        """Periods in which leads were closed; see :func:`.find_closed_periods`."""
        return find_closed_periods(self.deals, self.reopenings, self.unknown_outcomes)

    def materialize(self, table: ir.Table, name: str) -> ir.Table:
        """Compute a table once for several uses, in memory; a no-op on Spark."""
        if self.name == "spark":  # recomputes it: cheaper than a warehouse table
            return table
        held: ir.Table = self.connection.create_table(name, table, overwrite=True)
        return held


def open_engine(workdir: Workdir, name: str = "duckdb") -> Engine:
    """Open an engine over the clean tables.

    Parameters
    ----------
    workdir : Workdir
        Holds the tables: Parquet files, or folders of them.
    name : str
        ``duckdb``, in the memory of this process, or ``spark``.

    Raises
    ------
    SourceError
        If nothing has been ingested into the working folder.
    ParamsError
        If Spark cannot be opened.
    """
    workdir.require(workdir.ingest_report, "ingest")
    connection = open_spark() if name == "spark" else _open_duckdb()

    def table(name: str) -> ir.Table | None:
        path = workdir.tables / f"{name}.parquet"
        return register_parquet(connection, path, name) if path.exists() else None

    leads, attributes, deals = table("leads"), table("attributes"), table("deals")
    assert leads is not None
    assert attributes is not None
    assert deals is not None
    tables = Tables(leads, attributes, table("activities"), table("history"))
    report = read_json(workdir.ingest_report)
    return Engine(
        name, connection, tables, deals, report, table("unknown_outcomes"), table("reopenings"), table("stages")
    )


def _open_duckdb() -> Any:
    """Open an in-memory DuckDB, which spills to disk above LEADLIGHT_DUCKDB_MEMORY."""
    limit = os.environ.get("LEADLIGHT_DUCKDB_MEMORY")
    try:
        return ibis.duckdb.connect(**({"memory_limit": limit} if limit else {}))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ParamsError(f"The LEADLIGHT_DUCKDB_MEMORY must be a size such as 4GB. Got {limit}: {reason}.") from None


def register_parquet(connection: Any, path: Path, name: str) -> ir.Table:
    """Register a Parquet file, or a folder of them, as a table of an engine.

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
    """Declare the features of params and source.

    Parameters
    ----------
    params : Params
        Attributes, signals and moments.
    report : dict
        Report of ``ingest``; without ``activity_types`` every signal counts as observed.
    """
    historised = set(report["historised"])
    attributes = tuple(
        AttributeSpec(name, a.kind, a.group, DIRECTIONS[a.effect], a.label, name in historised)
        for name, a in params.attributes.items()
    )
    # types without data count as other activity until the next training
    observed = report.get("activity_types", params.signals)
    signals = tuple(
        SignalSpec(name, DIRECTIONS[s.effect], s.label, s.value, s.objects, s.by_sales)
        for name, s in params.signals.items()
        if name in observed
    )
    later = bool(params.snapshots.every_days or params.snapshots.after_days)
    has_activities = "activities" in report["rows"]
    objects = params.source.activities is not None and params.source.activities.object is not None
    return FeatureSet(attributes, signals, has_activities, later and report["time"] == "dates", objects)
