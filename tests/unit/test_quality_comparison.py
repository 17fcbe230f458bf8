"""The quality benchmark compares on the same rows, and a trial leaves the saved result alone."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score


@pytest.fixture(scope="module")
def benchmark(benchmarks):
    """The comparison."""
    import comparison

    return comparison


def test_figures_are_those_of_scikit_learn_and_truth_stands_beside_its_row(benchmark, trained):
    from leadlight.models.scoring.bundle import load_evaluation_scorer
    from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.workspace.workdir import Workdir

    comparison = benchmark
    workdir = Workdir(trained / "work")
    few = {name: comparison.RIVALS[name] for name in ("constant", "naive_bayes_fit")}
    row = comparison.compare(workdir, load_params(trained / "params.yaml"), 5.0, few)
    every = read_labelled_snapshots(workdir)
    past, test = every.select_past(), every.select_split("test")
    snapshots = [len(set(zip(s.leads, s.frame["as_of"], strict=True))) for s in (past, test)]
    assert [row["past"]["snapshots"], row["test"]["snapshots"]] == snapshots
    ours = load_evaluation_scorer(workdir.bundle).predict(test.frame)["probability"].to_numpy()
    figures = row["contestants"]["leadlight"]["figures"]
    assert figures["log_loss"] == pytest.approx(log_loss(test.won, ours))
    assert figures["brier"] == pytest.approx(brier_score_loss(test.won, ours))
    assert figures["auc"] == pytest.approx(roc_auc_score(test.won, ours))
    constant = row["contestants"]["constant"]
    by_hand = log_loss(test.won, np.full(len(test.won), past.won.mean())) - log_loss(test.won, ours)
    assert constant["difference"]["value"] == pytest.approx(by_hand)
    assert constant["difference"]["low"] < by_hand < constant["difference"]["high"]
    truth = pd.read_parquet(workdir.truth).set_index(["lead_id", "as_of"])["true_probability"]
    known = np.array([truth[key] for key in zip(test.frame["lead_id"], test.frame["as_of"], strict=True)])
    error = row["contestants"]["leadlight"]["truth"]["mean_absolute_error"]
    assert error == pytest.approx(np.abs(ours - known).mean())
    assert {"slope", "ece", "answer"} <= set(row["calibration"])


def test_a_trial_never_takes_the_place_of_a_complete_result(benchmark, root, tmp_path):
    from quality_page import ROWS

    path = tmp_path / "bench_quality.json"
    path.write_text(json.dumps({"rows": {name: {} for name in ROWS}}), encoding="utf-8")
    before = path.read_bytes()
    command = [sys.executable, root / "benchmarks" / "quality.py", "--rows", "olist", "--output", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The output of a trial must not be a complete result." in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before


def test_the_simulated_rows_differ_in_the_seed_of_the_simulation_and_in_nothing_else(benchmark, root):
    import quality

    text = (root / "params.yaml").read_text(encoding="utf-8")
    assert quality.read_params("simulated_7") == text
    for seed in (11, 23):
        lines = [
            (ours, theirs)
            for ours, theirs in zip(
                text.splitlines(), quality.read_params(f"simulated_{seed}").splitlines(), strict=True
            )
            if ours != theirs
        ]
        ours, theirs = lines[0]
        assert len(lines) == 1
        assert theirs == ours.replace("seed: 7}", f"seed: {seed}}}")
        assert ours.startswith("simulation: {leads: 20000")
