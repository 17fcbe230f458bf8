"""Backtest of grades and thresholds on simulations with other seeds: `make bench-promises`.

Writes docs/results/bench_promises.json and docs/promises.md. Takes about fifteen minutes on two cores.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import describe_machine
from promises_page import KINDS, write_page
from quality import render_demo_params
from scipy.stats import binom

from leadlight.features.errors import LeadlightError
from leadlight.models.validation.threshold_backtest import calculate_prediction_interval
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.table import STAGES
from leadlight.pipelines.workspace.console import console
from leadlight.pipelines.workspace.workdir import Workdir, round_floats, write_json

__all__ = ["backtest_seed", "main"]

ROOT = Path(__file__).resolve().parent.parent
SAVED = ROOT / "docs" / "results" / "bench_promises.json"
#: seeds of the simulation, not used while the rule was developed (7 to 139)
SEEDS = (149, 151, 157, 163, 167, 173)


def main() -> None:
    """Backtest each simulation in turn, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS), help="other seeds, for a trial")
    parser.add_argument("--output", type=Path, help="output file of a trial")
    chosen = parser.parse_args()
    worlds = {}
    try:
        for seed in chosen.seeds:
            with tempfile.TemporaryDirectory(prefix="leadlight-promises-") as place:
                worlds[str(seed)] = backtest_seed(seed, Path(place))
            console.print(f"seed {seed}: outside {', '.join(worlds[str(seed)]['outside']) or 'none'}")
    except LeadlightError as error:
        sys.exit(str(error))
    complete = tuple(chosen.seeds) == SEEDS
    output = chosen.output or (SAVED if complete else ROOT / "work" / "bench_promises.json")
    kinds = len(KINDS) * len(worlds)
    bar = {"kinds": kinds, "outside_at_most": int(binom.ppf(0.95, kinds, 0.05))}
    write_json(output, round_floats({"machine": describe_machine(), "bar": bar, "worlds": worlds}))
    if output.resolve() == SAVED:
        write_page(ROOT)


def backtest_seed(seed: int, folder: Path) -> dict[str, Any]:
    """Run all stages up to the test window of a simulation.

    Parameters
    ----------
    seed : int
        Seed of the simulation.
    folder : Path
        An empty folder.

    Returns
    -------
    dict
        candidate, judged, outside (figures outside their joint interval), outside_alone (figures outside
        their own prediction interval) and figures: promised, shown and prediction_interval of each.
    """
    (folder / "params.yaml").write_text(render_demo_params(seed), encoding="utf-8")
    params, workdir = load_params(folder / "params.yaml"), Workdir(folder / "work")
    results = {name: STAGES[name].run(params, folder, workdir) for name in STAGES if name != "register"}
    metrics = results["evaluate"]
    return {"candidate": metrics["candidate"]} | _summarize(metrics["expectations"])


def _summarize(promises: dict[str, Any]) -> dict[str, Any]:
    figures = {
        f"{kind}.{name}.{figure}": verdict
        for kind, named in (("thresholds", promises["thresholds"]), *promises["grades"].items())
        for name, found in named.items()
        for figure, verdict in found.items()
    }
    alone = []
    for name, verdict in figures.items():
        promised, shown = ((v["value"], v["low"], v["high"]) for v in (verdict["promised"], verdict["shown"]))
        low, high = calculate_prediction_interval(promised, shown, between=verdict["between_periods"])
        if not low <= shown[0] <= high:
            alone.append(name)
    kept = ("promised", "shown", "between_periods", "prediction_interval", "inside")
    return {
        "periods": promises["periods"],
        "judged": promises["judged"],
        "outside": promises["outside"],
        "outside_alone": alone,
        "figures": {name: {key: verdict[key] for key in kept} for name, verdict in figures.items()},
    }


if __name__ == "__main__":
    main()
