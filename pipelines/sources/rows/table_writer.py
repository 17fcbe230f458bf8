"""Write a clean table batch by batch, and gather what the report says of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadlight.pipelines.sources.rows.table_ends import count_days

__all__ = ["TableContent", "write_batches"]


@dataclass
class TableContent:
    """What a clean table holds.

    Parameters
    ----------
    rows : int
    oldest, newest : pd.Timestamp
        First and last time; NaT without rows.
    days : pd.Series
        Number of rows by day, in the order of time.
    words : Counter
        Number of rows by the text of a column.
    """

    rows: int = 0
    oldest: pd.Timestamp = field(default_factory=lambda: cast("pd.Timestamp", pd.NaT))
    newest: pd.Timestamp = field(default_factory=lambda: cast("pd.Timestamp", pd.NaT))
    days: pd.Series = field(default_factory=lambda: pd.Series(dtype="int64", index=pd.DatetimeIndex([])))
    words: Counter[str] = field(default_factory=Counter)


def write_batches(
    path: Path, batches: Iterable[pd.DataFrame], time: str | None = None, word: str | None = None
) -> TableContent:
    """Write frames to one Parquet file.

    Parameters
    ----------
    path : Path
        A file of a folder that is replaced as a whole.
    batches : iterable of pd.DataFrame
        All with the same columns and types; at least one.
    time, word : str, optional
        Column of times, and of text to count.
    """
    content, writer = TableContent(), None
    try:
        for frame in batches:
            table = pa.Table.from_pandas(frame, schema=writer.schema if writer else None, preserve_index=False)
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
            content.rows += len(frame)
            if time and len(frame):
                content.oldest = pd.Series([content.oldest, frame[time].min()]).min()
                content.newest = pd.Series([content.newest, frame[time].max()]).max()
                content.days = content.days.add(count_days(frame[time]), fill_value=0).astype("int64")
            if word:
                content.words.update({str(text): int(rows) for text, rows in frame[word].value_counts().items()})
    finally:
        if writer:
            writer.close()
    return content
