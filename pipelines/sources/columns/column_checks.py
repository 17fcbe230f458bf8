"""Check what must hold for whole columns, gathered batch by batch: formats of times and numbers, exact ids."""

import re
from dataclasses import dataclass, field

import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.params.source import Source
from leadlight.pipelines.params.tables import AnyTable, TimeColumn
from leadlight.pipelines.sources.columns.number_formats import PLAIN, NumberFormat, detect_number_format, parse_numbers
from leadlight.pipelines.sources.files.raw_table import is_whole

__all__ = ["ColumnChecks"]

#: from here on floats do not hold every whole number
MAX_EXACT_FLOAT = 2**53
#: what a spreadsheet makes of a long number
_ROUNDED_ID = r"\d(?:[.,]\d+)?[eE]\+?\d{2,}"
_GROUPED = r"[+-]?[1-9]\d{0,2}\.\d{3}"
#: fewer emptied values of a column are counted, but no reason to stop
MIN_EMPTIED = 5
_MAX_EXAMPLES = 1000


@dataclass
class _NumberColumn:
    present: int = 0
    emptied: int = 0
    has_plain_point: bool = False  # a point that is no thousands separator
    grouped: tuple[int, str] | None = None  # row and text of a point with exactly three digits behind it
    examples: list[tuple[int, str]] = field(default_factory=list)  # of emptied values


class ColumnChecks:
    """Gathers what must hold for the columns of a table.

    Parameters
    ----------
    name : str
        Name of the table in params.
    table : AnyTable
        Its mapping.
    source : Source
        Number format and limits.
    fractional : frozenset of str, optional
        Columns of floats that are not all whole; None where all rows are in one batch.
    """

    def __init__(self, name: str, table: AnyTable, source: Source, fractional: frozenset[str] | None = None) -> None:
        self.name, self.table, self.source = name, table, source
        self.has_all_rows, self._fractional = fractional is None, fractional
        marks = table.number_marks or source.number_marks
        self._is_set = marks is not None
        self.number_format = NumberFormat(*marks) if marks else PLAIN
        self._numbers: dict[str, _NumberColumn] = {}
        self._fitting_times: set[str] = set()

    def parse_numbers(self, column: str, values: pd.Series) -> pd.Series:
        """Convert the values of a column to float64 and remember how they are written."""
        numbers = parse_numbers(values, self.number_format)
        state = self._numbers.setdefault(column, _NumberColumn())
        if not self._is_set and not state.has_plain_point and pd.api.types.is_string_dtype(values):
            pointed = values[numbers.notna()]
            pointed = pointed[pointed.str.contains(".", regex=False)].str.strip()
            grouped = pointed.str.fullmatch(_GROUPED)
            state.has_plain_point = not grouped.all()
            if state.grouped is None and grouped.any():
                first = pointed[grouped].iloc[[0]]
                state.grouped = (int(first.index[0]), str(first.iloc[0]))
        return numbers

    def is_fractional(self, column: str, values: pd.Series) -> bool:
        """Return whether a column of floats holds numbers that are not whole; `values` are those of the batch."""
        if self._fractional is not None:
            return column in self._fractional
        return not is_whole(values)

    def count_present(self, column: str, present: int) -> None:
        """Count the present values of a number column in rows that stay."""
        self._numbers.setdefault(column, _NumberColumn()).present += present

    def count_emptied(self, column: str, emptied: pd.Series) -> None:
        """Count the values of a number column in rows that stay that are read as missing."""
        state = self._numbers.setdefault(column, _NumberColumn())
        state.emptied += len(emptied)
        if len(emptied) and len(state.examples) < _MAX_EXAMPLES:
            some = emptied.iloc[:_MAX_EXAMPLES].astype("str")
            state.examples += list(zip(map(int, some.index), some, strict=True))

    def check_times(self, column: TimeColumn, values: pd.Series, times: pd.Series) -> None:
        """Raise SourceError if times are given and none so far fits the format."""
        if times.notna().any():
            self._fitting_times.add(column.column)
        elif values.notna().any() and column.column not in self._fitting_times:
            sample = values.dropna().iloc[0]
            raise SourceError(
                f"The times in {column.column} of {self.name} must fit the format {column.format!r}. "
                f"Got {str(sample)!r}."
            )

    def check_ids(self, column: str, values: pd.Series) -> None:
        """Raise SourceError if ids were rounded, because they are then ids of other leads."""
        if pd.api.types.is_float_dtype(values):
            rounded = values[values.abs() >= MAX_EXACT_FLOAT]
            how = "as whole numbers or text, because a float rounds them"
        elif pd.api.types.is_string_dtype(values):
            rounded = values[values.str.strip().str.fullmatch(_ROUNDED_ID).fillna(False).astype(bool)]
            how = "with all digits; a spreadsheet rounds long numbers unless their column is text"
        else:
            return
        if len(rounded):
            raise SourceError(
                f"The ids in {column} of {self.name} must be written {how}. "
                f"Got {rounded.iloc[0]} in row {rounded.index[0]}."
            )

    def require_numbers(self) -> None:
        """Raise SourceError if the points of a column may be separators, or too many values are no numbers."""
        for column, state in self._numbers.items():
            if state.grouped is not None and not state.has_plain_point:
                row, text = state.grouped
                whole = re.sub(r"\.", "", text)
                raise SourceError(
                    f"The numbers in {column} of {self.name} must have a known decimal mark, because every point in "
                    f'them has three digits behind it. Got {text} in row {row}: write thousands: "." under '
                    f'source.{self.name} if it means {whole}, decimal: "." if it does not.'
                )
            if state.emptied >= MIN_EMPTIED and state.emptied > self.source.max_emptied_share * state.present:
                row, text = state.examples[0]
                raise SourceError(
                    f"The share of values in {column} of {self.name} that are no numbers must be at most "
                    f"{self.source.max_emptied_share:g} (source.max_emptied_share). Got {state.emptied} of "
                    f"{state.present}, such as {text!r} in row {row}.{self._suggest_marks(state)}"
                )

    def _suggest_marks(self, state: _NumberColumn) -> str:
        found = detect_number_format(pd.Series([text for _, text in state.examples], dtype="str"))
        if found is None or found.fit < 0.5 or NumberFormat(found.decimal, found.thousands) == self.number_format:
            return ""
        return (
            f" If {found.example} is a number, write decimal: {found.decimal!r} and thousands: {found.thousands!r} "
            f"under source.{self.name}."
        )
