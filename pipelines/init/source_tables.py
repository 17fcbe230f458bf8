"""The files as tables, read by the very code that will read them later."""

import csv
import gzip
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.init.file_format import FileFormat, detect_format
from leadlight.pipelines.init.time_format import (
    DetectedTimeFormat,
    detect_time_format,
    resolve_day_month_order,
)
from leadlight.pipelines.params.source import LeadsTable
from leadlight.pipelines.sources.read import read_table

__all__ = ["SourceTable", "read_tables", "strip_text"]


@dataclass(frozen=True)
class SourceTable:
    """One file.

    Parameters
    ----------
    name : str
        leads, activities, deals or history.
    path : Path
        Where it lies.
    facts : FileFacts
        How it is written.
    frame : pd.DataFrame
        Its rows as read; columns without a name are left out.
    times : dict
        Column -> its format, for those that hold times.
    duplicated_columns : tuple of str
        Names that stand in the header more than once.
    nested : tuple of str
        Columns of lists or records, which no feature can use.
    """

    name: str
    path: Path
    facts: FileFormat
    frame: pd.DataFrame
    times: dict[str, DetectedTimeFormat] = field(default_factory=dict)
    duplicated_columns: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()


def read_tables(paths: dict[str, Path]) -> dict[str, SourceTable]:
    """Read the files and find their columns of times.

    Parameters
    ----------
    paths : dict
        Name of the table -> its file.

    Returns
    -------
    dict
        Name -> :class:`SourceTable`.

    Raises
    ------
    SourceError
        If a file cannot be read, or holds no row.
    """
    facts = {
        name: detect_format(name, path) for name, path in paths.items()
    }  # all, before the first long read
    sheets = {name: _read(name, path, facts[name]) for name, path in paths.items()}
    found = [
        (name, time)
        for name, sheet in sheets.items()
        for column in sheet.frame.columns
        if (time := detect_time_format(sheet.frame[column])) is not None
    ]
    values = [sheets[name].frame[time.column] for name, time in found]
    agreed = resolve_day_month_order([time for _, time in found], values)
    for (name, _), time in zip(found, agreed, strict=True):
        sheets[name].times[time.column] = time
    return sheets


def strip_text(values: pd.Series) -> pd.Series:
    """Return values as text without blanks around it, NA where there is none."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    text = values.astype("str").str.strip()
    return text.mask(values.isna() | (text == ""))


def _read(name: str, path: Path, facts: FileFormat) -> SourceTable:
    columns, nested = _parquet_columns(name, path) if facts.parquet else (_csv_columns(name, path, facts), ())
    if not columns:
        raise SourceError(f"The file of {name} must have columns with names. Got none in {path}.")
    twice = tuple(column for column in columns if f"{column}.1" in columns)
    # the mapping of leads is the plainest; here it only says how the file is written
    how = LeadsTable(path=path.name, delimiter=facts.delimiter, encoding=facts.encoding, lead_id=columns[0])
    try:
        frame, _ = read_table(name, how, columns, path.resolve().parent, None)
    except SourceError:
        if not twice:
            raise
        raise SourceError(
            f"The header of {name} must name each column once where rows differ in width. "
            f"Got {twice[0]} more than once."
        ) from None
    return SourceTable(name, path, facts, frame, duplicated_columns=twice, nested=nested)


def _parquet_columns(name: str, path: Path) -> tuple[list[str], tuple[str, ...]]:
    import pyarrow as pa
    import pyarrow.dataset as ds

    try:
        schema = ds.dataset(path, format="parquet").schema
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise SourceError(f"The file of {name}, {path}, must be readable as Parquet. Got {reason}.") from None
    known = [field for field in schema if field.name.strip() and not field.name.startswith("__index_level_")]
    nested = tuple(field.name for field in known if pa.types.is_nested(field.type))
    return [field.name for field in known if field.name not in nested], nested


def _csv_columns(name: str, path: Path, facts: FileFormat) -> list[str]:
    """Names under which the reader knows the columns: where one comes twice, the second has .1 behind it."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    encoding = "utf-8-sig" if facts.encoding == "utf-8" else facts.encoding
    with opened(path, "rt", encoding=encoding, newline="") as file:
        header = next(row for row in csv.reader(file, delimiter=facts.delimiter) if row)
    known = pd.read_csv(
        path, sep=facts.delimiter, encoding=facts.encoding, dtype=str, index_col=False, nrows=0
    ).columns
    return [str(known[place]) for place, column in enumerate(header) if column.strip()]
