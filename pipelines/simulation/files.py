"""Write files atomically and reproducibly: the same content gives the same bytes."""

import gzip
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["write_csv", "write_parquet", "write_text"]


def _replace(content: bytes, path: Path) -> None:
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a gzip-compressed CSV; times as "YYYY-MM-DD HH:MM:SS" in UTC, missing values empty."""
    text = frame.to_csv(index=False, date_format="%Y-%m-%d %H:%M:%S", lineterminator="\n")
    # mtime=0: the gzip header would otherwise hold the time of writing
    _replace(gzip.compress(text.encode(), compresslevel=6, mtime=0), path)


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write Parquet without pandas metadata, which depends on the pandas version."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    _replace(buffer.getvalue(), path)


def write_text(text: str, path: Path) -> None:
    """Write text as UTF-8."""
    _replace(text.encode(), path)
