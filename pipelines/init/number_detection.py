"""Detect decimal mark and thousands separator of the numbers in a file, from whole columns."""

from typing import NamedTuple

import pandas as pd

from leadlight.pipelines.audit.parsing import MIN_FIT
from leadlight.pipelines.init.vocabulary import count_stems
from leadlight.pipelines.sources.columns.number_formats import (
    PLAIN,
    DetectedNumberFormat,
    NumberFormat,
    detect_number_format,
)

__all__ = ["DetectedMarks", "detect_marks"]

#: stems of columns whose digits are no numbers
NO_NUMBERS = ("phone", "telefon", "tel", "fax", "mobil", "zip", "plz", "postal", "version", "iban")


class DetectedMarks(NamedTuple):
    """How the numbers of a file are written."""

    form: NumberFormat
    column: str  # that shows it
    example: str
    #: whether the values can be read in another way: each mark has three digits behind it
    is_doubtful: bool


def detect_marks(frame: pd.DataFrame, used: set[str]) -> DetectedMarks | None:
    """Detect the marks of a file; columns whose marks are clear decide for those that are not.

    Parameters
    ----------
    frame : pd.DataFrame
        Raw columns.
    used : set of str
        Keys and times, which are no numbers.

    Returns
    -------
    DetectedMarks or None
        None where no column has a mark, or all are written with a point and no separator.
    """
    found: dict[str, DetectedNumberFormat] = {
        str(column): detected
        for column in frame.columns
        if column not in used
        and not count_stems(str(column), NO_NUMBERS)
        and not pd.api.types.is_numeric_dtype(frame[column])
        and (detected := detect_number_format(frame[column])) is not None
        and detected.fit >= MIN_FIT
        and detected.example
    }
    if not found:
        return None
    # columns in doubt, or without thousands, add nothing to one that shows both marks
    column = max(found, key=lambda name: (not found[name].is_doubtful, bool(found[name].thousands), found[name].fit))
    chosen: DetectedNumberFormat = found[column]
    form = NumberFormat(chosen.decimal, chosen.thousands)
    if form == PLAIN and not any(_is_unclear(other, chosen) for other in found.values()):
        return None
    return DetectedMarks(form, column, chosen.example, chosen.is_doubtful)


def _is_unclear(other: DetectedNumberFormat, chosen: DetectedNumberFormat) -> bool:
    return other.is_doubtful and (other.decimal, other.thousands) != (chosen.decimal, chosen.thousands)
