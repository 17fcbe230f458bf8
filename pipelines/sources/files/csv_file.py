"""Read a CSV file in blocks, with the exact number of rows and lines.

Arrow parses blocks in which every line is a row of the header's width. Other blocks are parsed by the csv module, line
by line, which finds uneven rows and quotes that swallow lines.
"""

import codecs
import csv
import gzip
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from leadlight.pipelines.sources.files.csv_damage import (
    CsvDamageError,
    find_cut_off,
    find_open_quote,
    find_swallowed_lines,
)
from leadlight.pipelines.sources.files.raw_table import PROBLEM, TOO_FEW_CELLS, TOO_MANY_CELLS, RawTable, name_columns

__all__ = ["open_csv", "open_text"]

BLOCK_CHARACTERS = 8 * 2**20
#: longest cell that the csv module accepts
MAX_CELL = 2**24


def open_csv(path: Path, delimiter: str, encoding: str, *, pad_rows: bool = False) -> RawTable:
    """Open a CSV file and read its header.

    Parameters
    ----------
    path : Path
        The file; the suffix .gz means compressed.
    delimiter, encoding : str
        As in params.
    pad_rows : bool
        Whether rows that are narrower than the header end in empty cells.

    Raises
    ------
    CsvDamageError
        If the file has no header, or is damaged; the latter also while it is read.
    OSError, UnicodeError, EOFError, zlib.error
        If the file cannot be read or decoded.
    """
    csv.field_size_limit(MAX_CELL)
    with open_text(path, encoding) as file:
        header = _Lines(file).read_header(delimiter)
    columns, repeated = name_columns(header)

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        with open_text(path, encoding) as file:
            lines = _Lines(file)
            lines.read_header(delimiter)
            parser = _BlockParser(columns, delimiter, pad_rows, wanted)
            while block := lines.read_block():
                table = parser.parse_fast(block)
                if table is None:
                    table = parser.parse_by_line(lines.unread(block))
                else:
                    lines.number += block.count("\n")
                yield table

    return RawTable(columns, repeated, scan)


def open_text(path: Path, encoding: str) -> TextIO:
    """Open a text file, compressed or not, that keeps its line ends; a byte order mark is skipped."""
    # utf-8 alone would keep a byte order mark as part of the first name
    codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding=codec, newline="")
    return path.open("rt", encoding=codec, newline="")


class _Lines:
    """The physical lines of a file, with the number of the last one read."""

    def __init__(self, file: TextIO) -> None:
        self.file, self.number = file, 0
        self.record: list[str] = []  # lines of the row that is being read
        self._returned: Iterator[str] = iter(())
        self._left = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._returned, None)
        if line is None:
            line = self.file.readline()
        else:
            self._left -= 1
        if not line:
            raise StopIteration
        self.number += 1
        self.record.append(line)
        return line

    def read_header(self, delimiter: str) -> list[str]:
        """Return the cells of the first line that is not empty."""
        header = next((row for row in csv.reader(self, delimiter=delimiter) if any(cell.strip() for cell in row)), None)
        if header is None:
            raise CsvDamageError("")
        names = tuple(header)
        if len(self.record) > 1 and (
            problem := find_swallowed_lines(self.record, names, delimiter, self.number, is_uneven=False)
            or find_open_quote(self.record, names, delimiter, self.number)
        ):
            raise CsvDamageError(problem)
        self.record.clear()
        return header

    def read_block(self) -> str:
        """Return the next lines as one text; empty at the end of the file."""
        block = self.file.read(BLOCK_CHARACTERS)
        return block + self.file.readline() if block else ""

    def unread(self, block: str) -> "_Lines":
        """Put a block back, to be read by line."""
        lines = list(io.StringIO(block, newline=""))
        self._returned, self._left = iter(lines), len(lines)
        return self

    @property
    def has_returned_lines(self) -> bool:
        """Whether lines that were put back are left."""
        return self._left > 0


class _BlockParser:
    def __init__(self, columns: tuple[str, ...], delimiter: str, pad_rows: bool, wanted: list[str]) -> None:
        self.columns, self.delimiter, self.pad_rows, self.wanted = columns, delimiter, pad_rows, wanted
        self._places = [columns.index(name) for name in wanted]

    def parse_fast(self, block: str) -> pa.Table | None:
        """Parse lines that are rows; None where a row and a line may differ."""
        lines = block.count("\n") + (not block.endswith("\n"))
        if block.count('"') % 2 or block.count("\r") not in (0, block.count("\n")):
            return None
        try:
            table = pyarrow.csv.read_csv(
                io.BytesIO(block.encode("utf-8")),
                read_options=pyarrow.csv.ReadOptions(
                    column_names=list(self.columns), use_threads=False, block_size=8 * len(block) + 64
                ),
                # a line that is left out makes the numbers of rows and lines differ
                parse_options=pyarrow.csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    include_columns=self.wanted,
                    column_types=dict.fromkeys(self.columns, pa.string()),
                    strings_can_be_null=False,
                ),
            )
        except (pa.ArrowInvalid, UnicodeEncodeError):
            return None
        if table.num_rows != lines:
            return None
        return table.append_column(PROBLEM, pa.array(np.zeros(lines, dtype=np.int8)))

    def parse_by_line(self, lines: _Lines) -> pa.Table:
        """Parse the lines that were put back, and the rest of the last row."""
        width = len(self.columns)
        rows: list[list[str]] = []
        problems: list[int] = []
        reader = csv.reader(lines, delimiter=self.delimiter)
        while lines.has_returned_lines:
            lines.record.clear()
            try:
                row = next(reader, None)
            except csv.Error as error:  # a cell beyond MAX_CELL
                raise CsvDamageError(self._find_open_quote(lines) or str(error)) from None
            if row is None:
                break
            if not row or (len(row) == 1 and not row[0].strip() and (width > 1 or not row[0])):
                continue
            self._check_record(row, rows[-1] if rows else None, lines)
            problems.append(self._judge_width(row))
            rows.append([*row[:width], *itertools.repeat("", width - len(row))])
        cells = list(zip(*rows, strict=True)) if rows else [()] * width
        arrays = [pa.array(cells[place], pa.string()) for place in self._places]
        return pa.table([*arrays, pa.array(problems, pa.int8())], names=[*self.wanted, PROBLEM])

    def _judge_width(self, row: list[str]) -> int:
        """Empty cells beyond the header, as a delimiter at the end makes them, do not count."""
        width = len(self.columns)
        if any(row[width:]):
            return TOO_MANY_CELLS
        return TOO_FEW_CELLS if len(row) < width and not self.pad_rows else 0

    def _check_record(self, row: list[str], before: list[str] | None, lines: _Lines) -> None:
        problem = ""
        if not lines.has_returned_lines and '"' in lines.record[0]:  # perhaps the end of the file
            problem = self._find_open_quote(lines)
        if not problem and len(lines.record) > 1:
            is_uneven = len(row) < len(self.columns) or any(row[len(self.columns) :])
            problem = find_swallowed_lines(
                lines.record, self.columns, self.delimiter, lines.number, is_uneven=is_uneven
            )
        if not problem and not self.pad_rows and not lines.record[-1].endswith(("\n", "\r")):
            problem = find_cut_off(row, before, self.columns, lines.number)
        if problem:
            raise CsvDamageError(problem)

    def _find_open_quote(self, lines: _Lines) -> str:
        return find_open_quote(lines.record, self.columns, self.delimiter, lines.number)
