"""Join a table to another one by a key: leads to their accounts, records to the leads that they belong to."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from leadlight.features.errors import SourceError
from leadlight.pipelines.params.table_files import AccountsTable, AssociationTable
from leadlight.pipelines.sources.files.raw_table import RawTable, iterate_batches
from leadlight.pipelines.sources.files.typed_columns import strip_text

__all__ = ["join_table", "read_keys"]


def join_table(name: str, table: RawTable, other: RawTable, join: AccountsTable | AssociationTable) -> RawTable:
    """Return a table with the columns of another one (left join); rows keep their order.

    Parameters
    ----------
    name : str
        Name of the other table in params, for messages.
    table, other : RawTable
        A row of `table` comes once for each row of `other` with its key, and once without one.
    join : AccountsTable or AssociationTable
        Columns of keys. With accounts each key must come once.

    Returns
    -------
    RawTable
        A column that both have counts as repeated; the key of `other` is left out.

    Raises
    ------
    SourceError
        While it is read, if an account comes twice.
    """
    prefix = join.prefix if isinstance(join, AccountsTable) else ""
    added = {prefix + column: column for column in other.columns if column != join.own_key}
    columns = (*table.columns, *(column for column in added if column not in table.columns))
    repeated = {
        name: [table.columns.index(name) + 1, len(table.columns) + 1] for name in added if name in table.columns
    }
    is_unique = isinstance(join, AccountsTable)

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        own = [column for column in wanted if column in table.columns]
        rest = [column for column in wanted if column not in table.columns]
        if is_unique and not rest:
            yield from table.scan(own)
            return
        right = _read(name, other, [join.own_key, *(added[column] for column in rest if added[column] != join.own_key)])
        keys = _number_keys(right, join.own_key)
        if is_unique and (again := keys[keys["key"].duplicated()]["key"]).size:
            raise SourceError(f"The table {name} must have each {join.own_key} once. Got {again.iloc[0]} again.")
        for part in table.scan(list(dict.fromkeys([*own, join.key]))):
            matched = _number_keys(part, join.key, keep_empty=True).merge(keys, on="key", how="left", sort=False)
            found = matched["row_y"].to_numpy(dtype="float64", na_value=np.nan)
            rows = pa.array(found, pa.int64(), mask=np.isnan(found), safe=False)
            joined = part.take(pa.array(matched["row_x"].to_numpy()))
            for column in rest:
                joined = joined.append_column(column, right[added[column]].take(rows))
            yield joined

    nested = {prefix + column: kind for column, kind in other.nested.items()}
    return RawTable(columns, table.repeated | repeated, scan, table.nested | nested)


def _read(name: str, table: RawTable, columns: list[str]) -> pa.Table:
    batch = next(iterate_batches(table, columns, None), None)
    if batch is None:
        return pa.table({column: pa.array([], pa.string()) for column in columns})
    if (uneven := batch.problems > 0).any():
        raise SourceError(
            f"Each row of {name} must have as many cells as the header. Got others in row {uneven.argmax() + 1}."
        )
    return pa.Table.from_pandas(batch.frame, preserve_index=False)


def read_keys(table: RawTable, column: str) -> pd.Series:
    """Read a column of keys as text; empty ones are NA."""
    parts = [strip_text(part[column].to_pandas()) for part in table.scan([column])]
    return pd.concat(parts, ignore_index=True) if parts else pd.Series(dtype="str")


def _number_keys(table: pa.Table, column: str, *, keep_empty: bool = False) -> pd.DataFrame:
    """Return the keys of rows as text, and their places; empty keys match no row."""
    keys = strip_text(table[column].to_pandas())
    frame = pd.DataFrame({"key": keys, "row": np.arange(len(keys))})
    return frame if keep_empty else frame[frame["key"].notna()]
