"""What explaining trees costs, against shap, as ratios within one run: `make bench-explaining`.

Writes docs/results/bench_explaining.json, and docs/benchmarks.md from it. Takes some six minutes.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # one thread each, which libraries read when they are loaded

import lightgbm as lgb
import numpy as np
import pandas as pd
import shap
from page import write_page

from leadlight.models.candidates.boosted import BoostedModel, DesignMatrix

ROOT = Path(__file__).resolve().parent.parent
LEADS, FEATURES, LEARNED_FROM = 200_000, 60, 20_000
TREES = 300
NAMES = tuple(f"feature_{place:02d}" for place in range(FEATURES))
#: leaves a tree, and whether each tree may use one column only
KINDS = {"interactions_31": (31, False), "interactions_7": (7, False), "additive": (7, True)}
#: shap explains the leads in so many parts; we explain all of them before each
ROUNDS = 3
#: leads that are explained again, each alone
ALONE = 200


def main() -> None:
    """Grow trees of each kind, explain the leads both ways in turn, write what came of it."""
    if sys.argv[1:]:
        print(json.dumps({"peak_bytes": peak(Path(sys.argv[1]))}))
        return
    frame, won = draw(np.random.default_rng(7))
    kinds = {}
    for name, (leaves, additive) in KINDS.items():
        model = grow(frame.head(LEARNED_FROM), won[:LEARNED_FROM], leaves, additive)
        kinds[name] = {"leaves": leaves} | contest(model, frame) | {"peak_mib": measured_peak(model, frame)}
        print(name, json.dumps(kinds[name]), flush=True)
    path = ROOT / "docs" / "results" / "bench_explaining.json"
    path.write_text(json.dumps(report(kinds), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    write_page(ROOT)


def draw(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw leads: counts, and waiting times some of which are not known; outcomes with interactions."""
    X = rng.poisson(1.0, (LEADS, FEATURES)).astype(float)
    X[:, ::2] = rng.gamma(2.0, 10.0, X[:, ::2].shape)
    X[:, ::4][rng.random(X[:, ::4].shape) < 0.3] = np.nan
    known = np.nan_to_num(X)
    margin = -2 + 0.5 * known[:, 1] + 0.02 * known[:, 2] * known[:, 3] - 0.3 * known[:, 5] * known[:, 7]
    margin += 0.02 * known[:, 0] + 0.2 * (known[:, 9] > 1) * (known[:, 4] > 20)
    won = (rng.random(LEADS) < 1 / (1 + np.exp(-margin))).astype(int)
    return pd.DataFrame(X, columns=NAMES), won


def grow(frame: pd.DataFrame, won: np.ndarray, leaves: int, additive: bool) -> BoostedModel:
    """Train boosted trees the way a candidate is trained, without tuning."""
    settings: dict[str, Any] = {
        "objective": "binary",
        "num_leaves": leaves,
        "learning_rate": 0.05,
        "min_data_in_leaf": 50,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
        "seed": 7,
    }
    if additive:
        settings["interaction_constraints"] = [[place] for place in range(FEATURES)]
    else:
        settings["feature_fraction"] = 0.6
    return BoostedModel.fit(frame, won, DesignMatrix(NAMES, {}), settings=settings, rounds=TREES)


def contest(model: BoostedModel, frame: pd.DataFrame) -> dict[str, Any]:
    """Explain all leads both ways, in turn so that a busy moment of the machine meets both."""
    matrix = model.columns.transform(frame)
    explainer = shap.TreeExplainer(model.booster)
    ours: list[float] = []
    theirs, expected = [], []
    for rows in np.array_split(np.arange(LEADS), ROUNDS):
        seconds, (base, parts) = timed(partial(model.explain_log_odds, frame))
        ours.append(seconds)
        seconds, values = timed(partial(explainer.shap_values, matrix[rows]))
        theirs.append(seconds)
        expected.append(np.asarray(values))
    raw = np.asarray(model.booster.predict(matrix, raw_score=True))
    alone = [timed(partial(model.explain_log_odds, frame.iloc[[row]])) for row in range(ALONE)]
    return {
        "seconds": statistics.median(ours),
        "seconds_of_each_round": ours,
        "shap_seconds": sum(theirs),
        "times_faster": sum(theirs) / statistics.median(ours),
        "times_faster_at_worst": sum(theirs) / max(ours),
        "largest_difference": float(np.abs(parts - np.vstack(expected)).max()),
        "base_difference": float(abs(base - float(np.ravel(explainer.expected_value)[-1]))),
        "largest_gap": float(np.abs(base + parts.sum(axis=1) - raw).max()),
        "one_lead_seconds": statistics.median(seconds for seconds, _ in alone),
        "alone_against_night": max(
            float(np.abs(own - parts[row]).max()) for row, (_, (_, own)) in enumerate(alone)
        ),
        "explaining_cost": model.explanation_cost,
    }


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return what something took, in seconds of the one processor that both use, and what came of it."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def measured_peak(model: BoostedModel, frame: pd.DataFrame) -> float:
    """Return the memory, in MiB, that explaining takes beside its input, measured in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="leadlight-bench-") as place:
        model.booster.save_model(Path(place) / "trees.txt")
        np.save(Path(place) / "leads.npy", frame.to_numpy())
        done = subprocess.run([sys.executable, __file__, place], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"The measurement of memory must run through. Got:\n{done.stderr}")
    return float(json.loads(done.stdout.splitlines()[-1])["peak_bytes"] / 2**20)


def peak(folder: Path) -> int:
    """Explain all leads, and return by how many bytes the process grew at most after it held its input."""
    frame = pd.DataFrame(np.load(folder / "leads.npy"), columns=NAMES)
    model = BoostedModel(DesignMatrix(NAMES, {}), lgb.Booster(model_file=folder / "trees.txt"))
    model.explain_log_odds(frame.head(1))  # what is made once for all
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    model.explain_log_odds(frame)
    # not ru_maxrss, which a process takes over from the one that started it
    status = Path("/proc/self/status").read_text(encoding="ascii")
    most = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
    return int(most) * 1024 - held


def report(kinds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Put figures and bars together."""
    return {
        "machine": {
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, "
            f"LightGBM {lgb.__version__}, shap {shap.__version__}",
        },
        "leads": LEADS,
        "features": FEATURES,
        "trees": TREES,
        "rounds": ROUNDS,
        "input_mib": LEADS * FEATURES * 8 / 2**20,
        "kinds": kinds,
        "bars": {name: found["times_faster"] for name, found in kinds.items()}
        | {
            "largest_difference": max(found["largest_difference"] for found in kinds.values()),
            "largest_gap": max(found["largest_gap"] for found in kinds.values()),
            "alone_against_night": max(found["alone_against_night"] for found in kinds.values()),
        },
    }


if __name__ == "__main__":
    main()
