"""Damage small exports at random and ingest them: `make bench-damages`, or with a number and a first seed.

After each damage, either the run stops with a sentence and the tables of before stay byte for byte, or every row of
each file is in a clean table or in quarantine. Saves the counts of a run without a failure to
docs/results/random_damages.json.
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
import pyarrow.parquet as pq

from leadlight.features.errors import LeadlightError
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

ROOT = Path(__file__).resolve().parent.parent
DAMAGING = runpy.run_path(str(Path(__file__).parent / "damages.py"))
TIME, damage = DAMAGING["TIME"], DAMAGING["damage"]
DAMAGES, LEADS = 10_000, 60
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
        # a history also holds what was known before the first change, which is no row of the file
        complete = len(clean) >= report["rows"][name] if name == "history" else len(clean) == report["rows"][name]
        if known != rows or known < lines or not complete:
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
    if count >= DAMAGES and not failures:
        path = ROOT / "docs" / "results" / "random_damages.json"
        path.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        runpy.run_path(str(ROOT / "benchmarks" / "page.py"))["write_page"](ROOT)


if __name__ == "__main__":
    main()
