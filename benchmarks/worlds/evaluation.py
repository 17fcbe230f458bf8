"""Evaluate one world: simulate and export it, train Leadlight and the rivals on it, measure what they predict."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from worlds.export import NIGHT, draw_missing, write_export
from worlds.history import simulate_world
from worlds.population import DAYS
from worlds.regret import judge_predictions
from worlds.rivals import RIVALS, label_snapshots
from worlds.truth import HORIZON, compute_truth

__all__ = ["run_world"]

#: modules that decide what the cached files hold
WORLD_MODULES = ("laws", "population", "dynamics", "history", "truth", "export")
RIVAL_MODULES = (*WORLD_MODULES, "rivals")
#: snapshots that rivals learn from, whatever Leadlight itself does
RIVAL_SNAPSHOTS = "snapshots: {at_creation: false, after_days: [1, 3, 7], every_days: 10}\n"
LEADLIGHT = Path(sys.executable).parent / "leadlight"


def run_world(name: str, seed: int, folder: Path) -> dict[str, Any]:
    """Run Leadlight and the rivals on one world.

    Parameters
    ----------
    name : str
        Name of the law.
    seed : int
        Seed of the world.
    folder : Path
        Folder of all worlds; export, truth and the rivals' predictions are kept there for the next time.

    Returns
    -------
    dict
        ``law``, ``seed``, counts, ``given_export`` and ``contestants`` (each as of
        :func:`worlds.regret.judge_predictions`), and the outcome of ``leadlight``'s commands.
    """
    place = prepare_world(name, seed, folder)
    truth, about = pd.read_parquet(place / "truth.parquet"), json.loads((place / "world.json").read_text("utf-8"))
    rivals = predict_rivals(place, truth)
    with tempfile.TemporaryDirectory(prefix="leadlight-worlds-") as work:
        predicted, outcome = run_leadlight(place, Path(work), truth)
    answers = {"leadlight": predicted} | {rival: rivals[rival].to_numpy() for rival in RIVALS}
    return {
        "law": name,
        "seed": seed,
        **about,
        "given_export": judge_predictions(truth, truth["given_export"].to_numpy()),
        "contestants": {who: judge_predictions(truth, q) for who, q in answers.items() if q is not None},
        "leadlight": outcome,
    }


def prepare_world(name: str, seed: int, folder: Path) -> Path:
    """Simulate a world, write its export, its truth and its counts, unless the folder holds them already.

    The folder of the world carries the digest of the code that made it, and appears when it is complete: processes
    may share the folder of all worlds.

    Returns
    -------
    Path
        The folder of the world.
    """
    place = folder / f"{name}-{seed}-{_hash_modules(WORLD_MODULES)}"
    if place.exists():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        draft = Path(temporary) / "world"
        draft.mkdir()
        world = simulate_world(name, seed)
        missing = draw_missing(world, seed)
        write_export(world, missing, draft)
        truth = compute_truth(world, missing, seed)
        truth.to_parquet(draft / "truth.parquet", index=False)
        about = {
            "leads": len(world.leads),
            "wins": int(world.leads["won"].sum()),
            "losses": int((~world.leads["won"] & (world.leads["closed_day"] < DAYS)).sum()),
            "open": len(truth),
            "activities": len(world.activities),
            "mean_truth": float(truth["probability"].mean()),
        }
        (draft / "world.json").write_text(json.dumps(about), encoding="utf-8")
        if not place.exists():
            draft.rename(place)
    return place


def predict_rivals(place: Path, truth: pd.DataFrame) -> pd.DataFrame:
    """Train the rivals on every matured snapshot, and predict the night, unless the folder holds that already.

    Returns
    -------
    DataFrame, shape (open leads, rivals)
        Their probabilities in the order of the truth.
    """
    saved = place / f"rivals-{_hash_modules(RIVAL_MODULES)}.parquet"
    if saved.exists():
        return pd.read_parquet(saved)
    with tempfile.TemporaryDirectory(dir=place) as temporary:
        params, work, draft = (Path(temporary) / name for name in ("params.yaml", "work", "rivals.parquet"))
        text = (place / "params.yaml").read_text(encoding="utf-8").replace("path: ", "path: ../")
        params.write_text(text + RIVAL_SNAPSHOTS, encoding="utf-8")
        paths = ["--params", str(params), "--workdir", str(work)]
        for command in ("ingest", "snapshot", "featurize"):
            _call(command, *paths)
        _call("featurize", *paths, "--as-of", NIGHT, "--output", str(work / "night.parquet"))
        train, night = pd.read_parquet(work / "features.parquet"), pd.read_parquet(work / "night.parquet")
        won = label_snapshots(train, pd.read_csv(place / "deals.csv"), NIGHT, HORIZON)
        train, labels = train[won.notna()].drop(columns="lead_id"), won[won.notna()].to_numpy(dtype=np.int8)
        night = night.set_index("lead_id").loc[truth["lead_id"]].reset_index(drop=True)
        answers = pd.DataFrame({rival: predict(train, labels, night) for rival, predict in RIVALS.items()})
        answers.to_parquet(draft, index=False)
        draft.replace(saved)
    return answers


def run_leadlight(place: Path, work: Path, truth: pd.DataFrame) -> tuple[np.ndarray | None, dict[str, Any]]:
    """Train Leadlight on the export, and score the night, by its commands.

    Returns
    -------
    predicted : ndarray or None
        Probabilities in the order of the truth; None where a command failed.
    outcome : dict
        ``exit_code`` of run and score, ``seconds`` of both, the number of ``different`` probabilities, whether a model
        ``serves``, and ``error``.
    """
    scores = work / "scores.parquet"
    paths = ["--params", str(place / "params.yaml"), "--workdir", str(work)]
    started = time.perf_counter()
    run = _call("run", *paths, check=False)
    trained = time.perf_counter()
    score = _call("score", *paths, "--as-of", NIGHT, "--output", str(scores), check=False)
    outcome: dict[str, Any] = {
        "exit_code": {"run": run.returncode, "score": score.returncode},
        "seconds": {"run": trained - started, "score": time.perf_counter() - trained},
        "different": 0,
        "serves": False,
        "error": None,
    }
    if score.returncode or not scores.exists():
        outcome["error"] = ((run.stderr if run.returncode else score.stderr) or score.stdout).strip()[-600:]
        return None, outcome
    table = pd.read_parquet(scores).set_index("lead_id")["probability"].astype(float)
    predicted = table.reindex(truth["lead_id"]).to_numpy()
    if np.isnan(predicted).any() or len(table) != len(truth):
        outcome["error"] = (
            f"The night must hold a probability of each of the {len(truth)} open leads. Got {table.notna().sum()} in "
            f"{len(table)} rows."
        )
        return None, outcome
    outcome["different"] = len(np.unique(predicted.round(9)))
    # whatever the exit code says of signal: where leads have different probabilities, something serves
    outcome["serves"] = outcome["different"] > 1
    return predicted, outcome


def _call(command: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADLIGHT_")}
    done = subprocess.run(
        [str(LEADLIGHT), command, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise RuntimeError(
            f"leadlight {command} must end with exit code 0. Got {done.returncode}: {done.stderr}{done.stdout}"
        )
    return done


def _hash_modules(names: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()[:12]
