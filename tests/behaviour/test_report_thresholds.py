"""`leadlight report thresholds` on a trained CRM, and nights in which leads do not flap."""

import itertools
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.stages import decide_stages
from leadlight.pipelines.cli.main import app
from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.workspace.as_of import parse_as_of
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.store import open_store

PROPOSED = "top 6 percent"


def asked(folder, *more):
    words = ["report", "thresholds", "--params", str(folder / "params.yaml"), "--workdir", str(folder / "work")]
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, [*words, *more], catch_exceptions=False)


@pytest.fixture(scope="module")
def copy(trained_module, tmp_path_factory):
    """A copy of the trained folder, reported on with a proposal for SQLs."""
    folder = tmp_path_factory.mktemp("thresholds") / "copy"
    shutil.copytree(trained_module, folder)
    outcome = asked(folder, "--sales", PROPOSED)
    assert outcome.exit_code == 0, outcome.output
    return folder, outcome.output


@pytest.fixture(scope="module")
def report(copy):
    folder, _ = copy
    return json.loads((folder / "work/report/thresholds/thresholds.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def scorer(trained_module):
    return load_scorer(trained_module / "work" / "bundle")


def test_every_whole_score_is_there_and_the_thresholds_are_what_the_bundle_holds(report, scorer):
    assert [row["score"] for row in report["scores"]] == list(range(1, 100))
    for name, at in (("marketing_qualified", 50), ("sales_qualified", 80)):
        threshold, row = scorer.thresholds[name], report["scores"][at - 1]
        assert row["probability"] == pytest.approx(threshold.probability, abs=1e-6)
        assert row["precision"] == pytest.approx(threshold.precision, abs=1e-5)
        assert row["recall"] == pytest.approx(threshold.recall, abs=1e-5)
        assert row["leads"] == threshold.leads >= 20
        assert report["standing"][name]["sentence"] == threshold.sentence


def test_a_stricter_score_never_has_more_leads_nor_more_of_the_wins(report):
    for figure in ("recall", "standing", "standing_share"):
        values = [row[figure][0] for row in report["scores"]]
        assert all(high >= low for high, low in itertools.pairwise(values)), figure
    assert all(row["precision"][1] <= row["precision"][2] for row in report["scores"] if row["precision"])


def test_the_proposal_stands_beside_what_stands_and_nothing_else_was_changed(report, copy, trained_module):
    folder, said = copy
    sales, now = report["proposed"]["sales_qualified"], report["standing"]["sales_qualified"]
    assert sales["sentence"] == PROPOSED
    assert 50 < sales["score"] < 80
    assert sales["probability"] < now["probability"]
    assert sales["entering_per_week"][0] > now["entering_per_week"][0]
    assert f"sales_qualified: {PROPOSED}" in report["to_paste"]
    assert PROPOSED in said
    for name in ("params.yaml", "work/bundle/scorer.json", "work/bundle/manifest.json"):
        assert (folder / name).read_bytes() == (trained_module / name).read_bytes()
    changed = {p.relative_to(folder) for p in folder.rglob("*") if p.is_file()}
    changed -= {p.relative_to(trained_module) for p in trained_module.rglob("*") if p.is_file()}
    names = {path.as_posix() for path in changed}
    assert names == {f"work/report/thresholds/{n}" for n in ("index.html", "thresholds.csv", "thresholds.json")}


def test_the_replay_tells_what_the_nightly_job_would_have_said(report, trained_module, scorer, tmp_path, monkeypatch):
    told, params = report["replay"], load_params(trained_module / "params.yaml")
    assert told["weeks"] > told["weeks_known"] > 4
    assert told["from"] >= scorer.metadata.snapshots["windows"]["test_start"]
    monkeypatch.setenv("LEADLIGHT_STORE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    week = told["standing"]["marketing_qualified"]["weeks"][0]
    work = Workdir(trained_module / "work")
    night = score(params, trained_module, work, pd.Timestamp(week["as_of"]), tmp_path / "scores.parquet")
    assert week["standing"] == (night.scored["score"] >= 50).sum()


def test_hysteresis_makes_fewer_leads_go_back_and_forth(report):
    for side in ("standing", "proposed"):
        found = report["replay"][side]["marketing_qualified"]
        assert 0 < found["flaps"] < found["flaps_without"]
        precision = found["precision"]
        assert precision[1] < precision[0] < precision[2]


def test_the_terminal_fits_eighty_columns_and_says_who_agreed_on_the_page(copy):
    folder, said = copy
    lines = said.splitlines()
    assert max(len(line) for line in lines if "index.html" not in line) <= 80
    assert any(line.lstrip().startswith("MQL 50") for line in lines)
    assert any(line.lstrip().startswith("SQL? ") for line in lines)
    page = (folder / "work/report/thresholds/index.html").read_text(encoding="utf-8")
    assert "agreed on 2025-08-01 by Marketing and Sales" in page
    assert "because" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_table_holds_every_interval_and_a_second_report_is_the_same(copy):
    folder, _ = copy
    written = folder / "work/report/thresholds"
    before = {path.name: path.read_bytes() for path in written.iterdir()}
    table = pd.read_csv(written / "thresholds.csv")
    assert len(table) == 99
    for figure in ("precision", "recall", "entering_per_week", "value_per_week", "hours_per_week"):
        known = table[table[figure].notna()]
        assert (known[f"{figure}_low"] <= known[f"{figure}_high"]).all()
    assert asked(folder, "--sales", PROPOSED).exit_code == 0
    assert {path.name: path.read_bytes() for path in written.iterdir()} == before


def test_leads_that_fall_by_little_keep_their_stage_through_a_rerun_of_the_night(trained_module, tmp_path, monkeypatch):
    monkeypatch.setenv("LEADLIGHT_STORE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    params, work = load_params(trained_module / "params.yaml"), Workdir(trained_module / "work")
    nights = {}
    for day in ("2025-08-25", "2025-08-28", "2025-09-01"):
        moment = parse_as_of(day, "UTC")
        nights[day] = score(params, trained_module, work, moment, tmp_path / f"{day}.parquet").scored.set_index(
            "lead_id"
        )
    kept = 0
    for before, now in (("2025-08-25", "2025-08-28"), ("2025-08-28", "2025-09-01")):
        tonight = nights[now]
        were = nights[before]["stage"].reindex(tonight.index)
        free = tonight["held_back"].isna()
        expected, _ = decide_stages(tonight["score"].to_numpy(), were, 3.0)
        assert (tonight["stage"][free] == expected[free]).all()
        assert (tonight["stage"][~free] == "lead").all()
        kept += int((decide_stages(tonight["score"].to_numpy()).stage != tonight["stage"])[free].sum())
    assert kept > 0
    for day in ("2025-08-28", "2025-09-01"):
        again = score(params, trained_module, work, parse_as_of(day, "UTC"), tmp_path / "again.parquet")
        assert (again.result.rerun, again.result.differing) == (True, 0)
        assert np.array_equal(again.scored.set_index("lead_id")["stage"], nights[day]["stage"])
    store = open_store(work.store_url)
    words = store.get_latest_run().words
    store.close()
    assert words.hysteresis == 3.0
