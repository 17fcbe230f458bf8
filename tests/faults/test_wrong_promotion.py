"""A retraining that is killed, doubled or fails leaves the champion serving; the next one ends well."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import CHAMPION
from leadlight.pipelines.workspace.lock import lock_exclusively
from leadlight.pipelines.workspace.workdir import Workdir, read_json

BUSY, SOURCE, POLICY, BUNDLE = 9, 4, 6, 7
#: lines of a retraining after which it is killed: early, while models are written, and around the registry
STAGES = ("Reading the source", "Training candidates", "Calibrating", "Registering in MLflow")


@pytest.fixture
def moved_on(trained_crm, monkeypatch):
    """A trained source in whose registry a champion serves, and some newer rows."""
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    trained_crm.tables["leads"] = trained_crm.tables["leads"][10:]  # another sample, so another bundle
    kept = {row["lead"] for row in trained_crm.tables["leads"]}
    for name in ("activities", "deals"):
        trained_crm.tables[name] = [row for row in trained_crm.tables[name] if row["lead"] in kept]
    for name in trained_crm.tables:
        trained_crm.write(name)
    return trained_crm


def champion(crm) -> str:
    found = open_registry(Workdir(crm.work)).find_version(CHAMPION)
    assert found is not None
    return found[0]


def start(crm, *more: str) -> subprocess.Popen[str]:
    program = Path(sys.executable).parent / "leadlight"
    words = ["retrain", "--params", str(crm.params), "--workdir", str(crm.work), *more]
    return subprocess.Popen([program, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def kill_after(crm, said: str, pause: float) -> None:
    """Kill a retraining without warning, some time after it has told of a stage."""
    running = start(crm)
    assert running.stdout is not None
    for line in running.stdout:
        if said in line:
            break
    time.sleep(pause)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()


def test_killed_at_any_stage_the_champion_serves_and_the_next_retraining_ends_well(moved_on, leadlight):
    for place, stage in enumerate(STAGES):
        kill_after(moved_on, stage, (0.0, 0.1, 0.4)[place % 3])
        assert champion(moved_on) == "1", stage
    night = leadlight(moved_on, "score", "--as-of", "2024-10-21")
    assert night.code == 0, night
    done = leadlight(moved_on, "retrain")
    assert done.code == 0, done
    report = read_json(Workdir(moved_on.work).retrain_report)
    assert report["verdict"] in ("better", "not worse", "worse", "no evidence")
    assert report["champion"] == champion(moved_on)
    assert moved_on.leftovers() == []


def test_a_second_retraining_says_that_one_is_at_work_and_changes_nothing(trained_crm, refused, process):
    with lock_exclusively(Workdir(trained_crm.work).lock, "promotion"):
        for verb in ("retrain", "promote"):
            said = refused(trained_crm, verb, code=BUSY, run=process)
            assert f"Got process {os.getpid()}, which is at work there: nothing was done." in said
    assert process(trained_crm, "promote").code == 0  # the lock file that stays behind bars nobody


def test_a_retraining_on_a_source_that_cannot_be_read_fails_and_the_champion_serves_on(moved_on, leadlight):
    moved_on.change("created_at: {column: created,", "created_at: {column: born,")
    outcome = leadlight(moved_on, "retrain")
    assert outcome.code == SOURCE
    assert "Traceback" not in outcome.err
    assert champion(moved_on) == "1"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("precision >= 0.60", "precision >= 0.999", POLICY),
        ("created_at: {column: created,", "created_at: {column: born,", SOURCE),
    ],
)
def test_through_dvc_the_exit_code_is_that_of_the_stage(trained_crm, leadlight, old, new, code):
    stages = {name: {"cmd": f"leadlight {name}", "always_changed": True} for name in ("ingest", "calibrate")}
    with (trained_crm.folder / "dvc.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump({"stages": stages}, file)
    programs = Path(sys.executable).parent
    environment = os.environ | {"DVC_NO_ANALYTICS": "true"}
    subprocess.run(
        [programs / "dvc", "init", "--no-scm", "--quiet"], cwd=trained_crm.folder, env=environment, check=True
    )
    trained_crm.change(old, new)
    done = leadlight(trained_crm, "retrain", "--with-dvc")
    assert done.code == code, done
    assert "The stages of dvc.yaml must run to their end. Got The " in done.err
    assert champion(trained_crm) == "1"


def test_without_a_registry_there_is_nothing_to_promote_or_to_go_back_from(crm, refused):
    crm.has_run("ingest")
    for verb in ("promote", "rollback"):
        assert "run `leadlight register` first" in refused(crm, verb, code=BUNDLE)


def test_a_champion_that_took_nobodys_place_has_nothing_to_go_back_to(trained_crm, refused):
    said = refused(trained_crm, "rollback", code=BUNDLE)
    assert "Got version 1, before which nobody served." in said


def test_a_version_that_no_longer_fits_the_params_is_not_gone_back_to(trained_crm, leadlight, refused):
    trained_crm.change("  employees: {kind: number, label: {en: Employees, de: Mitarbeiter}}\n", "")
    for verb in ("ingest", "snapshot", "featurize", "train", "calibrate", "evaluate"):
        trained_crm.has_run(verb)
    refused_words = refused(trained_crm, "score", "--as-of", "2024-10-21", code=BUNDLE, scratch="night/score.lock")
    assert "train anew" in refused_words
    assert leadlight(trained_crm, "register").code == 0
    said = refused(trained_crm, "promote", code=BUNDLE, scratch="retrain.lock")
    assert "the two cannot be compared" in said
    assert "register --as-champion" in said
    assert leadlight(trained_crm, "register", "--as-champion").code == 0
    said = refused(trained_crm, "rollback", code=BUNDLE)
    assert "bring back the params of its day first" in said
    assert champion(trained_crm) == "2"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://user:secret@127.0.0.1:9"])
def test_a_server_that_does_not_answer_is_one_sentence_without_the_password(trained_crm, refused, monkeypatch, address):
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", address)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")  # no pause between attempts
    for verb in ("promote", "rollback", "retrain", "register"):
        said = refused(trained_crm, verb, code=BUNDLE, scratch="retrain.lock")
        assert "The registry must be reachable and whole. Got no answer (refused) at http://127.0.0.1:9" in said
        assert "secret" not in said
