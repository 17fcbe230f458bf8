"""Speed and memory of features relative to rivals, within one run: `make bench-features`.

Writes docs/results/bench_features.json and docs/benchmarks.md. Takes some minutes and 6 GiB of disk.
"""

import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from contestants import AS_OF, CONTESTANTS, NAMES, TYPES
from page import write_page

ROOT = Path(__file__).resolve().parent.parent
SMALL, LARGE, PER_LEAD = 100_000, 1_000_000, 50
ROUNDS = 5
#: memory limit of DuckDB; the rest of the 6 GiB is for the process around it
MEMORY = "5GB"


def main() -> None:
    """Generate both tables, run the contestants, compare their results, and write the report."""
    with tempfile.TemporaryDirectory(prefix="leadlight-bench-") as place:
        small = generate_tables(Path(place) / "small", SMALL)
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTESTANTS}
        for _ in range(ROUNDS):  # in turn, so that load on the machine affects all of them
            for name in CONTESTANTS:
                runs[name].append(run(name, small))
                print(f"{name:<20} {runs[name][-1]['seconds']:6.2f} s", flush=True)
        differences = {name: measure_difference(small, name) for name in ("sql_in_two_stages", "good_pandas")}
        large = generate_tables(Path(place) / "large", LARGE)
        big = {name: run(name, large) for name in ("leadlight", "leadlight_all")}
    result = build_report(runs, big, differences)
    path = ROOT / "docs" / "results" / "bench_features.json"
    path.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    write_page(ROOT)
    print(json.dumps(result["bars"], indent=2))


def generate_tables(folder: Path, leads: int) -> Path:
    """Generate clean tables: leads and activities of the last 180 days, the same on every machine."""
    tables = folder / "tables"
    tables.mkdir(parents=True)
    rows = leads * PER_LEAD
    type_of = f"'{TYPES[0].removesuffix('0')}' || (hash(i * 3 + 1) % {len(TYPES)})::varchar"
    duckdb.sql(f"""
        copy (
            select printf('L-%08d', hash(i) % {leads}) as lead_id,
                timestamp '{AS_OF}' - to_seconds((hash(i + 7919) % {180 * 86_400})::bigint) as occurred_at,
                {type_of} as type, (hash(i * 5 + 2) % 1000) / 10.0 as value,
                'object ' || (hash(i * 11 + 5) % 50)::varchar as object, occurred_at as local_at
            from range({rows}) as r(i)
        ) to '{tables}/activities.parquet' (format parquet)
    """)
    for name, columns in {
        "leads": f"printf('L-%08d', i) as lead_id, timestamp '{AS_OF}' - interval 200 days as created_at",
        "attributes": "printf('L-%08d', i) as lead_id",
        "deals": "'' as lead_id, null::timestamp as closed_at, false as won, null::double as amount",
    }.items():
        last = 0 if name == "deals" else leads
        query = f"select {columns} from range({last}) as r(i)"
        duckdb.sql(f"copy ({query}) to '{tables}/{name}.parquet' (format parquet)")
    born = (pd.Timestamp(AS_OF) - pd.Timedelta(days=200)).isoformat()
    (tables / "ingest.json").write_text(json.dumps({"time": "dates", "first_lead": born}), encoding="utf-8")
    return folder


def run(name: str, folder: Path) -> dict[str, Any]:
    """Run a contestant in its own process."""
    environment = os.environ | {"LEADLIGHT_DUCKDB_MEMORY": MEMORY}
    script = Path(__file__).with_name("contestants.py")
    done = subprocess.run(
        [sys.executable, script, name, folder], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"The contestant {name} must succeed. Got:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure_difference(folder: Path, name: str) -> float:
    """Return the largest difference between a contestant's features and ours."""
    ours, theirs = (
        pd.read_parquet(folder / f"{who}.parquet").sort_values("lead_id")[NAMES].to_numpy()
        for who in ("leadlight", name)
    )
    return float(np.abs(ours - theirs).max())


def build_report(
    runs: dict[str, list[dict[str, Any]]], big: dict[str, dict[str, Any]], differences: dict[str, float]
) -> dict[str, Any]:
    """Build the report with figures and bars."""
    seconds = {name: statistics.median(r["seconds"] for r in found) for name, found in runs.items()}
    ratios = {  # per round, when both ran in the same minute
        rival: statistics.median(
            theirs["seconds"] / ours["seconds"] for theirs, ours in zip(runs[rival], runs["leadlight"], strict=True)
        )
        for rival in ("sql_in_two_stages", "good_pandas")
    }
    large = {name: r | {"output": None} for name, r in big.items()}
    exponents = {name: math.log(big[name]["seconds"] / seconds[name]) / math.log(LARGE / SMALL) for name in big}
    return {
        "machine": {
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, "
            f"DuckDB {duckdb.__version__}, pandas {pd.__version__}",
        },
        "features": len(NAMES),
        "rounds": ROUNDS,
        "small": {
            "activities": SMALL * PER_LEAD,
            "leads": SMALL,
            "seconds": seconds,
            "peak_gib": {name: max(r["peak_bytes"] for r in found) / 2**30 for name, found in runs.items()},
            "largest_difference": differences,
        },
        "large": {
            "activities": LARGE * PER_LEAD,
            "leads": LARGE,
            "seconds": {name: r["seconds"] for name, r in large.items()},
            "peak_gib": {name: r["peak_bytes"] / 2**30 for name, r in large.items()},
            "exponent": exponents,
        },
        "bars": {
            "times_faster_than_pandas": ratios["good_pandas"],
            "times_the_hand_written_sql": 1 / ratios["sql_in_two_stages"],
            "exponent": exponents["leadlight"],
            "peak_gib_at_50_million": big["leadlight"]["peak_bytes"] / 2**30,
        },
    }


if __name__ == "__main__":
    main()
