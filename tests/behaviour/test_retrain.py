"""One command from new data to who serves, and a report of what the new wins changed."""

import re
import subprocess

import pytest

from leadlight.features.errors import LeadlightError, ParamsError
from leadlight.pipelines.jobs.retrain import retrain
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import CHALLENGER, CHAMPION
from leadlight.pipelines.workspace.workdir import Workdir, read_json


@pytest.fixture(scope="module")
def earlier(trained, small_params, tmp_path_factory, write_some):
    """A source of one's own (not simulated on the way) of which only the first 18 months were known."""
    folder = tmp_path_factory.mktemp("earlier")
    files = {name: f"{name}.csv.gz" for name in ("leads", "deals", "history", "stages")} | {
        "activities": "activities.parquet"
    }
    write_some(trained / "data" / "simulated", folder / "data" / "simulated", 2, files)
    text = re.sub(r"\nsimulation:.*", "\n", small_params)
    text = text.replace("max_rounds: 60,", "candidates: [logistic],")
    text = text.replace("highest recall with precision >= 0.15", "top 5 percent")
    text = text.replace("highest recall with precision >= 0.10", "top 15 percent")
    text = text.replace("history: {since: null, until: null}", 'history: {since: null, until: "2025-03-01"}')
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def retrains(earlier, call_leadlight, without_shap_plots):
    """Retrain in the folder; return what is said."""

    def run(*more: str) -> str:
        words = ["retrain", *more, "--params", str(earlier / "params.yaml"), "--workdir", str(earlier / "work")]
        code, said = call_leadlight(words, earlier)
        assert code == 0, said
        return " ".join(said.split())

    return run


def test_retraining_registers_compares_reports_and_finds_nothing_new_in_the_same_data(earlier, retrains):
    workdir = Workdir(earlier / "work")
    assert "Version 1 serves; there was none to compare it with." in retrains()
    assert read_json(workdir.retrain_report)["change"] is None
    params = earlier / "params.yaml"
    params.write_text(params.read_text().replace('until: "2025-03-01"', "until: null"), encoding="utf-8")

    assert "Version 2 is registered and was not compared." in retrains("--no-promote")
    registry = open_registry(workdir)
    assert (registry.find_version(CHAMPION)[0], registry.find_version(CHALLENGER)[0]) == ("1", "2")

    said = retrains()
    report = read_json(workdir.retrain_report)
    assert f"Answer: {report['verdict']}. {report['sentence']}" in said
    assert report["promoted"] == (registry.find_version(CHAMPION)[0] == "2")
    decided = read_json(workdir.promotion)
    change = report["change"]
    assert change["figures"] == {"then": decided["figures"]["champion"], "now": decided["figures"]["challenger"]}
    then, now = change["data"]["then"], change["data"]["now"]
    splits = read_json(workdir.snapshot_report)["splits"].values()
    assert now["wins"] == sum(split["wins"] for split in splits)
    assert now["wins"] > then["wins"]
    assert now["base_rate"] == pytest.approx(now["wins"] / now["snapshots"])
    assert then["until"] < now["until"]
    assert 0 < len(change["topics"]) <= 5
    page = workdir.retrain_report.with_suffix(".md").read_text(encoding="utf-8")
    assert f"| wins | {then['wins']:,} | {now['wins']:,} (+{now['wins'] - then['wins']:,}) |" in page
    assert "because" not in page

    again = retrains()
    assert f"Nothing new: the bundle is that of version {registry.find_version(CHALLENGER)[0]}" in again
    assert len(list((earlier / "work" / "mlartifacts" / "models").iterdir())) == 2


def test_with_dvc_the_stages_of_the_folder_of_params_are_run(tmp_path, small_params, monkeypatch):
    runs = []

    def run(command, **options):
        runs.append((command[1:], options["cwd"]))
        return subprocess.CompletedProcess(command, 1, "ERROR: failed to reproduce 'train': no disk\n")

    (tmp_path / "params.yaml").write_text(small_params, encoding="utf-8")
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(ParamsError, match=r"must have a dvc\.yaml"):
        retrain(tmp_path / "params.yaml", Workdir(tmp_path / "work"), with_dvc=True)
    (tmp_path / "dvc.yaml").touch()
    with pytest.raises(LeadlightError, match="failed to reproduce 'train': no disk"):
        retrain(tmp_path / "params.yaml", Workdir(tmp_path / "work"), with_dvc=True)
    assert runs == [(["-m", "dvc", "repro"], tmp_path)]
