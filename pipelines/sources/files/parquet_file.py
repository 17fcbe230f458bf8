"""Read Parquet files and partitioned folders in batches."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from leadlight.pipelines.sources.files.raw_table import RawTable
from leadlight.pipelines.sources.files.typed_columns import describe_nested, normalize_types

__all__ = ["open_parquet"]

BATCH_ROWS = 65_536


def open_parquet(path: Path) -> RawTable:
    """Open a Parquet file, or a folder of them with Hive partitions.

    Parameters
    ----------
    path : Path
        The file or folder.

    Raises
    ------
    OSError, ValueError, pyarrow.ArrowException
        If it cannot be read or a column has the name of another; also while it is read.
    """
    schema = pq.read_schema(path) if path.is_file() else ds.dataset(path, format="parquet", partitioning="hive").schema
    names = tuple(name for name in schema.names if not name.startswith("__index_level_"))
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"the column {repeated[0]} more than once")
    nested = {name: kind for name in names if (kind := describe_nested(schema.field(name).type))}

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        for batch in _scan_file(path, wanted) if path.is_file() else _scan_folder(path, wanted):
            if batch.num_rows:
                yield normalize_types(pa.Table.from_batches([batch]))

    return RawTable(names, {}, scan, nested)


def _scan_file(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    # without read-ahead, which holds row groups in memory
    with pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as file:
        yield from file.iter_batches(BATCH_ROWS, columns=columns)


def _scan_folder(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    options = ds.ParquetFragmentScanOptions(pre_buffer=False, page_checksum_verification=True)
    yield from ds.dataset(path, format="parquet", partitioning="hive").to_batches(
        columns=columns,
        batch_size=BATCH_ROWS,
        batch_readahead=0,
        fragment_readahead=0,
        fragment_scan_options=options,
        use_threads=False,
    )
