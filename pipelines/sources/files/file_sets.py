"""Find the files of a table, and read several as one."""

import glob
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from leadlight.pipelines.sources.files.raw_table import RawTable

__all__ = ["chain_tables", "find_file_kind", "list_files"]

PARQUET, WORKBOOK, JSON_LINES, QUERY, TEXT = "Parquet", "Excel", "JSON lines", "SQL", "CSV"
KINDS = {
    ".parquet": PARQUET, ".pq": PARQUET, ".xlsx": WORKBOOK, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".sql": QUERY,
    ".csv": TEXT, ".tsv": TEXT, ".txt": TEXT,
}  # fmt: skip
#: first bytes of files that are not read, or not under this suffix -> what they are
SIGNATURES = {
    b"PK\x03\x04": "an Excel workbook (name it .xlsx) or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as .xlsx",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "a SQLite database: name it as source.database",
    b"PAR1": "a Parquet file: name it .parquet",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
}


def find_file_kind(path: Path) -> str:
    """Return Parquet, Excel, JSON lines, SQL or CSV, by the suffix; other suffixes are CSV.

    Raises
    ------
    ValueError
        If a file is read as CSV by its suffix and by its first bytes is something else.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else suffixes[-1] if suffixes else ""
    kind = KINDS.get(suffix, TEXT)
    if kind == TEXT and path.is_file():
        with path.open("rb") as file:
            head = file.read(64)
        for mark, name in SIGNATURES.items():
            if head.startswith(mark):
                raise ValueError(name)
        if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b'{"', b'[{"')):
            raise ValueError("JSON: name it .jsonl if each line is one object")
    return kind


def list_files(path: Path) -> list[Path]:
    """Return the file; the files that a pattern with * or ? matches; or the files of a folder, in order of names.

    A folder of Parquet files is one table, and returned as it is.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If a folder holds files of several kinds.
    """
    if path.is_dir():
        if any(path.rglob("*.parquet")):
            return [path]
        found = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith((".", "_")))
        kinds = {file: find_file_kind(file) for file in found}
        if len(set(kinds.values())) > 1:
            first = {kind: file.name for file, kind in reversed(kinds.items())}
            raise ValueError(" and ".join(f"{kind} ({name})" for kind, name in sorted(first.items())))
    elif path.exists() or not glob.has_magic(str(path)):
        found = [path] if path.exists() else []
    else:
        found = sorted(Path(name) for name in glob.glob(str(path), recursive=True) if Path(name).is_file())  # noqa: PTH207
    if not found:
        raise FileNotFoundError(str(path))
    return found


def chain_tables(tables: dict[str, RawTable], refuse: Callable[[str, str], Exception]) -> RawTable:
    """Return the tables one after the other; columns are matched by name.

    Parameters
    ----------
    tables : dict
        Name of a file -> its table, in the order of rows.
    refuse : callable
        Builds the error for a file and a wanted column that it lacks.
    """
    columns = tuple(dict.fromkeys(itertools.chain.from_iterable(table.columns for table in tables.values())))
    repeated = {name: places for table in tables.values() for name, places in table.repeated.items()}
    nested = {name: kind for table in tables.values() for name, kind in table.nested.items()}

    def scan(wanted: list[str]) -> Iterator[pa.Table]:
        for file, table in tables.items():
            for name in wanted:
                if name not in table.columns:
                    raise refuse(file, name)
        for table in tables.values():
            yield from table.scan(wanted)

    return RawTable(columns, repeated, scan, nested)
