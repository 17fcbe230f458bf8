"""Random damages of bytes, lines, cells, columns and types of a file."""

import datetime as dt
import gzip
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["TIME", "damage"]

TIME = "%Y-%m-%d %H:%M:%S"
JUNK = [
    "", " ", "NA", "NULL", "nan", "inf", "-1", "1e999", "1,5", "4.917", "1.234,5", "12 €", "x" * 5000, "\u0000", "=1+1",
    "won", "Won", "yes", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "31.12.2024", "2024-02-30 00:00:00",
    "99999999999", "1.23E+17", "L0001", " L0002 ", "l0003", "é", "\ufeff", "🙂", "a,b", 'say "x"', "two\nlines",
    "None", "True", "0x10", "1_000", "2024-01-01T00:00:00Z", "٣", "\u2028", "\x1c", ";", "\t", "'", '"', '""', ",,,",
    "\r", "\\",
]  # fmt: skip


def damage_bytes(draw: random.Random, content: bytes) -> bytes:
    """Change, insert, remove or repeat some bytes, or cut the end off."""
    place, some = draw.randrange(len(content)), bytes(draw.randrange(256) for _ in range(draw.choice([1, 1, 2, 8])))
    match draw.randrange(5):
        case 0:
            return content[:place] + some + content[place + len(some) :]
        case 1:
            return content[:place] + some + content[place:]
        case 2:
            return content[:place] + content[place + draw.choice([1, 2, 40, 400]) :]
        case 3:
            return content[:place]
        case _:
            return content[:place] + content[max(place - 300, 0) :]


def damage_lines(draw: random.Random, text: str) -> str:
    """Remove, repeat, swap, join, cut or add lines."""
    lines = text.splitlines(keepends=True)
    first, second = draw.randrange(len(lines)), draw.randrange(len(lines))
    match draw.randrange(8):
        case 0:
            del lines[first]
        case 1:
            lines.insert(second, lines[first])
        case 2:
            lines[first], lines[second] = lines[second], lines[first]
        case 3:
            lines[first] = lines[first].rstrip("\n")
        case 4:
            lines[first] = lines[first][: draw.randrange(len(lines[first]) + 1)] + draw.choice(["", "\n"])
        case 5:
            lines.append(draw.choice(["Total,60\n", "Confidential", "\n", ",,,,\n", '"end\nof report"\n', "60 rows\n"]))
        case 6:
            lines = lines[: draw.randrange(len(lines) + 1)]
        case _:
            lines.insert(first, draw.choice(["\n", "  \n", "sep=,\n", "# comment\n", "\r\n", '"\n', ',"\n']))
    return "".join(lines)


