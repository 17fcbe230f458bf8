"""A registry on `mlflow server`: everything goes through its address, artifacts too."""

import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from leadlight.features.errors import BundleError
from leadlight.models.scoring.bundle import load_evaluation_scorer, load_scorer, save_scorer
from leadlight.pipelines.jobs.register import register
from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import CHALLENGER, CHAMPION, MODEL
from leadlight.pipelines.registry.night_metrics import log_night_metrics
from leadlight.pipelines.registry.run_logging import log_training
from leadlight.pipelines.registry.training_run import describe_training
from leadlight.pipelines.reports.monitoring.mlflow_metrics import collect_night_metrics
from leadlight.pipelines.reports.monitoring.watch import run_monitoring
from leadlight.pipelines.workspace.workdir import Workdir


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real MLflow server on a free port, with SQLite and a folder of artifacts that only it reads and writes."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "server.log").open("w") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
             "--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'server.db'}",
             "--serve-artifacts", "--artifacts-destination", str(folder / "server-artifacts")],
            cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{address}/health", timeout=5)
                    break
                except OSError:
                    assert running.poll() is None, (folder / "server.log").read_text()
                    time.sleep(0.2)
            yield address
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait()


def change_bundle(workdir, hysteresis):
    """Write another bundle in place of the one that is there."""
    scorer = load_scorer(workdir.bundle)
    metadata = dataclasses.replace(scorer.metadata, hysteresis=hysteresis)
    judged = load_evaluation_scorer(workdir.bundle)
    save_scorer(dataclasses.replace(scorer, metadata=metadata), workdir.bundle, evaluation=judged)


#: a process that knows nothing of the repository: the code that scores has to come with the model
ELSEWHERE = """
import json, sys
sys.modules["ibis"] = None
import mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
loaded = mlflow.pyfunc.load_model("models:/leadlight@champion")
scored = loaded.predict(pd.read_parquet(sys.argv[2]))
import leadlight.features, leadlight.models
print(json.dumps([leadlight.models.__file__, leadlight.features.__file__, scored["score"].tolist()]))
"""


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    """A trained folder without a registry of its own."""
    copy = tmp_path_factory.mktemp("served") / "copy"
    shutil.copytree(trained, copy, ignore=shutil.ignore_patterns("mlflow.db", "mlartifacts"))
    return copy


@pytest.fixture
def leadlight(folder, server, tmp_path, monkeypatch):
    """Run a command on the folder, with its registry on the server; return what it prints."""
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", server)

    def run(verb: str, *more: str) -> str:
        words = [verb, *more, "--params", str(folder / "params.yaml"), "--workdir", str(folder / "work")]
        done = subprocess.run(
            [Path(sys.executable).parent / "leadlight", *words],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert not done.stderr, done.stderr
        return " ".join(done.stdout.split())

    return run


# the tests of this file follow each other: training, registration, night, then what goes wrong


def test_a_training_is_logged_with_everything_that_a_run_shows(folder, server, monkeypatch):
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", server)
    workdir = Workdir(folder / "work")
    registry = open_registry(workdir, create=True)
    training = describe_training(workdir, folder)
    run_id = log_training(registry, training, workdir, folder / "params.yaml")
    client = mlflow.MlflowClient(server)
    run = client.get_run(run_id)
    assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
    assert run.data.params == training.params
    assert run.data.metrics == pytest.approx(training.metrics)
    assert training.tags.items() <= run.data.tags.items()
    assert {entry.dataset.name for entry in run.inputs.dataset_inputs} == {
        "training window", "calibration window", "test window"
    }  # fmt: skip
    for name, table in (("candidates.json", training.candidates), ("trials.json", training.trials)):
        logged = mlflow.artifacts.load_dict(f"runs:/{run_id}/{name}")
        assert logged["columns"] == list(table.columns)
        assert len(logged["data"]) == len(table)
    card = mlflow.artifacts.load_text(f"runs:/{run_id}/plots/card.html")
    assert card == (workdir.plots / "card.html").read_text(encoding="utf-8")
    assert log_training(registry, training, workdir, folder / "params.yaml") == run_id


def test_another_process_loads_the_champion_through_the_server_and_scores_alike(
    leadlight, folder, server, root, tmp_path
):
    assert "champion is version 1" in leadlight("register")
    version = mlflow.MlflowClient(server).get_model_version_by_alias(MODEL, CHAMPION)
    assert version.version == "1"
    workdir = Workdir(folder / "work")
    scorer = load_scorer(workdir.bundle)
    plain = pd.read_parquet(workdir.features).head(40)[scorer.columns]
    plain.to_parquet(tmp_path / "plain.parquet")
    away = tmp_path / "away"
    away.mkdir()
    done = subprocess.run(
        [sys.executable, "-P", "-c", ELSEWHERE, server, str(tmp_path / "plain.parquet")],
        cwd=away, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *files, scores = json.loads(done.stdout.splitlines()[-1])
    assert not [path for path in files if Path(path).is_relative_to(root)]
    assert scores == pytest.approx(scorer.score(plain)["score"].tolist())


def test_promotion_and_rollback_move_the_alias(leadlight, folder):
    workdir = Workdir(folder / "work")
    assert "Version 1 is both challenger and champion" in leadlight("promote")
    change_bundle(workdir, 2.5)
    assert register(workdir, folder, as_champion=True)["champion"] == "2"
    assert "Version 1 serves again" in leadlight("rollback", "--reason", "a trial")


def test_the_night_is_scored_and_watched_through_the_server(folder, server, monkeypatch):
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", server)
    params, workdir, day = load_params(folder / "params.yaml"), Workdir(folder / "work"), pd.Timestamp("2025-09-01")
    scored = score(params, folder, workdir, day).scored
    assert set(scored["model_version"].str.split("-").str[0]) == {"v1"}
    report = run_monitoring(params, workdir, day)
    run_id = mlflow.MlflowClient(server).get_model_version_by_alias(MODEL, CHAMPION).run_id
    (point,) = mlflow.MlflowClient(server).get_metric_history(run_id, "watch/leads")
    assert point.value == report["leads"] == len(scored)
    assert [log_night_metrics(open_registry(workdir), night) for night in collect_night_metrics(report, "UTC")] == [0]


def test_a_version_of_a_run_without_our_tags_is_refused(folder, server, monkeypatch):
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", server)
    registry = open_registry(Workdir(folder / "work"))
    client = mlflow.MlflowClient(server)
    kept = client.get_model_version(MODEL, "1")
    run = client.create_run(registry.require_experiment())
    by_hand = client.create_model_version(
        MODEL, kept.source, run_id=run.info.run_id, model_id=kept.source.rpartition("/")[2]
    )
    client.set_registered_model_alias(MODEL, CHALLENGER, by_hand.version)
    with pytest.raises(BundleError, match="whose run names no bundle"):
        registry.download(CHALLENGER)
    assert registry.download(CHAMPION).number == "1"
