"""``leadlight featurize``: the feature table of the snapshots, or of the open leads at any moment."""

from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow.parquet as pq

from leadlight.features.errors import SourceError
from leadlight.pipelines.engines.engine import Engine, build_feature_set, open_engine, register_parquet
from leadlight.pipelines.engines.open_leads import select_open_leads
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir, write_atomically, write_folder_atomically

__all__ = ["featurize", "featurize_as_of"]

#: marker file of a complete Spark output; a folder without it is not replaced
SUCCESS_MARKER = "_SUCCESS"


def featurize(params: Params, workdir: Workdir, engine: str | None = None) -> int:
    """Write the feature table of the training snapshots.

    Parameters
    ----------
    params : Params
        Attributes and signals.
    workdir : Workdir
        Holds clean tables and snapshots; the features go there.
    engine : str, optional
        ``duckdb`` or ``spark``, instead of that of params.

    Returns
    -------
    int
        Number of rows, one per snapshot.
    """
    opened = open_engine(workdir, engine or params.engine)
    path = workdir.require(workdir.snapshots, "snapshot")
    snapshots = register_parquet(opened.connection, path, "snapshots").select("lead_id", "as_of")
    table = build_feature_set(params, opened.report).build_table(snapshots, opened.tables)
    return _write_table(table, opened, workdir.features)


def featurize_as_of(
    params: Params, workdir: Workdir, as_of: pd.Timestamp, output: Path, engine: str | None = None
) -> int:
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
        Parquet file to write; with Spark a folder of them, by month.
    engine : str, optional
        ``duckdb`` or ``spark``, instead of that of params.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    NotEnoughDataError
        If no lead was open then.
    """
    opened = open_engine(workdir, engine or params.engine)
    table = build_feature_set(params, opened.report).build_table(
        select_open_leads(opened, as_of), opened.tables, as_of=ibis.timestamp(as_of.isoformat())
    )
    return _write_table(table, opened, output)


def _write_table(table: ir.Table, engine: Engine, output: Path) -> int:
    if engine.name == "spark":
        return _write_folder(table, engine, output)
    with write_atomically(output, a_folder=_is_spark_folder(output)) as temporary:
        engine.connection.to_parquet(table.order_by("as_of", "lead_id"), temporary)
        rows: int = pq.read_metadata(temporary).num_rows
    return rows


def _write_folder(table: ir.Table, engine: Engine, output: Path) -> int:
    """Let the workers write a folder partitioned by month, so that the driver never holds the rows."""
    if output.is_dir() and any(output.iterdir()) and not _is_spark_folder(output):
        raise SourceError(f"The output must be new, or a Parquet folder that Spark wrote. Got the folder {output}.")
    month = table.as_of.year().cast("string") + "-" + table.as_of.month().cast("string").lpad(2, "0")
    with write_folder_atomically(output) as fresh:
        engine.connection.to_parquet(
            table.mutate(as_of_month=month), str(fresh.resolve()), partitionBy=["as_of_month"], mode="overwrite"
        )
        written = engine.connection.read_parquet(str(fresh.resolve()), table_name="written")
        return int(written.count().execute())


def _is_spark_folder(path: Path) -> bool:
    return (path / SUCCESS_MARKER).exists()
