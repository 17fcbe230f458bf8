"""Damage small exports at random and ingest them: `make bench-damages`, or with a number and a first seed.

After each damage, either the run stops with a sentence and the tables of before stay byte for byte, or every row of
each file is in a clean table or in quarantine. Saves the counts to docs/results/random_damages.json.
"""

import collections
import csv
import datetime as dt
import gzip
import hashlib
import io
import json
import random
import re
import runpy
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadlight.features.errors import LeadlightError
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

ROOT = Path(__file__).resolve().parent.parent
DAMAGES, LEADS = 10_000, 60
TIME = "%Y-%m-%d %H:%M:%S"
CORE = ("leads", "deals")
#: one of these is read beside leads and deals
EVENTS = {
    "activities": {"occurred_at": "at", "type": "what", "value": "pages", "object": "page"},
    "history": {"attribute": "name", "value": "value", "changed_at": "at"},
    "stages": {"stage": "stage", "entered_at": "at"},
}
MAPPED: dict[str, dict[str, Any]] = {
    "leads": {"created_at": "created", "consent": {"column": "consent", "granted": ["yes"]}, "owner": "owner"},
    "deals": {
        "closed_at": "closed", "status": {"column": "status", "won": ["won"], "lost": ["lost"]}, "amount": "amount",
    },
    **EVENTS,
}  # fmt: skip
ATTRIBUTES = {"size": {"kind": "number"}, "trade": {"kind": "category"}, "mail": {"kind": "email"}}
JUNK = [
    "", " ", "NA", "NULL", "nan", "inf", "-1", "1e999", "1,5", "4.917", "1.234,5", "12 €", "x" * 5000, "\u0000", "=1+1",
    "won", "Won", "yes", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "31.12.2024", "2024-02-30 00:00:00",
    "99999999999", "1.23E+17", "L0001", " L0002 ", "l0003", "é", "\ufeff", "🙂", "a,b", 'say "x"', "two\nlines",
    "None", "True", "0x10", "1_000", "2024-01-01T00:00:00Z", "٣", "\u2028", "\x1c", ";", "\t", "'", '"', '""', ",,,",
    "\r", "\\",
]  # fmt: skip


def draw_tables(draw: random.Random) -> dict[str, pd.DataFrame]:
    """Draw the tables of a small CRM."""
    start = dt.datetime(2024, 1, 1, 8)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("leads", "activities", "deals", "history", "stages")}
    for number in range(LEADS):
        lead, created = f"L{number:04d}", start + dt.timedelta(hours=37 * number)
        later = [created + dt.timedelta(hours=draw.randint(1, 900)) for _ in range(4)]
        trade, size = draw.choice(["Steel", "Food, Drink", "Möbel"]), draw.randint(5, 900)
        mail, consent, owner = f"a{number}@x.example", draw.choice(["yes", "no"]), draw.choice(["Jo", "Al"])
        lead_row = {"id": lead, "created": created, "size": size, "trade": trade, "mail": mail}
        rows["leads"].append(lead_row | {"consent": consent, "owner": owner})
        for at in later[:2]:
            what, pages, page = draw.choice(["visit", "call"]), draw.randint(1, 9) / 2, f"/p{draw.randint(1, 9)}"
            rows["activities"].append({"id": lead, "at": at, "what": what, "pages": pages, "page": page})
        rows["history"].append({"id": lead, "name": "size", "value": str(size), "at": created})
        rows["stages"].append({"id": lead, "stage": "new", "at": created})
        if number % 2:
            status = draw.choice(["won", "lost"])
            rows["deals"].append({"id": lead, "closed": later[3], "status": status, "amount": draw.randint(1, 90) * 50})
    return {name: pd.DataFrame(found) for name, found in rows.items()}


def write_source(folder: Path, tables: dict[str, pd.DataFrame], kind: str, share: float) -> None:
    """Write params and files."""
    source: dict[str, Any] = dict.fromkeys(("max_bad_share", "max_emptied_share", "max_lost_win_share"), share)
    for name, frame in tables.items():
        path = folder / f"{name}.{kind}"
        mapped = {"path": path.name, "lead_id": "id", **MAPPED[name]}
        if kind == "parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, index=False, date_format=TIME, lineterminator="\n")
            mapped |= {key: {"column": mapped[key], "format": TIME} for key in mapped if key.endswith("_at")}
        source[name] = mapped
    params = {"source": source, "attributes": ATTRIBUTES}
    (folder / "params.yaml").write_text(json.dumps(params), encoding="utf-8")


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


