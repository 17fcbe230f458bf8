"""Read the files with the code that ingest uses, and find their columns of times."""

import csv
import gzip
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.audit.parsing import convert_numbers
from leadlight.pipelines.init.file_format import FileFormat, detect_format
from leadlight.pipelines.init.number_detection import DetectedMarks, detect_marks
from leadlight.pipelines.init.time_format import DetectedTimeFormat, detect_time_format, resolve_day_month_order
from leadlight.pipelines.params.tables import LeadsTable
from leadlight.pipelines.sources.files.read import read_table

__all__ = ["SourceTable", "read_tables", "strip_text"]


class SourceTable(NamedTuple):
    """One file and its raw rows; ``name`` is leads, activities, deals or history."""

    name: str
    path: Path
    facts: FileFormat
    frame: pd.DataFrame  # without unnamed columns, and those that are left out
    times: dict[str, DetectedTimeFormat]  # by column
    left_out: dict[str, str]  # column that cannot be mapped -> why
    marks: DetectedMarks | None = None  # of numbers in text, where they are not plain


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
        If a file cannot be read or has no row.
    """
    # all formats first: a bad file is reported before a long read
    facts = {name: detect_format(name, path) for name, path in paths.items()}
    tables = {name: _read(name, path, facts[name]) for name, path in paths.items()}
    times = [
        (name, time)
        for name, table in tables.items()
        for column in table.frame.columns
        if (time := detect_time_format(table.frame[column])) is not None
    ]
    values = [tables[name].frame[time.column] for name, time in times]
    resolved = resolve_day_month_order([time for _, time in times], values)
    for (name, _), time in zip(times, resolved, strict=True):
        tables[name].times[time.column] = time
    return {name: _read_numbers(table) for name, table in tables.items()}


def _read_numbers(table: SourceTable) -> SourceTable:
    marks = detect_marks(table.frame, set(table.times))
    if marks is None:
        return table
    return table._replace(marks=marks, frame=convert_numbers(table.frame, marks.form, set(table.times)))


def strip_text(values: pd.Series) -> pd.Series:
    """Return values as stripped text; empty text is NA."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    text = values.astype("str").str.strip()
    return text.mask(values.isna() | (text == ""))


def _read(name: str, path: Path, facts: FileFormat) -> SourceTable:
    columns, left_out = _read_schema(name, path) if facts.parquet else _read_header(path, facts)
    if not columns:
        raise SourceError(f"The file of {name} must have columns with names, each once. Got none in {path}.")
    # the simplest mapping, to state the format
    mapping = LeadsTable(path=path.name, delimiter=facts.delimiter, encoding=facts.encoding, lead_id=columns[0])
    frame, _ = read_table(name, mapping, columns, path.resolve().parent, None)
    return SourceTable(name, path, facts, frame, {}, left_out)


def _read_schema(name: str, path: Path) -> tuple[list[str], dict[str, str]]:
    import pyarrow as pa
    import pyarrow.dataset as ds

    try:
        schema = ds.dataset(path, format="parquet").schema
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise SourceError(f"The file of {name}, {path}, must be readable as Parquet. Got {reason}.") from None
    known = [field for field in schema if field.name.strip() and not field.name.startswith("__index_level_")]
    nested = {field.name: "a list or record, not a single value" for field in known if pa.types.is_nested(field.type)}
    return [field.name for field in known if field.name not in nested], nested


def _read_header(path: Path, facts: FileFormat) -> tuple[list[str], dict[str, str]]:
    """Return the names that the header has once, as pandas gives them; the others are left out."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    encoding = "utf-8-sig" if facts.encoding == "utf-8" else facts.encoding
    with opened(path, "rt", encoding=encoding, newline="") as file:
        header = next(row for row in csv.reader(file, delimiter=facts.delimiter) if row)
    names = pd.read_csv(path, sep=facts.delimiter, encoding=facts.encoding, dtype=str, index_col=False, nrows=0).columns
    named = [(str(name), column) for name, column in zip(names, header, strict=False) if column.strip()]
    repeated = {column: "the header has this name more than once" for _, column in named if header.count(column) > 1}
    return [name for name, column in named if column not in repeated], repeated
