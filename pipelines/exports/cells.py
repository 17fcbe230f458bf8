"""Cells of text: what a spreadsheet would run as a formula is defused; a CRM gets no sign that is not the value's."""

import csv
import datetime as dt
import io
from collections.abc import Iterable

__all__ = ["FORMULA_SIGNS", "defuse_cell", "format_csv_row", "format_moment", "is_formula", "strip_formula_signs"]

FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠"
"""First characters of a cell that spreadsheets run (OWASP, CSV injection), full-width forms included."""


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet may run a cell as a formula."""
    return text.startswith(tuple(FORMULA_SIGNS))


def defuse_cell(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet may run: for files that people open."""
    return f"'{text}" if is_formula(text) else text


def strip_formula_signs(text: str) -> str:
    """Take away the signs that make text a formula: for CRMs, which would import an apostrophe as part of the text."""
    return text.lstrip(FORMULA_SIGNS + " ")


def format_csv_row(cells: Iterable[object], line_end: str) -> str:
    """Format a row of CSV: commas, double quotes where needed, None as an empty cell."""
    line = io.StringIO()
    csv.writer(line, lineterminator=line_end).writerow(cells)
    return line.getvalue()


def format_moment(moment: dt.datetime) -> str:
    """Format a naive UTC time as ISO 8601 with a Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
