"""Bring typed columns of Parquet and databases into types that are cleaned like text, numbers and times."""

import datetime
import decimal
import itertools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["build_array", "build_tables", "describe_nested", "normalize_types", "strip_text"]

Row = TypeVar("Row")

BATCH_ROWS = 50_000


def describe_nested(kind: pa.DataType) -> str:
    """Return the name of a type of lists or records; empty text for another one."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return str(kind) if pa.types.is_nested(kind) else ""


def strip_text(values: pd.Series) -> pd.Series:
    """Return values as stripped text; empty text is NA."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    text = values.astype("str").str.strip()
    return text.mask(values.isna() | (text == ""))


def normalize_types(table: pa.Table) -> pa.Table:
    """Decode dictionaries and binary text, and convert days to times; times beyond the years 1 to 9999 are missing.

    Raises
    ------
    pyarrow.ArrowInvalid
        If text is not UTF-8.
    """
    table = table.replace_schema_metadata(None)  # of pandas, which may be damaged
    for place, field in enumerate(table.schema):
        column, kind = table.column(place), field.type
        if pa.types.is_dictionary(kind):
            column = pc.cast(column, kind.value_type)
        if pa.types.is_fixed_size_binary(column.type):
            column = pc.cast(column, pa.binary())
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            column = pc.cast(column, pa.string())  # some writers store text without marking it as such
        elif pa.types.is_date(column.type):
            column = pc.cast(_mask_far_times(pc.cast(column, pa.date32())), pa.timestamp("us"))
        elif pa.types.is_timestamp(column.type):
            column = _mask_far_times(column)
        elif pa.types.is_float16(column.type):
            column = pc.cast(column, pa.float32())
        elif pa.types.is_decimal(column.type):
            column = _convert_decimals(column)
        elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column.validate(full=True)
        if column.type != kind or column is not table.column(place):
            table = table.set_column(place, field.name, column)
    return table


def _mask_far_times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Empty what is no time of a calendar, which pandas could not convert."""
    kind = column.type
    if pa.types.is_date32(kind):
        counts, per_day = pc.cast(column, pa.int32()), 1
    else:
        counts, per_day = pc.cast(column, pa.int64()), 86_400 * _PER_SECOND[kind.unit]
    first, last = (moment.toordinal() - _EPOCH for moment in (datetime.date.min, datetime.date.max))
    if kind != pa.date32() and kind.unit == "ns":
        return column  # cannot hold other times
    inside = pc.and_(pc.greater(counts, first * per_day), pc.less(counts, last * per_day))
    if pc.all(inside, min_count=0).as_py() is not False:
        return column
    return pc.if_else(inside, column, pa.scalar(None, kind))


_EPOCH = datetime.date(1970, 1, 1).toordinal()
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def _convert_decimals(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return whole numbers where all are whole, text where they are beyond 64 bits, otherwise floats."""
    if not pc.all(pc.equal(column, pc.floor(column)), min_count=0).as_py():
        return pc.cast(column, pa.float64())
    try:
        return pc.cast(column, pa.int64())
    except pa.ArrowInvalid:
        return pc.cast(pc.cast(column, pa.decimal128(38, 0)), pa.string())


def build_array(values: list[Any]) -> pa.Array:
    """Build an array of the values of a database; text where they are of several kinds."""
    if any(isinstance(value, decimal.Decimal) for value in values):
        values = [_convert_decimal(value) for value in values]
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def build_tables(rows: Iterator[Row], wanted: list[str], read_cell: Callable[[Row, str], Any]) -> Iterator[pa.Table]:
    """Build tables of up to 50,000 rows, whose cells are read by the name of their column."""
    while part := list(itertools.islice(rows, BATCH_ROWS)):
        arrays = [build_array([read_cell(row, name) for row in part]) for name in wanted]
        yield normalize_types(pa.table(arrays, names=wanted))


def _convert_decimal(value: Any) -> Any:
    if not isinstance(value, decimal.Decimal):
        return value
    return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
