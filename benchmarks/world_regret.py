"""Regret against the true probabilities of simulated worlds: `make bench-worlds`.

Writes docs/results/bench_worlds.json and docs/worlds.md. A world takes five to ten minutes on two cores, most of
it Leadlight's own training; `--folder` keeps simulations, truths and rivals for the next time. For one world:
`python benchmarks/world_regret.py --laws drift --seeds 1 --folder FOLDER --output FILE.json`.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import describe_machine
from worlds.evaluation import run_world
from worlds.laws import DEVELOPED, JUDGED, LAWS, SEEDS
from worlds_page import write_page

from leadlight.pipelines.workspace.console import console
from leadlight.pipelines.workspace.workdir import round_floats, write_json

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
SAVED = ROOT / "docs" / "results" / "bench_worlds.json"


def main() -> None:
    """Run the worlds in turn, and write the results after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--laws", nargs="+", choices=list(LAWS), help="laws of a trial")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS), help="seeds of a trial")
    parser.add_argument("--judged", action="store_true", help="also run the laws that are kept for the last judgement")
    parser.add_argument("--folder", type=Path, help="folder that keeps the worlds for the next time")
    parser.add_argument("--output", type=Path, default=SAVED, help="output file")
    chosen = parser.parse_args()
    laws = chosen.laws or list(LAWS if chosen.judged else DEVELOPED)
    kept = [name for name in laws if name in JUDGED]
    if kept and not chosen.judged:
        sys.exit(f"The laws kept for the last judgement must be run with --judged. Got {', '.join(kept)} without it.")
    saved: dict[str, Any] = {"machine": describe_machine(), "worlds": []}
    with tempfile.TemporaryDirectory(prefix="leadlight-worlds-") as temporary:
        for name in laws:
            for seed in chosen.seeds:
                world = run_world(name, seed, chosen.folder or Path(temporary))
                saved["worlds"].append(world)
                write_json(chosen.output, round_floats(saved))
                _print_world(world)
    if chosen.output.resolve() == SAVED:
        write_page(ROOT)


def _print_world(world: dict[str, Any]) -> None:
    console.rule(f"{world['law']}, seed {world['seed']}: {world['wins']} wins of {world['leads']} leads")
    answers = {"truth given the export": world["given_export"]} | world["contestants"]
    for who, found in answers.items():
        cells = (f"{age}: regret {_format(row['regret'])}, level {row['level']:+.2f}" for age, row in found.items())
        console.print(f"  {who:24s} {'; '.join(cells)}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"  {world['leadlight']}", markup=False, highlight=False, soft_wrap=True)


def _format(regret: float | None) -> str:
    return "none" if regret is None else f"{regret:.3f}"


if __name__ == "__main__":
    main()
