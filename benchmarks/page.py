"""docs/benchmarks.md from the saved results; a test keeps it current."""

import json
from pathlib import Path
from typing import Any

__all__ = ["benchmark_page", "write_page"]

KINDS = {
    "interactions_31": ("31 leaves, with interactions", 8),
    "interactions_7": ("7 leaves, with interactions", 4),
    "additive": ("7 leaves, every tree one column", 50),
}
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
    features, explaining = (
        json.loads((root / "docs" / "results" / f"bench_{name}.json").read_text(encoding="utf-8"))
        for name in ("features", "explaining")
    )
    return _features(features) + _explaining(explaining)


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


def _explaining(found: dict[str, Any]) -> str:
    kinds, bars, machine = found["kinds"], found["bars"], found["machine"]
    rows = [
        f"| {words} | {kinds[name]['shap_seconds']:.1f} | {kinds[name]['seconds']:.2f} | "
        f"**{kinds[name]['times_faster']:.1f}** ({bar}) | {kinds[name]['largest_difference']:.0e} | "
        f"{kinds[name]['peak_mib']:.0f} | {1000 * kinds[name]['one_lead_seconds']:.1f} |"
        for name, (words, bar) in KINDS.items()
    ]
    return f"""
## Explaining

`make bench-explaining`, on {machine["cores"]} cores with {machine["memory_gib"]:.0f} GiB, {machine["system"]}.
SHAP values of {found["leads"]:,} leads with {found["features"]} features, LightGBM with {found["trees"]} trees, one thread each. shap.TreeExplainer calls
LightGBM's `pred_contrib`; it explains the leads in {found["rounds"]} parts, before each of which Leadlight explains all of them (median).
Seconds are those of the processor, which other work on the machine changes little.

| trees | shap, seconds | Leadlight, seconds | times as fast (bar) | largest difference, log-odds | MiB | one lead, ms |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}

MiB: the most that the process grew over its input of {found["input_mib"]:.0f} MiB, the result of the same size among it. Base and parts miss the
raw prediction by {bars["largest_gap"]:.0e} at most (bar: 1e-6), and a lead alone is explained as in the night to {bars["alone_against_night"]:.0e} (bar: 1e-9).
How it is done: `docs/decisions/0018-how-trees-are-explained.md`.
"""
