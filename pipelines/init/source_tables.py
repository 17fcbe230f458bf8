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
from leadlight.pipelines.sources.files.file_sets import TEXT
from leadlight.pipelines.sources.files.read import open_table, read_table
from leadlight.pipelines.sources.files.typed_columns import strip_text

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


def _read(name: str, path: Path, facts: FileFormat) -> SourceTable:
    # the simplest mapping, to state the format
    mapping = LeadsTable(
        path=path.name, sheet=facts.sheet, delimiter=facts.delimiter, encoding=facts.encoding, lead_id=None
    )
    folder = path.resolve().parent
    if facts.kind == TEXT and path.is_file():
        columns, left_out = _read_header(path, facts)
    else:
        raw = open_table(name, mapping, folder, None)
        columns = [column for column in raw.columns if column.strip() and column not in raw.nested]
        left_out = dict.fromkeys(raw.nested, "a list or record, not a single value")
    if not columns:
        raise SourceError(f"The file of {name} must have columns with names, each once. Got none in {path}.")
    frame, _ = read_table(name, mapping, columns, folder, None)
    return SourceTable(name, path, facts, frame, {}, left_out)


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
