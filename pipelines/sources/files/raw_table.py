"""A source table that is open for reading in batches of bounded size."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "BATCH_ROWS",
    "PROBLEM",
    "TOO_FEW_CELLS",
    "TOO_MANY_CELLS",
    "RawBatch",
    "RawTable",
    "find_fractional_columns",
    "is_whole",
    "iterate_batches",
    "name_columns",
]

#: rows that are cleaned at a time, which bounds the memory
BATCH_ROWS = 250_000
#: from here on a whole float is no 64-bit integer
MAX_WHOLE = 2.0**63
#: Arrow column beside those of the source: 0, TOO_MANY_CELLS or TOO_FEW_CELLS
PROBLEM = "\0problem"
TOO_MANY_CELLS, TOO_FEW_CELLS = 1, 2


@dataclass(frozen=True)
class RawTable:
    """An open source table.

    Parameters
    ----------
    columns : tuple of str
        Names of its columns, each once: a second ``name`` is ``name.1``.
    repeated : dict
        Name that the header has more than once -> the places of its columns, from 1.
    scan : callable
        Reads the given columns from the beginning, as Arrow tables of any length; CSV with the column PROBLEM.
    nested : dict
        Column of lists or records, which cannot be read -> its type.
    """

    columns: tuple[str, ...]
    repeated: dict[str, list[int]]
    scan: Callable[[list[str]], Iterator[pa.Table]]
    nested: dict[str, str] = field(default_factory=dict)


class RawBatch(NamedTuple):
    """Rows of a source table, with the number of the first one from 1, and what is wrong with the width of each."""

    frame: pd.DataFrame
    problems: np.ndarray
    first_row: int


def iterate_batches(raw: RawTable, columns: list[str], max_rows: int | None) -> Iterator[RawBatch]:
    """Yield the rows of the given columns in batches of `max_rows`, or all at once for None.

    The limits of batches do not depend on the kind of file, so that the same rows give the same results.
    """
    pending: list[pa.Table] = []
    held, first_row = 0, 1
    for table in raw.scan(columns):
        pending.append(table)
        held += table.num_rows
        while max_rows is not None and held > max_rows:  # keeps one row back: the last batch is never empty
            whole = _concatenate(pending)
            yield _convert(whole.slice(0, max_rows), columns, first_row)
            pending, held = [whole.slice(max_rows)], held - max_rows
            first_row += max_rows
    if held:
        yield _convert(_concatenate(pending), columns, first_row)


def _concatenate(tables: list[pa.Table]) -> pa.Table:
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowTypeError:  # a database that keeps values of several kinds in a column
        fields = []
        for name in tables[0].column_names:
            kinds = {table.schema.field(name).type for table in tables}
            fields.append((name, pa.string() if len(kinds) > 1 else kinds.pop()))
        mixed = pa.schema(fields)
        return pa.concat_tables([table.cast(mixed) for table in tables])


def _convert(table: pa.Table, columns: list[str], first_row: int) -> RawBatch:
    problems = np.zeros(table.num_rows, dtype=np.int8)
    if PROBLEM in table.column_names:
        problems = table[PROBLEM].to_numpy()
    # a table without rows keeps its columns
    frame = table.select(columns).to_pandas(types_mapper=_choose_type(table), ignore_metadata=True)
    frame.index = pd.RangeIndex(first_row, first_row + len(frame))
    return RawBatch(frame, problems, first_row)


def _choose_type(table: pa.Table) -> Callable[[pa.DataType], object]:
    """Return a mapping that keeps integers exact beside missing values, which pandas would turn into floats."""
    with_missing = {entry.type for entry in table.schema if table[entry.name].null_count}
    return lambda kind: _NULLABLE.get(kind) if kind in with_missing else None


_NULLABLE = {
    getattr(pa, name.lower())(): getattr(pd, f"{name}Dtype")()
    for name in ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")
}


def is_whole(values: pd.Series) -> bool:
    """Return whether all floats are whole numbers that fit into 64 bits."""
    present = values.dropna()
    return bool(((present % 1 == 0) & (present.abs() < MAX_WHOLE)).all())


def find_fractional_columns(raw: RawTable, columns: list[str]) -> frozenset[str]:
    """Return the columns of floats in which a number is not whole; ``7.0`` is then no ``7`` in any row."""
    fractional: set[str] = set()
    for table in raw.scan(columns):
        floats = [name for name in columns if name not in fractional and pa.types.is_floating(table[name].type)]
        if not floats and not fractional:
            break
        for name in floats:
            present = pc.drop_null(table[name])
            in_range = pc.and_(pc.equal(present, pc.floor(present)), pc.less(pc.abs(present), MAX_WHOLE))
            whole = pc.all(pc.or_(pc.is_nan(present), in_range), min_count=0).as_py()
            fractional |= set() if whole else {name}
    return frozenset(fractional)


def name_columns(header: list[str]) -> tuple[tuple[str, ...], dict[str, list[int]]]:
    """Name empty columns by their place, and a repeated name with the suffix .1, as pandas does."""
    names: list[str] = []
    places: dict[str, list[int]] = {}
    for place, given in enumerate(header):
        name = given or f"Unnamed: {place}"
        places.setdefault(name, []).append(place + 1)
        suffix = len(places[name]) - 1
        unique = f"{name}.{suffix}" if suffix else name
        while unique in names:
            suffix += 1
            unique = f"{name}.{suffix}"
        names.append(unique)
    return tuple(names), {name: found for name, found in places.items() if len(found) > 1}
