"""Read JSON lines: one object a line, in which a key may be left out."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from leadlight.pipelines.sources.files.raw_table import RawTable
from leadlight.pipelines.sources.files.typed_columns import build_tables

__all__ = ["open_json_lines"]

NESTED: dict[type, str] = {dict: "a record", list: "a list"}


def open_json_lines(path: Path) -> RawTable:
    """Open a file of JSON lines; the suffix .gz means compressed.

    Parameters
    ----------
    path : Path
        The file, in UTF-8.

    Raises
    ------
    OSError, UnicodeError, EOFError, zlib.error
        If it cannot be read or decoded.
    ValueError
        If a line is no object, or names a key twice; also while it is read.
    """
    nested: dict[str, str] = {}
    for row in _read_rows(path):  # a key may be in the last line alone
        for key, value in row.items():
            nested[key] = nested.get(key) or NESTED.get(type(value), "")

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        yield from build_tables(_read_rows(path), wanted, dict.get)

    return RawTable(tuple(nested), {}, scan, {name: kind for name, kind in nested.items() if kind})


def _read_rows(path: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _parse(line, number)


def _parse(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line, object_pairs_hook=_require_unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {number}, which is no JSON object: {error.msg}") from None
    except ValueError as error:
        raise ValueError(f"{error} in line {number}") from None
    if not isinstance(row, dict):
        raise ValueError(f"line {number}, which holds {NESTED.get(type(row), 'a value')} in place of an object")
    return row


def _require_unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)} twice")
    return row


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text}, which is no JSON")
