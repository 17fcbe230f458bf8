"""Cost of explaining trees relative to shap, within one run: `make bench-explaining`.

Writes docs/results/bench_explaining.json and docs/benchmarks.md. Takes about two minutes.
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

os.environ["OMP_NUM_THREADS"] = "1"  # one thread each; read by libraries at import

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
#: leaves per tree: those of the candidate ``boosted``
KINDS = {"interactions_7": 7}
#: shap explains the leads in this many parts; Leadlight explains all leads before each part
ROUNDS = 3
#: leads explained again one by one
SINGLE_LEADS = 200


def main() -> None:
    """Train trees of each kind, explain the leads with both methods, and write the results."""
    if sys.argv[1:]:
        print(json.dumps({"peak_bytes": measure_peak_here(Path(sys.argv[1]))}))
        return
    frame, won = sample_leads(np.random.default_rng(7))
    kinds = {}
    for name, leaves in KINDS.items():
        model = train(frame.head(LEARNED_FROM), won[:LEARNED_FROM], leaves)
        kinds[name] = {"leaves": leaves} | compare_speed(model, frame) | {"peak_mib": measure_peak(model, frame)}
        print(name, json.dumps(kinds[name]), flush=True)
    path = ROOT / "docs" / "results" / "bench_explaining.json"
    path.write_text(json.dumps(build_report(kinds), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    write_page(ROOT)


def sample_leads(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Sample leads: counts, waiting times with missing values, and outcomes with interactions."""
    X = rng.poisson(1.0, (LEADS, FEATURES)).astype(float)
    X[:, ::2] = rng.gamma(2.0, 10.0, X[:, ::2].shape)
    X[:, ::4][rng.random(X[:, ::4].shape) < 0.3] = np.nan
    known = np.nan_to_num(X)
    margin = -2 + 0.5 * known[:, 1] + 0.02 * known[:, 2] * known[:, 3] - 0.3 * known[:, 5] * known[:, 7]
    margin += 0.02 * known[:, 0] + 0.2 * (known[:, 9] > 1) * (known[:, 4] > 20)
    won = (rng.random(LEADS) < 1 / (1 + np.exp(-margin))).astype(int)
    return pd.DataFrame(X, columns=NAMES), won


def train(frame: pd.DataFrame, won: np.ndarray, leaves: int) -> BoostedModel:
    """Train boosted trees like a candidate, without tuning."""
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
        "feature_fraction": 0.6,
    }
    columns = DesignMatrix(NAMES, {})
    return BoostedModel(columns, lgb.train(settings, lgb.Dataset(columns.transform(frame), won), TREES))


def compare_speed(model: BoostedModel, frame: pd.DataFrame) -> dict[str, Any]:
    """Explain all leads both ways, in turn so that a busy moment of the machine meets both."""
    matrix = model.columns.transform(frame)
    explainer = shap.TreeExplainer(model.booster)
    ours: list[float] = []
    theirs, expected = [], []
    for rows in np.array_split(np.arange(LEADS), ROUNDS):
        seconds, (base, parts) = time_call(partial(model.explain_log_odds, frame))
        ours.append(seconds)
        seconds, values = time_call(partial(explainer.shap_values, matrix[rows]))
        theirs.append(seconds)
        expected.append(np.asarray(values))
    raw = np.asarray(model.booster.predict(matrix, raw_score=True))
    alone = [time_call(partial(model.explain_log_odds, frame.iloc[[row]])) for row in range(SINGLE_LEADS)]
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
        "alone_against_night": max(float(np.abs(own - parts[row]).max()) for row, (_, (_, own)) in enumerate(alone)),
    }


def time_call(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor time of a call in seconds, and its result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def measure_peak(model: BoostedModel, frame: pd.DataFrame) -> float:
    """Return the memory of explaining beyond its input in MiB, measured in its own process."""
    with tempfile.TemporaryDirectory(prefix="leadlight-bench-") as place:
        model.booster.save_model(Path(place) / "trees.txt")
        np.save(Path(place) / "leads.npy", frame.to_numpy())
        done = subprocess.run([sys.executable, __file__, place], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"The memory measurement must succeed. Got:\n{done.stderr}")
    return float(json.loads(done.stdout.splitlines()[-1])["peak_bytes"] / 2**20)


def measure_peak_here(folder: Path) -> int:
    """Explain all leads, and return the peak growth of the process beyond its input in bytes."""
    frame = pd.DataFrame(np.load(folder / "leads.npy"), columns=NAMES)
    model = BoostedModel(DesignMatrix(NAMES, {}), lgb.Booster(model_file=folder / "trees.txt"))
    model.explain_log_odds(frame.head(1))  # build the cached tables
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    model.explain_log_odds(frame)
    # not ru_maxrss, which a process inherits from its parent
    status = Path("/proc/self/status").read_text(encoding="ascii")
    most = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
    return int(most) * 1024 - held


def build_report(kinds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Build the report with figures and bars."""
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
