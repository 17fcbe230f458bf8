"""Training: the same bytes twice, the rule book where wins are few, nothing judged that was learned from."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from leadlight.features.errors import NotEnoughDataError
from leadlight.models.scoring.bundle import get_bundle_checksum, load_scorer
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.jobs.register import register
from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.calibrate import calibrate
from leadlight.pipelines.stages.evaluate import evaluate
from leadlight.pipelines.stages.train import train
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json


def edited(folder: Path, old: str, new: str) -> Path:
    params = folder / "params.yaml"
    text = params.read_text(encoding="utf-8")
    assert old in text
    params.write_text(text.replace(old, new), encoding="utf-8")
    return params


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_data_and_seed_give_the_same_bytes(trained_copy, trained):
    program = Path(sys.executable).with_name("leadlight")
    for verb in ("train", "calibrate"):
        command = [program, verb, "--params", trained_copy / "params.yaml", "--workdir", trained_copy / "work"]
        # as many threads as another machine may have
        environment = os.environ | {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "PYTHONHASHSEED": "11"}
        subprocess.run(command, check=True, capture_output=True, env=environment)
    again, first = Workdir(trained_copy / "work"), Workdir(trained / "work")
    assert contents(again.bundle) == contents(first.bundle)
    assert contents(again.candidates) == contents(first.candidates)
    assert get_bundle_checksum(again.bundle) == get_bundle_checksum(first.bundle)


def test_another_seed_gives_other_trees(trained_copy, trained):
    params = load_params(edited(trained_copy, "[points, logistic, boosted], seed: 7,", "[boosted], seed: 8,"))
    train(params, Workdir(trained_copy / "work"))
    again, first = (
        read_frame(Workdir(folder / "work").candidates / "out_of_time.parquet") for folder in (trained_copy, trained)
    )
    assert (again["boosted.margin"] != first["boosted.margin"]).any()


def test_what_is_judged_was_never_learned_from(trained):
    workdir = Workdir(trained / "work")
    told = read_frame(workdir.candidates / "out_of_time.parquet")
    snapshots = read_labelled_snapshots(workdir)
    past, test = snapshots.select_past(), snapshots.select_split("test")
    for last in (told["as_of"].max(), past.frame["as_of"].max()):
        assert last < test.frame["as_of"].min() - snapshots.gap
    assert snapshots.gap == pd.Timedelta(days=90)
    assert told["origin"].nunique() == 3
    assert list(read_json(workdir.candidates / "candidates.json")["order"]) == [
        "constant", "points", "logistic", "boosted",
    ]  # fmt: skip


def test_with_too_few_wins_the_rule_book_serves_and_every_page_can_say_so(trained_copy):
    workdir = Workdir(trained_copy / "work")
    params = load_params(edited(trained_copy, "min_wins: 30", "min_wins: 5000"))
    assert list(train(params, workdir)["tuning"]) == ["constant", "points"]
    scorer = calibrate(params, workdir)
    assert scorer.metadata.candidate == "points"
    assert scorer.metadata.wins < scorer.metadata.min_wins == 5000
    metrics = evaluate(params, workdir)
    assert metrics["figures"]["leadlight"]["log_loss"] < metrics["figures"]["constant"]["log_loss"]
    os.environ["LEADLIGHT_MLFLOW_URI"] = f"sqlite:///{trained_copy / 'fresh.db'}"
    try:
        register(workdir, workdir.root.parent, as_champion=True)
        night = score(params, trained_copy, workdir, pd.Timestamp("2025-09-01"))
    finally:
        del os.environ["LEADLIGHT_MLFLOW_URI"]
    assert night.words["rung"] == {
        "candidate": "points", "label": {"en": "the rule book", "de": "dem Punktekatalog"},
        "wins": scorer.metadata.wins, "min_wins": 5000,
    }  # fmt: skip
    for row in night.scored.head(300).itertuples():
        points = sum(reason["points"] for reason in json.loads(row.reasons))
        assert row.base_score + points == pytest.approx(row.score, abs=1e-6)


def test_with_too_few_wins_and_no_rule_book_nothing_is_trained(trained_copy):
    params = load_params(edited(trained_copy, "min_wins: 30", "min_wins: 5000"))
    before = contents(trained_copy / "work" / "candidates")
    with pytest.raises(NotEnoughDataError, match=r"at least 5000 wins .* or params a rule book"):
        train(params.model_copy(update={"points": ()}), Workdir(trained_copy / "work"))
    assert contents(trained_copy / "work" / "candidates") == before


def test_the_best_candidate_serves_or_a_simpler_one_that_is_equal_to_it(trained):
    choice = load_scorer(trained / "work" / "bundle").metadata.choice
    served = load_scorer(trained / "work" / "bundle").metadata.candidate
    order = list(read_json(trained / "work" / "candidates" / "candidates.json")["order"])
    equal = 0.0005 * min(choice["log_loss"].values())
    for simpler in order[: order.index(served)]:
        assert choice["behind_best"][simpler] > equal
    assert choice["behind_best"][served] <= equal
    assert choice["gain"][served] > 1.96 * choice["gain_error"][served]