def count_rows(path: Path) -> tuple[int, int]:
    """Return the number of rows, and of lines that begin as a row of an undamaged file does."""
    if path.suffix == ".parquet":
        rows: int = pq.read_metadata(path).num_rows
        return rows, 0
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = content.decode("utf-8-sig")
    parsed = list(csv.reader(io.StringIO(text, newline="")))
    return sum(any(map(str.strip, row)) or len(row) > 1 for row in parsed) - 1, len(re.findall(r"(?m)^L\d{4},", text))


def check(folder: Path, kind: str, before: dict[str, str]) -> tuple[str, str]:
    """Ingest a damaged source; return ``refused``, ``read`` or what is wrong, with a detail."""
    work = folder / "work"
    try:
        report = ingest(load_params(folder / "params.yaml"), folder, Workdir(work))
    except LeadlightError as error:
        said = str(error)
        if list_files(work) != before or list(folder.rglob("*.part")):
            return "changed output beside an error", said
        if "\n" in said or not said.startswith("The ") or " must " not in said or "Got " not in said:
            return "no sentence", said
        return "refused", said
    except Exception:
        return "traceback", traceback.format_exc()
    found = pd.read_csv(work / "tables" / "quarantine.csv", keep_default_na=False)
    out = found[found["action"] == "row left out"]
    for name in ("leads", "activities", "deals", "history", "stages"):
        if name not in report["rows"]:
            continue
        rows, lines = count_rows(folder / f"{name}.{kind}")
        known = report["rows"][name] + int((out["table"] == name).sum())
        clean = pd.read_parquet(work / "tables" / f"{name}.parquet")
        # a history also gets what was known before its first changes
        is_short = len(clean) < report["rows"][name] if name == "history" else len(clean) != report["rows"][name]
        if known != rows or known < lines or is_short:
            return "rows lost", f"{name}: {rows} rows, {lines} lines, {known} known, {len(clean)} clean"
    return "read", ""


def list_files(folder: Path) -> dict[str, str]:
    """Return the checksum of every file."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def run(
    count: int, first: int = 0, on_failure: Callable[[str], None] = str
) -> tuple[collections.Counter[tuple[str, str]], list[dict[str, Any]]]:
    """Make `count` damages with the seeds from `first` on; return counts by kind and outcome, and all failures."""
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    failures = []
    with tempfile.TemporaryDirectory(prefix="leadlight-damages-") as place:
        sound: dict[tuple[str, float, str], tuple[Path, dict[str, pd.DataFrame], dict[str, str]]] = {}
        for seed in range(first, first + count):
            draw = random.Random(seed)
            key = (draw.choice(["csv", "csv", "csv.gz", "parquet"]), draw.choice([0.05, 1.0]), draw.choice([*EVENTS]))
            if key not in sound:
                folder = Path(place) / "-".join(map(str, key))
                folder.mkdir()
                tables = {
                    name: frame
                    for name, frame in draw_tables(random.Random(1)).items()
                    if name in CORE or name == key[2]
                }
                write_source(folder, tables, *key[:2])
                ingest(load_params(folder / "params.yaml"), folder, Workdir(folder / "work"))
                shutil.copytree(folder / "work", folder / "sound")
                sound[key] = folder, tables, list_files(folder / "work")
            folder, tables, before = sound[key]
            table = draw.choice(["leads", "leads", "deals", key[2], key[2]])
            path = folder / f"{table}.{key[0]}"
            content = path.read_bytes()
            kind = damage(draw, path, tables[table])
            outcome, detail = check(folder, key[0], before)
            counts[kind, outcome] += 1
            if outcome not in {"refused", "read"}:
                on_failure(f"seed {seed}, {kind} of {table}: {outcome}: {detail[-600:]}")
                failures.append({"seed": seed, "kind": kind, "table": table, "outcome": outcome, "detail": detail})
            path.write_bytes(content)
            if outcome != "refused":
                shutil.rmtree(folder / "work")
                shutil.copytree(folder / "sound", folder / "work")
    return counts, failures


def main() -> None:
    """Run and save the counts."""
    given = [int(word) for word in sys.argv[1:]]
    count, first = [*given, *[DAMAGES, 0][len(given) :]]
    counts, failures = run(count, first, lambda text: print(text, flush=True))
    kinds = sorted({kind for kind, _ in counts})
    result = {
        "damages": count,
        "first_seed": first,
        "outcomes": {kind: {outcome: n for (k, outcome), n in sorted(counts.items()) if k == kind} for kind in kinds},
        "failures": len(failures),
    }
    print(json.dumps(result, indent=2))
    if count >= DAMAGES:
        path = ROOT / "docs" / "results" / "random_damages.json"
        path.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        runpy.run_path(str(ROOT / "benchmarks" / "page.py"))["write_page"](ROOT)


if __name__ == "__main__":
    main()
