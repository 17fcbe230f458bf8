"""One command from new data to who serves, and a report of what the new wins changed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from leadlight.pipelines.jobs.retrain import is_dvc_managed
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import CHALLENGER, CHAMPION
from leadlight.pipelines.workspace.workdir import Workdir, read_json


@pytest.fixture(scope="module")
def earlier(trained, small_params, tmp_path_factory):
    """A source of one's own (not simulated on the way) of which only the first 18 months were known."""
    folder = tmp_path_factory.mktemp("earlier")
    shutil.copytree(trained / "data", folder / "data")
    text = re.sub(r"\nsimulation:.*", "\n", small_params)
    text = text.replace("max_rounds: 60,", "candidates: [logistic],")
    text = text.replace("history: {since: null, until: null}", 'history: {since: null, until: "2025-03-01"}')
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    return folder


def leadlight(folder: Path, verb: str, *more: str) -> str:
    words = [verb, *more, "--params", str(folder / "params.yaml"), "--workdir", str(folder / "work")]
    program = Path(sys.executable).parent / "leadlight"
    environment = os.environ | {"OMP_THREAD_LIMIT": "1", "COLUMNS": "80"}
    done = subprocess.run(
        [program, *words], capture_output=True, text=True, check=False, env=environment, cwd=folder,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split())


def test_retraining_registers_compares_reports_and_the_second_time_finds_nothing_new(earlier):
    workdir = Workdir(earlier / "work")
    assert "Version 1 serves; there was none to compare it with." in leadlight(earlier, "retrain")
    assert read_json(workdir.retrain_report)["change"] is None
    assert "Nothing new: the bundle is that of version 1, which serves." in leadlight(earlier, "retrain")
    params = earlier / "params.yaml"
    params.write_text(params.read_text().replace('until: "2025-03-01"', "until: null"), encoding="utf-8")

    assert "Version 2 is registered and was not compared." in leadlight(earlier, "retrain", "--no-promote")
    registry = open_registry(workdir)
    assert (registry.find_version(CHAMPION)[0], registry.find_version(CHALLENGER)[0]) == ("1", "2")

    said = leadlight(earlier, "retrain")
    report = read_json(workdir.retrain_report)
    assert f"Answer: {report['verdict']}. {report['sentence']}" in said
    assert report["promoted"] == (registry.find_version(CHAMPION)[0] == "2")
    decided = read_json(workdir.promotion)
    change = report["change"]
    assert change["figures"] == {
        "then": decided["figures"]["champion"],
        "now": decided["figures"]["challenger"],
    }
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

    again = leadlight(earlier, "retrain")
    assert "Nothing new: " in again
    assert len(list((earlier / "work" / "mlartifacts" / "models").iterdir())) == 2


@pytest.fixture
def pair(tmp_path):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "params.yaml").touch()

    def write(command: str) -> Path:
        stages = {"stages": {"other": {"cmd": "echo"}, "register": {"cmd": command}}}
        (tmp_path / "dvc.yaml").write_text(json.dumps(stages), encoding="utf-8")
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("command", "params", "workdir", "expected"),
    [
        ("leadlight register", "params.yaml", "work", True),
        ("leadlight register", "params.yaml", "elsewhere", False),
        ("leadlight register", "mine.yaml", "work", False),
        ("leadlight register --params mine.yaml --workdir mine", "mine.yaml", "mine", True),
        ("echo", "params.yaml", "work", False),
    ],
)
def test_dvc_runs_only_the_pair_that_its_stages_are_for(pair, command, params, workdir, expected):
    folder = pair(command)
    assert is_dvc_managed(folder / params, Workdir(folder / workdir)) is expected


def test_a_dvc_yaml_that_cannot_be_read_or_has_no_repository_is_left_alone(pair):
    folder = pair("leadlight register")
    (folder / ".dvc").rmdir()
    assert not is_dvc_managed(folder / "params.yaml", Workdir(folder / "work"))
    (folder / ".dvc").mkdir()
    for spoilt in ("stages: [", "- 1", "stages: 3"):
        (folder / "dvc.yaml").write_text(spoilt, encoding="utf-8")
        assert not is_dvc_managed(folder / "params.yaml", Workdir(folder / "work"))
