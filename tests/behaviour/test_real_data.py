"""The four real exports: trained and scored with a params file and no code, and figures as they were saved.

``LEADLIGHT_UPDATE_RESULTS=1`` writes docs/results/real_data.json anew instead of comparing with it.
"""

import json
import os

import numpy as np
import pandas as pd
import pytest

from leadlight.models.candidates.base import margins
from leadlight.models.scoring.bundle import load_scorer
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.inference.trained_run import open_run
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

AS_OF = {"olist": "2018-06-01", "bpic2012": "2012-01-09", "x_education": "2025-01-01", "bank_marketing": "2010-11-16"}
#: within each part of its calibration window nothing predicts wins better than their rate, which changes fast
WITHOUT_SIGNAL = ("bank_marketing",)
RIVALS = ("constant", "plain_logistic", "default_lightgbm")
#: saved figures were seen on one machine; sums of floats may differ on another
TOLERANCE = 0.01


@pytest.fixture(scope="module", params=list(AS_OF))
def example(request, root, real_data, tmp_path_factory, call_leadlight):
    """Run and score one example through the command line."""
    name, folder = request.param, tmp_path_factory.mktemp(request.param)
    text = (root / "examples" / name / "params.yaml").read_text(encoding="utf-8")
    assert "../../../shared/data" in text
    params = folder / "params.yaml"
    params.write_text(text.replace("../../../shared/data", str(real_data)), encoding="utf-8")
    for verb in (["run"], ["score", "--as-of", AS_OF[name], "--output", str(folder / "scores.parquet")]):
        code, said = call_leadlight([*verb, "--params", str(params), "--workdir", str(folder / "work")], folder)
        no_signal = verb == ["run"] and name in WITHOUT_SIGNAL
        assert code == (11 if no_signal else 0), said
    metrics = json.loads((folder / "work" / "details.json").read_text(encoding="utf-8"))
    return name, metrics, pd.read_parquet(folder / "scores.parquet"), folder


def test_log_loss_beats_the_base_rate_out_of_time(example):
    _, metrics, _, _ = example
    figures = metrics["figures"]
    assert set(figures) == {"leadlight", *RIVALS}
    assert figures["leadlight"]["log_loss"] < figures["constant"]["log_loss"]
    assert metrics["log_loss_reduction"]["constant"]["low"] > 0


def test_reasons_of_every_lead_add_up(example):
    _, _, scores, _ = example
    assert len(scores) > 10
    for row in scores.itertuples():
        total = row.base_score + sum(reason["points"] for reason in json.loads(row.reasons))
        assert abs(total - row.score) <= 1e-6


def test_explanations_of_the_test_window_add_up(example):
    _, _, _, folder = example
    workdir = Workdir(folder / "work")
    scorer = load_scorer(workdir.bundle)
    test = read_labelled_snapshots(workdir).select_split("test")
    predicted = scorer.predict(test.frame)
    log_odds = scorer.calibrator.predict_log_odds(margins(scorer.model, test.frame))
    for by in ("topic", "feature"):
        for scale, expected in (("points", predicted["score"]), ("log_odds", log_odds)):
            explanation = scorer.explain(test.frame, scale, by)
            total = explanation.base_values + explanation.values.sum(axis=1)
            np.testing.assert_allclose(total, expected, rtol=0, atol=1e-9)


def test_features_of_raw_records_are_those_of_the_batch(example):
    _, _, _, folder = example
    run = open_run(folder)
    table = read_frame(run.workdir.features)
    ids = table["lead_id"].drop_duplicates()
    table = table[table["lead_id"].isin(ids.iloc[:: max(1, len(ids) // 60)])].reset_index(drop=True)
    key = run.params.source.leads.lead_id
    leads = run.read_raw("leads")
    leads = leads[leads[key].astype("str").isin(table["lead_id"])]
    found = run.model.features(
        leads, run.read_raw("activities"), history=run.read_raw("history"), as_of=table[["lead_id", "as_of"]]
    )
    assert len(found) >= 60
    pd.testing.assert_frame_equal(found, table.set_index("lead_id")[list(found)], check_exact=True)


def test_facts_of_the_source_are_found(example):
    name, _, scores, folder = example
    report = json.loads((folder / "work" / "tables" / "ingest.json").read_text(encoding="utf-8"))
    snapshots = json.loads((folder / "work" / "snapshots" / "snapshots.json").read_text(encoding="utf-8"))
    rows = {
        "olist": (8000, 841),
        "bpic2012": (8294, 7455),
        "x_education": (9240, 3561),
        "bank_marketing": (45211, 45211),
    }
    assert (report["rows"]["leads"], report["rows"]["deals"]) == rows[name]
    assert sum(entry["rows"] for entry in report["quarantine"]) == (1 if name == "olist" else 0)
    assert snapshots["time"] == ("order" if name == "x_education" else "dates")
    if name == "bpic2012":
        assert report["rows"]["activities"] == 141_258
    if name == "x_education":
        assert not scores["reasons"].str.contains('"Select"').any()
        assert len(scores) == 9240 - 3561


def test_figures_are_those_that_the_documents_state(example, root):
    name, metrics, _, _ = example
    path = root / "docs" / "results" / "real_data.json"
    found = {
        "test": metrics["test"],
        "candidate": metrics["candidate"],
        "figures": metrics["figures"],
        "log_loss_reduction": metrics["log_loss_reduction"],
        "calibration": metrics["calibration"]["all"]["answer"],
    }
    saved = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if os.environ.get("LEADLIGHT_UPDATE_RESULTS") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(saved | {name: found}, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return
    assert found["test"] == saved[name]["test"]
    for rival, figures in saved[name]["figures"].items():
        for figure in ("log_loss", "brier", "ece", "auc", "average_precision"):
            assert found["figures"][rival][figure] == pytest.approx(figures[figure], abs=TOLERANCE), (rival, figure)


def test_left_truncation_is_found_unaided(root, real_data, tmp_path):
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.stages.ingest import ingest
    from leadlight.pipelines.stages.snapshot import snapshot
    from leadlight.pipelines.workspace.workdir import Workdir

    text = (root / "examples" / "olist" / "params.yaml").read_text(encoding="utf-8")
    text = text.replace("../../../shared/data", str(real_data))
    line = next(line for line in text.splitlines() if line.startswith("history:"))
    (tmp_path / "params.yaml").write_text(text.replace(line, ""), encoding="utf-8")
    params = load_params(tmp_path / "params.yaml")
    ingest(params, tmp_path, Workdir(tmp_path / "work"))
    report = snapshot(params, Workdir(tmp_path / "work"))
    assert "No win is recorded before 2017-12-05" in report["left_truncation"]
