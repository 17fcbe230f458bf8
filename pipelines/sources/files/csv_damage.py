"""Find where a CSV file is damaged: quotes that swallow lines, a cut-off end, bytes of another encoding."""

import codecs
import csv
import gzip
import re
import zlib
from contextlib import suppress
from pathlib import Path

__all__ = [
    "CsvDamageError",
    "find_cut_off",
    "find_last_line",
    "find_open_quote",
    "find_swallowed_lines",
    "find_undecodable",
]

#: lines within a cell from which on half of them must look like rows, rather than all
MIN_LINES_WITHIN = 3
_LINE_END = re.compile(r"\r\n|\n|\r")
_QUOTED_CELL = re.compile(r'"(?:[^"]+|"")*"?')


class CsvDamageError(Exception):
    """A damaged CSV file; the text says what and where, to follow "Got". Empty for a file without a header."""


def find_open_quote(record: list[str], columns: tuple[str, ...], delimiter: str, last_line: int) -> str:
    """Describe a quote that is still open at the end of the file; empty text if there is none.

    Parameters
    ----------
    record : list of str
        Physical lines of the last row.
    columns : tuple of str
        Names of the header.
    delimiter : str
        One character.
    last_line : int
        Number of the last line of `record`, from 1.
    """
    try:
        list(csv.reader(record, delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" not in str(error) and "field larger" not in str(error):
            return ""
        return f"{_locate_quote(record, columns, delimiter, last_line)}, which is not closed"
    return ""


def find_swallowed_lines(
    record: list[str], columns: tuple[str, ...], delimiter: str, last_line: int, *, is_uneven: bool
) -> str:
    """Describe a quoted cell that holds whole rows; empty text if there is none.

    A stray quote takes the lines up to the next quote into its cell. Each of these lines has as many delimiters
    as a row; lines of a cell with several lines, such as a note, do not.

    Parameters
    ----------
    record, columns, delimiter, last_line
        As :func:`find_open_quote`.
    is_uneven : bool
        Whether the row has more or fewer cells than the header.
    """
    need = len(columns) - 1
    if need < 1:
        return ""
    # a comma before a blank belongs to prose rather than to rows
    mark = re.compile(re.escape(delimiter) + r"(?! )" if delimiter == "," else re.escape(delimiter))
    counts = [len(mark.findall(line)) for line in record if line.strip()]
    first, *inner, last = counts if len(counts) > 1 else (0, 0)
    if len(inner) < MIN_LINES_WITHIN:
        rows_within = min(first, last) >= need and all(count == need for count in inner)
    else:  # some of the lines, and the header, may be damaged themselves
        rows_within = 2 * sum(count >= max(need - 1, min(need, 2)) for count in inner) >= len(inner)
    # rows of a file may all differ from its header: lines that are alike are rows too
    parts_within = len(set(counts)) == 1 and counts[0] > 1
    parts_within |= max(counts[1:], default=0) >= need or sum(counts) >= 2 * need
    if not rows_within and not (is_uneven and parts_within):
        return ""
    return (
        f"{_locate_quote(record, columns, delimiter, last_line)}, which takes the lines up to {last_line} into a cell"
    )


def find_cut_off(row: list[str], before: list[str] | None, columns: tuple[str, ...], line: int) -> str:
    """Describe a last row that ends early and without a line end; empty text if it is the footer of a report.

    Parameters
    ----------
    row, before : list of str
        Cells of the last row, and of the row before it.
    columns : tuple of str
        Names of the header.
    line : int
        Number of its line.
    """
    if len(row) >= len(columns) or (before and _get_pattern(row[0]) != _get_pattern(before[0])):
        return ""
    return f"an end within line {line}, column {len(row)} ({columns[len(row) - 1]}) of {len(columns)}"


def find_undecodable(path: Path, encoding: str, delimiter: str) -> str:
    """Return the line and column of the first byte that cannot be decoded; empty text if it is not found."""
    if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
        return ""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rb") as file, suppress(EOFError, OSError, zlib.error):  # damaged in more than one way
        for number, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as error:
                column = line[: error.start].decode(encoding, "replace").count(delimiter) + 1
                return f" in line {number}, column {column}"
    return ""


def find_last_line(path: Path) -> int:
    """Return how many lines of a compressed file can be read before it ends early or is damaged."""
    number = 0
    with gzip.open(path, "rb") as file:
        try:
            for _ in file:
                number += 1
        except (EOFError, OSError, zlib.error):
            return number
    return number


def _locate_quote(record: list[str], columns: tuple[str, ...], delimiter: str, last_line: int) -> str:
    """Name line and column of the first quoted cell with several lines."""
    text = "".join(record)
    place, column, found = 0, 0, (0, 0)
    while place < len(text):
        cell = _QUOTED_CELL.match(text, place)
        if cell is not None:
            if _LINE_END.search(cell.group()):
                found = (place, column)
                break
            found, place = (place, column), cell.end()
        following = text.find(delimiter, place)
        if following < 0:
            break
        place, column = following + 1, column + 1
    line = last_line - len(record) + 1 + len(_LINE_END.findall(text, 0, found[0]))
    name = columns[found[1]] if found[1] < len(columns) else "beyond the header"
    return f"a quote in line {line}, column {found[1] + 1} ({name})"


def _get_pattern(text: str) -> str:
    """Return the text with runs of letters and digits as one each, such as ``a0`` for L0815."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", text.strip()))
