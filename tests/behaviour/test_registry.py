"""What is registered loads anywhere as pyfunc, serves only when it should, and is no pickle."""

import json
import os
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

from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.score_table import tabulate_scores
from leadlight.pipelines.params import load_params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.stages.register import register
from leadlight.pipelines.workspace.workdir import Workdir, read_json


@pytest.fixture
def fresh(trained_module, tmp_path, monkeypatch):
    """An empty registry beside the trained bundle."""
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    return Workdir(trained_module / "work"), load_params(trained_module / "params.yaml")


def test_the_first_bundle_serves_and_a_later_one_waits_as_challenger(fresh):
    workdir, params = fresh
    kept = workdir.registered.read_bytes()
    assert register(params, workdir)["champion"] == "1"
    second = register(params, workdir)
    assert (second["version"], second["champion"]) == ("2", "1")
    third = register(params, workdir, as_champion=True)
    assert (third["version"], third["champion"]) == ("3", "3")
    workdir.registered.write_bytes(kept)


def test_the_champion_loads_as_pyfunc_and_scores_a_plain_frame(trained_module):
    workdir = Workdir(trained_module / "work")
    registry = open_registry(workdir)
    version = registry.download()
    features = pd.read_parquet(workdir.features).head(50)
    loaded = mlflow.pyfunc.load_model("models:/leadlight@champion")
    scorer = load_scorer(workdir.bundle)
    plain = features[load_scorer(version.bundle).catalogue.names]
    pd.testing.assert_frame_equal(loaded.predict(plain), tabulate_scores(scorer, features, 3, "en"))
    asked = loaded.predict(plain, params={"reasons": 1, "language": "de"})
    pd.testing.assert_frame_equal(asked, tabulate_scores(scorer, features, 1, "de"))
    declared = {column.name: str(column.type) for column in loaded.metadata.signature.outputs}
    assert set(declared) == set(loaded.predict(plain))
    assert {str(kind) for name, kind in declared.items() if name.startswith("points.")} == {"DataType.double"}
    assert version.tags["bundle"] == read_json(workdir.registered)["bundle"]


def test_nothing_in_the_registry_is_a_pickle(trained_module):
    files = [path for path in (trained_module / "work" / "mlartifacts").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if path.suffix in {".pkl", ".pickle", ".joblib", ".cloudpickle"}]


def test_the_run_holds_the_figures_of_the_test_window(trained_module):
    workdir = Workdir(trained_module / "work")
    open_registry(workdir)
    runs = mlflow.search_runs(experiment_names=["leadlight"])
    metrics = read_json(workdir.metrics)
    assert runs["metrics.log_loss"].iloc[-1] == pytest.approx(metrics["figures"]["leadlight"]["log_loss"])
    assert runs["metrics.regret"].iloc[-1] == pytest.approx(metrics["truth"]["leadlight"]["regret"])


@pytest.fixture
def server(tmp_path):
    """A real MLflow server on a free port, with SQLite and a folder of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (tmp_path / "server.log").open("w") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
             "--workers", "1", "--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}",
             "--artifacts-destination", str(tmp_path / "server-artifacts")],
            cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{address}/health", timeout=5)
                    break
                except OSError:
                    assert running.poll() is None, (tmp_path / "server.log").read_text()
                    time.sleep(0.2)
            yield address
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait()


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


def test_a_server_by_address_holds_register_promote_rollback_and_the_night(
    trained_copy, server, root, tmp_path, monkeypatch
):
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", server)

    def leadlight(verb: str, *more: str) -> str:
        words = [verb, *more, "--params", str(trained_copy / "params.yaml")]
        done = subprocess.run(
            [Path(sys.executable).parent / "leadlight", *words, "--workdir", str(trained_copy / "work")],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return " ".join(done.stdout.split())

    assert "champion is version 1" in leadlight("register")
    assert "champion is version 1" in leadlight("register")
    assert "are the same bundle: nothing has changed. Version 1 serves." in leadlight("promote")
    assert "champion is version 3" in leadlight("register", "--as-champion")
    assert "Version 1 serves again" in leadlight("rollback", "--reason", "a trial")
    leadlight("score")
    scored = pd.read_parquet(next((trained_copy / "work" / "scores").glob("*.parquet")))
    assert set(scored["model_version"].str.split("-").str[0]) == {"v1"}

    workdir = Workdir(trained_copy / "work")
    scorer = load_scorer(workdir.bundle)
    plain = pd.read_parquet(workdir.features).head(40)[scorer.catalogue.names]
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
