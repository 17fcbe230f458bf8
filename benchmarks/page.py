"""docs/benchmarks.md from the saved results; a test keeps it current."""

import json
from pathlib import Path
from typing import Any

__all__ = ["render_page", "write_page"]

KINDS = {"interactions_7": ("7 leaves, with interactions", 4)}
WORDS = {
    "leadlight": "Leadlight, the same 55 features",
    "sql_in_two_stages": "hand-written SQL in two stages",
    "good_pandas": "pandas, one groupby and unstack per window",
    "leadlight_all": "Leadlight, every declared feature",
}


def write_page(root: Path) -> None:
    """Write the page."""
    (root / "docs" / "benchmarks.md").write_text(render_page(root), encoding="utf-8")


def render_page(root: Path) -> str:
    """Return the page as Markdown."""
    features, explaining, reading = (
        json.loads((root / "docs" / "results" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("bench_features", "bench_explaining", "bench_reading")
    )
    damages = root / "docs" / "results" / "random_damages.json"  # written by a run without a failure
    return (
        _render_features(features)
        + _render_explaining(explaining)
        + _render_reading(reading)
        + (_render_damages(json.loads(damages.read_text(encoding="utf-8"))) if damages.exists() else "")
    )


def _render_features(result: dict[str, Any]) -> str:
    small, large, bars, machine = result["small"], result["large"], result["bars"], result["machine"]
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

Generated from `docs/results/`; a test keeps this page current. Seconds depend on the machine and its load: read the ratios, which come
from one run in which the contestants took turns.

## Features

`make bench-features`, on {machine["cores"]} cores with {machine["memory_gib"]:.0f} GiB, {machine["system"]}.
{result["features"]} features at one time: counts in 7, 30 and 90 days and decayed sums with half-lives of 7 and 30 days, for 10 activity
types and for all together, from Parquet to Parquet. Results differ by at most {apart:.0e}.

{small["activities"]:,} activities of {small["leads"]:,} leads, median of {result["rounds"]} rounds:

| | seconds | times Leadlight | peak GiB |
|---|---|---|---|
{chr(10).join(rows)}

Per round, Leadlight is {bars["times_faster_than_pandas"]:.1f} times as fast as pandas (bar: 3) and takes {bars["times_the_hand_written_sql"]:.2f} times as long
as hand-written SQL (bar: 1.5). The SQL assumes that every lead is open; Leadlight checks it, and compiles the same two stages from
the declared features.

{large["activities"]:,} activities of {large["leads"]:,} leads, with `LEADLIGHT_DUCKDB_MEMORY=5GB` (bars: exponent 1.1, 6 GiB):

| | seconds | exponent | peak GiB |
|---|---|---|---|
{chr(10).join(big)}

The exponent is log(time ratio) / log(10), against the smaller table.
"""


def _render_explaining(result: dict[str, Any]) -> str:
    kinds, bars, machine = result["kinds"], result["bars"], result["machine"]
    rows = [
        f"| {words} | {kinds[name]['shap_seconds']:.1f} | {kinds[name]['seconds']:.2f} | "
        f"**{kinds[name]['times_faster']:.1f}** ({bar}) | {kinds[name]['largest_difference']:.0e} | "
        f"{kinds[name]['peak_mib']:.0f} | {1000 * kinds[name]['one_lead_seconds']:.1f} |"
        for name, (words, bar) in KINDS.items()
    ]
    return f"""
## Explaining

`make bench-explaining`, on {machine["cores"]} cores with {machine["memory_gib"]:.0f} GiB, {machine["system"]}.
SHAP values of {result["leads"]:,} leads with {result["features"]} features, LightGBM with {result["trees"]} trees, one thread each. shap.TreeExplainer calls
LightGBM's `pred_contrib`; it explains the leads in {result["rounds"]} parts, and Leadlight explains all leads before each part (median).
Seconds are processor time, which depends little on the load of the machine.

| trees | shap, seconds | Leadlight, seconds | times as fast (bar) | largest difference, log-odds | MiB | one lead, ms |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}

MiB: peak growth of the process beyond its input of {result["input_mib"]:.0f} MiB, including the result of the same size. Base and contributions
differ from the raw prediction by at most {bars["largest_gap"]:.0e} (bar: 1e-6), and a single lead from the batch by at most
{bars["alone_against_night"]:.0e} (bar: 1e-9). Method: `docs/decisions/0018-how-trees-are-explained.md`.
"""


def _render_reading(result: dict[str, Any]) -> str:
    runs = sorted(result["runs"], key=lambda run: (run["kind"], run["rows"], run["version"]))
    rows = [
        f"| {run['kind'].upper() if run['kind'] == 'csv' else 'Parquet'} | {run['rows']:,} | "
        f"{'pandas, whole table' if run['version'] == 'before' else 'Arrow, in batches'} | {run['seconds']:.1f} | "
        f"{run['processor_seconds']:.1f} | {run['peak_gib']:.2f} |"
        for run in runs
    ]
    return f"""
## Reading

`make bench-reading`: `leadlight ingest` of activities of {result["leads"]:,} leads, in a process of its own: read, cleaned, checked and
written. The whole table in pandas is what Leadlight did before; its figures were measured in the same run.

| file | activities | read with | seconds | processor seconds | peak GiB |
|---|---|---|---|---|---|
{chr(10).join(rows)}

Method: `docs/decisions/0010-pandas-at-the-door.md`.
"""


def _render_damages(result: dict[str, Any]) -> str:
    names = {"refused": "refused with a sentence", "read": "read, every row in a table or in quarantine"}
    rows = [
        f"| {kind} | {sum(found.values()):,} | {found.get('refused', 0):,} | {found.get('read', 0):,} |"
        for kind, found in result["outcomes"].items()
    ]
    return f"""
## Random damages

`make bench-damages`: {result["damages"]:,} random damages of small exports, each followed by `ingest`. Where it was refused, the
tables of before stayed byte for byte. Tracebacks, lost rows and changed tables beside an error: {result["failures"]}.

| damage | times | {names["refused"]} | {names["read"]} |
|---|---|---|---|
{chr(10).join(rows)}
"""
