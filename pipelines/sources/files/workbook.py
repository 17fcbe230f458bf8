"""Read a sheet of an Excel workbook."""

import datetime
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from leadlight.pipelines.sources.files.raw_table import RawTable, name_columns
from leadlight.pipelines.sources.files.typed_columns import build_tables

__all__ = ["list_sheets", "open_workbook"]

#: rows of a sheet in the format .xlsx; an export of more is cut off without a word
MAX_SHEET_ROWS = 1_048_576


def open_workbook(path: Path, sheet: str | None) -> RawTable:
    """Open a sheet, whose first row that is not empty names the columns.

    Parameters
    ----------
    path : Path
        The workbook.
    sheet : str or None
        Name of the sheet; None for a workbook that has one.

    Raises
    ------
    ValueError
        If it is no workbook, the sheet is not there or not named, has no header, or is full.
    OSError
        If the file cannot be read.
    """
    rows = _read_rows(path, sheet)
    header = next(rows, None)
    if header is None:
        raise ValueError("a sheet without a row")
    cells = [str(_simplify(cell)).strip() for cell in header]
    while not cells[-1]:  # cells beyond the table that were formatted once
        cells.pop()
    columns, repeated = name_columns(cells)
    places = {name: place for place, name in enumerate(columns)}

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        rows = itertools.islice(_read_rows(path, sheet), 1, None)
        yield from build_tables(rows, wanted, lambda row, name: _simplify(row[places[name]]))

    return RawTable(columns, repeated, scan)


def list_sheets(path: Path) -> list[str]:
    """Return the names of the sheets; errors as :func:`open_workbook`."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as workbook:
            return list(workbook.sheet_names)
    except CalamineError as error:
        raise ValueError(str(error) or "no workbook") from None


def _read_rows(path: Path, sheet: str | None) -> Iterator[list[Any]]:
    """Yield the rows that are not empty."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as workbook:
            names = workbook.sheet_names
            if sheet is None and len(names) > 1:
                raise ValueError(f"the sheets {', '.join(names)}: name one as sheet")
            if sheet is not None and sheet not in names:
                raise ValueError(f"no sheet {sheet} among {', '.join(names)}")
            found = workbook.get_sheet_by_name(sheet or names[0])
            if found.end is not None and found.end[0] + 1 >= MAX_SHEET_ROWS:
                raise ValueError(f"a full sheet of {MAX_SHEET_ROWS:,} rows, the rest of which may be cut off")
            yield from (row for row in found.iter_rows() if any(cell != "" for cell in row))
    except CalamineError as error:
        raise ValueError(str(error) or "no workbook") from None


def _simplify(cell: Any) -> Any:
    """Return None for an empty cell, whole numbers as such, and days as times: a column may mix both."""
    if cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, datetime.date) and not isinstance(cell, datetime.datetime):
        return datetime.datetime.combine(cell, datetime.time.min)
    return cell
