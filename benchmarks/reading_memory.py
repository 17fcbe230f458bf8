"""Seconds and peak memory of reading activities, before and now: `make bench-reading`.

With the path of the `src` folder of another version as argument, that version is measured too. Saves
docs/results/bench_reading.json and writes docs/benchmarks.md.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
from page import write_page

ROOT = Path(__file__).resolve().parent.parent
ROWS, LEADS = (1_250_000, 5_000_000), 100_000
PARAMS = """\
source:
  leads: {path: leads.parquet, lead_id: lead_id, created_at: created_at}
  deals: {path: deals.parquet, lead_id: lead_id, closed_at: closed_at}
  activities: {path: %s, lead_id: lead_id, occurred_at: %s, type: type, value: value, object: object}
attributes: {size: {kind: number}}
"""
TIME = '{column: occurred_at, format: "%Y-%m-%d %H:%M:%S"}'


def main() -> None:
    """Generate the tables, read them in processes of their own, and save the result."""
    versions = {"now": str(ROOT / "src")} | ({"before": sys.argv[1]} if len(sys.argv) > 1 else {})
    path = ROOT / "docs" / "results" / "bench_reading.json"
    saved = json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else []
    runs = [run for run in saved if run["version"] not in versions]
    with tempfile.TemporaryDirectory(prefix="leadlight-reading-") as place:
        for rows in ROWS:
            folder = Path(place) / str(rows)
            generate(folder, rows)
            for kind in ("csv", "parquet"):
                for version, source in versions.items():
                    runs.append({"version": version, "kind": kind, "rows": rows} | measure(folder, kind, source))
                    print(runs[-1], flush=True)
    result = {"leads": LEADS, "runs": sorted(runs, key=lambda r: (r["kind"], r["rows"], r["version"]))}
    path.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    write_page(ROOT)


def generate(folder: Path, rows: int) -> None:
    """Write leads, deals and activities, the latter as CSV and Parquet, and params for each."""
    folder.mkdir()
    queries = {
        "leads.parquet": f"select printf('L-%08d', i) as lead_id, timestamp '2024-01-01' as created_at, "
        f"i % 900 as size from range({LEADS}) as r(i)",
        "deals.parquet": f"select printf('L-%08d', i) as lead_id, timestamp '2024-06-01' as closed_at "
        f"from range(0, {LEADS}, 9) as r(i)",
        "activities.parquet": f"""
            select printf('L-%08d', hash(i) % {LEADS}) as lead_id,
                timestamp '2024-12-31' - to_seconds((hash(i + 7919) % {180 * 86_400})::bigint) as occurred_at,
                'type ' || (hash(i * 3 + 1) % 10)::varchar as type, (hash(i * 5 + 2) % 1000) / 10.0 as value,
                'object ' || (hash(i * 11 + 5) % 50)::varchar as object
            from range({rows}) as r(i)""",
    }
    for name, query in queries.items():
        duckdb.sql(f"copy ({query}) to '{folder / name}' (format parquet)")
    activities = folder / "activities.parquet"
    duckdb.sql(f"copy (from '{activities}') to '{folder / 'activities.csv'}' (timestampformat '%Y-%m-%d %H:%M:%S')")
    for kind, occurred_at in (("csv", TIME), ("parquet", "occurred_at")):
        (folder / f"{kind}.yaml").write_text(PARAMS % (f"activities.{kind}", occurred_at), encoding="utf-8")


def measure(folder: Path, kind: str, source: str) -> dict[str, Any]:
    """Ingest in a process of its own; return seconds, processor seconds and peak GiB."""
    code = """
import sys
from pathlib import Path
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

folder = Path(sys.argv[1])
ingest(load_params(folder / sys.argv[2]), folder, Workdir(folder / "work"))
"""
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(folder), f"{kind}.yaml"], env=os.environ | {"PYTHONPATH": source}
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit("The process must succeed. Got an error.")
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_gib": round(usage.ru_maxrss / 2**20, 2),
    }


if __name__ == "__main__":
    main()
