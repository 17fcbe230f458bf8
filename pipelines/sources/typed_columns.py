"""Bring typed columns of Parquet and databases into types that are cleaned like text, numbers and times."""

import decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["build_array", "describe_nested", "normalize_types"]


def describe_nested(kind: pa.DataType) -> str:
    """Return the name of a type of lists or records; empty text for another one."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return str(kind) if pa.types.is_nested(kind) else ""


def normalize_types(table: pa.Table) -> pa.Table:
    """Decode dictionaries and binary text, and convert days to times.

    Raises
    ------
    pyarrow.ArrowInvalid
        If binary text is not UTF-8.
    """
    for place, field in enumerate(table.schema):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
            kind = pa.string()  # some writers store text without marking it as such
        elif pa.types.is_date(kind):
            kind = pa.timestamp("us")
        elif pa.types.is_float16(kind):
            kind = pa.float32()
        if kind != field.type:
            column = table.column(place)
            if pa.types.is_fixed_size_binary(field.type):
                column = pc.cast(column, pa.binary())
            table = table.set_column(place, field.name, pc.cast(column, kind))
    return table


def build_array(values: list[Any]) -> pa.Array:
    """Build an array of the values of a database; text where they are of several kinds."""
    if any(isinstance(value, decimal.Decimal) for value in values):
        values = [_convert_decimal(value) for value in values]
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _convert_decimal(value: Any) -> Any:
    if not isinstance(value, decimal.Decimal):
        return value
    return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
