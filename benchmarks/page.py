"""docs/benchmarks.md from the saved results; a test keeps it current."""

import json
from pathlib import Path
from typing import Any

__all__ = ["benchmark_page", "write_page"]

WORDS = {
    "leadlight": "Leadlight, the same 55 features",
    "sql_in_two_stages": "SQL written by hand in two stages",
    "good_pandas": "pandas, one groupby and unstack a window",
    "leadlight_all": "Leadlight, every declared feature",
}


def write_page(root: Path) -> None:
    """Write the page anew."""
    (root / "docs" / "benchmarks.md").write_text(benchmark_page(root), encoding="utf-8")


def benchmark_page(root: Path) -> str:
    """Return the page as Markdown."""
    path = root / "docs" / "results" / "bench_features.json"
    return _features(json.loads(path.read_text(encoding="utf-8")))


def _features(found: dict[str, Any]) -> str:
    small, large, bars, machine = found["small"], found["large"], found["bars"], found["machine"]
    rows = [
        f"| {WORDS[name]} | {seconds:.2f} | {seconds / small['seconds']['leadlight']:.2f} | "
        f"{small['peak_gib'][name]:.2f} |"
        for name, seconds in small["seconds"].items()
    ]
    big = [
        f"| {WORDS[name]} | {seconds:.1f} | {large['exponent'][name]:.2f} | {large['peak_gib'][name]:.2f} |"
        for name, seconds in large["seconds"].items()
    ]
    apart = max(small["largest_difference"].values())
    return f"""# Benchmarks

Made from `docs/results/`; a test keeps this page current. Seconds depend on the machine and on what else it does: read the
ratios, which come from one run in which the contestants took turns.

## Features

`make bench-features`, on {machine["cores"]} cores with {machine["memory_gib"]:.0f} GiB, {machine["system"]}.
{found["features"]} features of one moment: counts in 7, 30 and 90 days and sums that decay with half-lives of 7 and 30 days, for 10 types of
activity and for all together, from Parquet to Parquet. Answers differ by {apart:.0e} at most.

{small["activities"]:,} activities of {small["leads"]:,} leads, median of {found["rounds"]} rounds:

| | seconds | times Leadlight | peak GiB |
|---|---|---|---|
{chr(10).join(rows)}

Round by round, Leadlight is {bars["times_faster_than_pandas"]:.1f} times as fast as pandas (bar: 3) and takes {bars["times_the_hand_written_sql"]:.2f} times as long
as the SQL written by hand (bar: 1.5). The SQL knows that every lead is open; Leadlight finds out, and compiles the same two
stages from the declared features.

{large["activities"]:,} activities of {large["leads"]:,} leads, with `LEADLIGHT_DUCKDB_MEMORY=5GB` (bars: exponent 1.1, 6 GiB):

| | seconds | exponent | peak GiB |
|---|---|---|---|
{chr(10).join(big)}

The exponent is log(time ratio) / log(10), against the smaller table.
"""
