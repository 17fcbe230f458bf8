"""Quality out of time, against every rival and against the truth, in one run: `make bench-quality`.

Writes docs/results/bench_quality.json, and docs/quality.md from it. Takes about twenty minutes on two cores.
`--rows` limits it for a trial, which is written elsewhere: it never takes the place of a complete result.
"""

import argparse
import datetime
import importlib.metadata
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from comparison import DRAWS, compare
from quality_page import ROWS, WORDS, against, verdict, write_page
from rich.box import SIMPLE_HEAD
from rich.table import Table

from leadlight.features.errors import LeadlightError
from leadlight.pipelines.jobs.run import STAGES, run_stage
from leadlight.pipelines.params import load_params
from leadlight.pipelines.workspace.console import console
from leadlight.pipelines.workspace.workdir import Workdir, read_json, round_floats, write_json

__all__ = ["demo_with_seed", "machine", "main", "params_of", "run_row"]

ROOT = Path(__file__).resolve().parent.parent
SAVED = ROOT / "docs" / "results" / "bench_quality.json"
PACKAGES = ("numpy", "pandas", "scikit-learn", "lightgbm", "flaml")


def main() -> None:
    """Run the rows one after the other, write what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", nargs="+", choices=list(ROWS), default=list(ROWS), help="a part of the rows"
    )
    parser.add_argument("--output", type=Path, help="where a trial is written")
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
            console.print(_table(rows[name]))
    except LeadlightError as error:
        sys.exit(str(error))
    write_json(output, round_floats({"machine": machine(), "draws": DRAWS, "rows": rows}))
    if output.resolve() == SAVED:
        write_page(ROOT)


def run_row(name: str, folder: Path) -> dict[str, Any]:
    """Run `leadlight run`'s stages in an empty folder, then let the rivals answer.

    Parameters
    ----------
    name : str
        One of :data:`ROWS`.
    folder : Path
        An empty folder.

    Returns
    -------
    dict
        See :func:`comparison.compare`; also ``seconds`` of each stage and ``seconds_to_train``.
    """
    (folder / "params.yaml").write_text(params_of(name), encoding="utf-8")
    params, workdir = load_params(folder / "params.yaml"), Workdir(folder / "work")
    seconds = {}
    for stage in STAGES:
        if stage == "register" or (stage in ("simulate", "truth") and params.simulation is None):
            continue
        started = time.perf_counter()
        run_stage(stage, params, folder, workdir)
        seconds[stage] = time.perf_counter() - started
    training = seconds["train"] + seconds["calibrate"]
    return compare(workdir, params, training) | {"seconds": seconds, "seconds_to_train": training}


def params_of(name: str) -> str:
    """Return the params of a row: the demo's with another seed of the simulation, or those of an example."""
    example, seed = ROWS[name]
    if seed is not None:
        return demo_with_seed(seed)
    data = Path(os.environ.get("LEADLIGHT_REAL_DATA", ROOT.parent / "shared" / "data")).resolve()
    if not data.is_dir():
        sys.exit("The real data sets must lie where LEADLIGHT_REAL_DATA says. They are missing.")
    text = (ROOT / "examples" / example / "params.yaml").read_text(encoding="utf-8")
    return text.replace("../../../shared/data", str(data))


def demo_with_seed(seed: int) -> str:
    """Return the params of the demo with another seed of its simulation."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    before, line = text.split("simulation: {")
    assert line.count("seed: 7}") == 1
    return before + "simulation: {" + line.replace("seed: 7}", f"seed: {seed}}}")


def machine() -> dict[str, Any]:
    """Return on what this runs: cores, system, date and versions."""
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {"Python": platform.python_version()} | versions,
    }


def _table(row: dict[str, Any]) -> Table:
    table = Table(title=f"{verdict(row)}; {against(row, 'default_lightgbm')}", box=SIMPLE_HEAD)
    for title in ("", "log loss", "difference", "95 %", "s"):
        table.add_column(title, justify="left" if not title else "right", no_wrap=True)
    for name, entry in row["contestants"].items():
        apart = entry.get("difference")
        cells = ("", "") if apart is None else (
            f"{apart['value']:+.4f}", f"[{apart['low']:+.4f}, {apart['high']:+.4f}]")  # fmt: skip
        table.add_row(WORDS[name], f"{entry['figures']['log_loss']:.4f}", *cells, f"{entry['seconds']:.0f}")
    return table


if __name__ == "__main__":
    main()