def damage_cells(draw: random.Random, text: str) -> str:
    """Replace, remove, add, quote or split some cells, without regard to quotes."""
    lines = text.splitlines()
    for _ in range(draw.choice([1, 1, 2, 5, 40])):
        place = draw.randrange(len(lines))
        cells = lines[place].split(",")
        cell = draw.randrange(len(cells))
        match draw.randrange(6):
            case 0:
                cells[cell] = draw.choice(JUNK)
            case 1:
                cells[cell] = '"' + draw.choice(JUNK).replace('"', '""') + '"'
            case 2:
                del cells[cell]
            case 3:
                cells.insert(cell, draw.choice(JUNK))
            case 4:
                cells[cell] = draw.choice(['"' + cells[cell], cells[cell] + '"', f'{cells[cell]}""'])
            case _:
                cells[cell] = cells[cell][: len(cells[cell]) // 2] + draw.choice(["\n", '"', ",", "\r", "\u0000"])
        lines[place] = ",".join(cells)
    return "\n".join(lines) + "\n"


def damage_columns(draw: random.Random, frame: pd.DataFrame) -> pd.DataFrame:
    """Drop, rename, repeat, empty, swap, shift or respell a column."""
    column, other = draw.choice(list(frame.columns)), draw.choice(list(frame.columns))
    makers: list[Callable[[], pd.DataFrame]] = [
        lambda: frame.drop(columns=column),
        lambda: frame.rename(columns={column: draw.choice([column.upper(), f" {column}", "", other, f"{column}.1"])}),
        lambda: pd.concat([frame, frame[[column]]], axis=1),
        lambda: frame.assign(**{column: draw.choice(JUNK)}),
        lambda: frame.assign(**{column: frame[other], other: frame[column]}),
        lambda: frame.assign(**{column: frame[column].shift(draw.choice([-1, 1]))}),
        lambda: frame[draw.sample(list(frame.columns), frame.shape[1])],
        lambda: frame.assign(**{column: frame[column].astype("str").str.upper()}),
    ]
    return draw.choice(makers)()


def damage_types(draw: random.Random, frame: pd.DataFrame) -> pa.Table:
    """Give a column of a Parquet file another type, or values of another kind."""
    table, column = pa.Table.from_pandas(frame, preserve_index=False), draw.choice(list(frame.columns))
    place, rows = table.column_names.index(column), len(frame)
    texts = frame[column].astype("str")
    makers: list[Callable[[], Any]] = [
        lambda: pa.array([[text] for text in texts]),
        lambda: pa.array([{"a": text} for text in texts]),
        lambda: pa.array([text.encode() for text in texts]),
        lambda: pa.array([b"\xff\xfe"] * rows),
        lambda: pa.nulls(rows),
        lambda: pa.array([draw.random() < 0.5 for _ in range(rows)]),
        lambda: pa.array([draw.choice([True, None]) for _ in range(rows)]),
        lambda: pa.array([float(n) + draw.choice([0, 2**53, 0.5]) for n in range(rows)]),
        lambda: pa.array([draw.choice([n, None]) for n in range(rows)]),
        lambda: pa.array([n + 2**60 for n in range(rows)], pa.uint64()),
        lambda: pa.array([float("nan")] * rows),
        lambda: pa.array([float("inf")] * rows),
        lambda: pa.array(list(texts)).dictionary_encode(),
        lambda: pa.array([dt.date(2024, 1, 1 + n % 28) for n in range(rows)]),
        lambda: pa.array([dt.time(n % 24) for n in range(rows)]),
        lambda: pa.array([dt.timedelta(days=n) for n in range(rows)]),
        lambda: pa.array([n * 10**15 for n in range(rows)], pa.timestamp("ms")),
        lambda: pa.array(list(range(rows)), pa.timestamp("ns", tz="Europe/Berlin")),
        lambda: pa.array([str(n) for n in range(rows)], pa.large_string()),
        lambda: pa.array(list(range(rows))).cast(pa.decimal128(30, 0)),
        lambda: pa.array([draw.choice(JUNK) for _ in range(rows)]),
    ]
    return table.set_column(place, column, draw.choice(makers)())


def damage(draw: random.Random, path: Path, frame: pd.DataFrame) -> str:
    """Damage one file; return the kind of damage."""
    if path.suffix == ".parquet":
        kind = draw.choice(["types", "types", "columns", "bytes"])
        if kind == "bytes":
            path.write_bytes(damage_bytes(draw, path.read_bytes()))
        elif kind == "types":
            pq.write_table(damage_types(draw, frame), path)
        else:
            table = damage_columns(draw, frame)
            try:
                table.to_parquet(path)
            except ValueError:  # columns with the same name
                table.loc[:, ~table.columns.duplicated()].to_parquet(path)
        return f"parquet {kind}"
    kind = draw.choice(["bytes", "lines", "cells", "cells", "columns"])
    packed = path.suffix == ".gz"
    content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    if kind == "columns":
        buffer = io.StringIO()
        damage_columns(draw, frame).to_csv(buffer, index=False, date_format=TIME, lineterminator="\n")
        content = buffer.getvalue().encode("utf-8")
    elif kind == "bytes":
        if packed and draw.random() < 0.5:
            path.write_bytes(damage_bytes(draw, path.read_bytes()))
            return "csv.gz bytes"
        content = damage_bytes(draw, content)
    else:
        text = content.decode("utf-8")
        content = (damage_lines if kind == "lines" else damage_cells)(draw, text).encode("utf-8")
    path.write_bytes(gzip.compress(content) if packed else content)
    return f"csv {kind}"
