"""Out-of-time quality against rivals and ground truth: `make bench-quality`.

Writes docs/results/bench_quality.json and docs/quality.md. Takes about twenty minutes on two cores.
`--rows` runs a trial, which is written elsewhere and never replaces a complete result.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from comparison import DRAWS, compare
from machine import describe_machine
from quality_page import ROWS, WORDS, compare_with, judge, write_page
from rich.box import SIMPLE_HEAD
from rich.table import Table

from leadlight.features.errors import LeadlightError
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.table import select_stages
from leadlight.pipelines.workspace.console import console
from leadlight.pipelines.workspace.workdir import Workdir, read_json, round_floats, write_json

__all__ = ["main", "read_params", "render_demo_params", "run_row"]

ROOT = Path(__file__).resolve().parent.parent
SAVED = ROOT / "docs" / "results" / "bench_quality.json"


def main() -> None:
    """Run the rows in turn, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS), help="rows of a trial")
    parser.add_argument("--output", type=Path, help="output file of a trial")
    chosen = parser.parse_args()
    complete = set(chosen.rows) == set(ROWS)
    output = chosen.output or (SAVED if complete else ROOT / "work" / "bench_quality.json")
    if not complete and output.exists() and set(ROWS) <= set(read_json(output)["rows"]):
        sys.exit(f"The output of a trial must not be a complete result. Got {output}.")
    rows = {}
    try:
        for name in chosen.rows:
            console.rule(name)
            with tempfile.TemporaryDirectory(prefix="leadlight-quality-") as place:
                rows[name] = run_row(name, Path(place))
            console.print(_render_table(rows[name]))
    except LeadlightError as error:
        sys.exit(str(error))
    write_json(output, round_floats({"machine": describe_machine(), "draws": DRAWS, "rows": rows}))
    if output.resolve() == SAVED:
        write_page(ROOT)


def run_row(name: str, folder: Path) -> dict[str, Any]:
    """Run the stages of `leadlight run` in an empty folder, then the rivals.

    Parameters
    ----------
    name : str
        One of :data:`ROWS`.
    folder : Path
        An empty folder.

    Returns
    -------
    dict
        As :func:`comparison.compare`, with ``seconds`` of each stage and ``seconds_to_train``.
    """
    (folder / "params.yaml").write_text(read_params(name), encoding="utf-8")
    params, workdir = load_params(folder / "params.yaml"), Workdir(folder / "work")
    seconds = {}
    for stage_name, stage in select_stages(params).items():
        if stage_name != "register":
            started = time.perf_counter()
            stage.run(params, folder, workdir)
            seconds[stage_name] = time.perf_counter() - started
    training = seconds["train"] + seconds["calibrate"]
    return compare(workdir, params, training) | {"seconds": seconds, "seconds_to_train": training}


def read_params(name: str) -> str:
    """Return the params of a row: the demo with the row's seed, or an example."""
    example, seed = ROWS[name]
    if seed is not None:
        return render_demo_params(seed)
    data = Path(os.environ.get("LEADLIGHT_REAL_DATA", ROOT.parent / "shared" / "data")).resolve()
    if not data.is_dir():
        sys.exit("The folder LEADLIGHT_REAL_DATA must hold the real data sets. It is missing.")
    text = (ROOT / "examples" / example / "params.yaml").read_text(encoding="utf-8")
    return text.replace("../../../shared/data", str(data))


def render_demo_params(seed: int) -> str:
    """Return the params of the demo with another seed of the simulation."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    before, line = text.split("simulation: {")
    assert line.count("seed: 7}") == 1
    return before + "simulation: {" + line.replace("seed: 7}", f"seed: {seed}}}")


def _render_table(row: dict[str, Any]) -> Table:
    table = Table(title=f"{judge(row)}; {compare_with(row, 'default_lightgbm')}", box=SIMPLE_HEAD)
    for title in ("", "log loss", "difference", "95 %", "s"):
        table.add_column(title, justify="left" if not title else "right", no_wrap=True)
    for name, entry in row["contestants"].items():
        gap = entry.get("difference")
        cells = (f"{gap['value']:+.4f}", f"[{gap['low']:+.4f}, {gap['high']:+.4f}]") if gap else ("", "")
        table.add_row(WORDS[name], f"{entry['figures']['log_loss']:.4f}", *cells, f"{entry['seconds']:.0f}")
    return table


if __name__ == "__main__":
    main()
