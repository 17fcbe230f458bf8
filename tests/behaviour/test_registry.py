"""What is registered loads anywhere as pyfunc, serves only when it should, and is no pickle."""

import dataclasses
import json
import os
import re
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
from leadlight.models.scoring.bundle import load_scorer, save_scorer
from leadlight.models.scoring.score_table import tabulate_scores
from leadlight.pipelines.jobs.register import register
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import CHALLENGER, CHAMPION, MODEL
from leadlight.pipelines.workspace.workdir import Workdir, read_json


@pytest.fixture
def fresh(trained_copy, tmp_path, monkeypatch):
    """A trained folder with an empty registry."""
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    return Workdir(trained_copy / "work")


def change_bundle(workdir, hysteresis):
    """Write another bundle in place of the one that is there."""
    scorer = load_scorer(workdir.bundle)
    metadata = dataclasses.replace(scorer.metadata, hysteresis=hysteresis)
    save_scorer(dataclasses.replace(scorer, metadata=metadata), workdir.bundle)


def test_the_first_bundle_serves_and_a_later_one_waits_as_challenger(fresh):
    workdir = fresh
    assert register(workdir, workdir.root.parent)["champion"] == "1"
    change_bundle(workdir, 2.5)
    second = register(workdir, workdir.root.parent)
    assert (second["version"], second["champion"]) == ("2", "1")
    change_bundle(workdir, 3.5)
    third = register(workdir, workdir.root.parent, as_champion=True)
    assert (third["version"], third["champion"]) == ("3", "3")


def test_a_bundle_that_is_registered_keeps_its_version(fresh):
    workdir = fresh
    earlier = load_scorer(workdir.bundle).metadata.hysteresis
    register(workdir, workdir.root.parent)
    change_bundle(workdir, 2.5)
    register(workdir, workdir.root.parent)
    change_bundle(workdir, earlier)
    assert register(workdir, workdir.root.parent)["version"] == "1"
    registry = open_registry(workdir)
    assert registry.find_version(CHALLENGER)[0] == "1"
    assert len(mlflow.MlflowClient().search_model_versions(f"name = '{MODEL}'")) == 2


def test_a_version_registered_by_hand_is_read_by_its_run_and_another_is_refused(fresh):
    workdir = fresh
    bundle = register(workdir, workdir.root.parent)["bundle"]
    registry, client = open_registry(workdir), mlflow.MlflowClient()
    (kept,) = client.search_model_versions(f"name = '{MODEL}'")
    by_hand = client.create_model_version(MODEL, kept.source, run_id=kept.run_id)
    client.set_registered_model_alias(MODEL, CHAMPION, by_hand.version)
    serving = registry.download()
    assert serving.name == f"v{by_hand.version}-{bundle}"
    assert serving.tags["calibrated"] == kept.tags["calibrated"]
    with mlflow.start_run(experiment_id=client.get_experiment_by_name("leadlight").experiment_id) as run:
        pass
    unknown = client.create_model_version(MODEL, kept.source, run_id=run.info.run_id)
    client.set_registered_model_alias(MODEL, CHAMPION, unknown.version)
    with pytest.raises(BundleError, match="whose run names no bundle"):
        registry.download()


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


def test_one_run_says_what_was_trained_on_what_and_how_good_it_is(trained_module):
    workdir = Workdir(trained_module / "work")
    open_registry(workdir)
    (run,) = mlflow.search_runs(experiment_names=["leadlight"], output_format="list")
    details, metrics, scorer = read_json(workdir.details), read_json(workdir.metrics), load_scorer(workdir.bundle)
    candidate = scorer.metadata.candidate
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d {candidate}", run.info.run_name)
    assert run.data.metrics["log_loss"] == metrics["log_loss"]
    assert run.data.metrics["log_loss_low"] < metrics["log_loss"] < run.data.metrics["log_loss_high"]
    assert run.data.metrics["sales_qualified_precision"] == metrics["sales_qualified"]["precision"]
    assert run.data.metrics["regret"] == pytest.approx(details["truth"]["leadlight"]["regret"])
    assert run.data.params["candidate"] == candidate
    assert run.data.params["policy_sales_qualified"] == scorer.thresholds["sales_qualified"].sentence
    assert any(name.startswith("tuned_") for name in run.data.params)
    tags = run.data.tags
    assert tags["bundle"] == read_json(workdir.registered)["bundle"]
    assert {"data_digest", "data_until", "leadlight_version"} <= set(tags)
    assert f"**{candidate}**" in tags["mlflow.note.content"]
    assert len(tags["mlflow.note.content"].splitlines()) <= 10
    contexts = {
        next(tag.value for tag in entry.tags if tag.key == "mlflow.data.context"): entry
        for entry in run.inputs.dataset_inputs
    }
    assert set(contexts) == {"training", "calibration", "test"}
    assert len({entry.dataset.digest for entry in contexts.values()}) == 3
    wins = {tag.key: tag.value for tag in contexts["training"].tags}["wins"]
    assert int(wins) == read_json(workdir.snapshot_report)["splits"]["train"]["wins"]
    table = mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/candidates.json")
    assert table["columns"][:2] == ["candidate", "log_loss"]
    assert [row[0] for row in table["data"]] == sorted(
        scorer.metadata.choice["log_loss"], key=scorer.metadata.choice["log_loss"].get
    )
    client = mlflow.MlflowClient()
    files = {entry.path for entry in client.list_artifacts(run.info.run_id)}
    assert {"plots", "params.yaml", "candidates.json"} <= files
    assert "plots/card.html" in {entry.path for entry in client.list_artifacts(run.info.run_id, "plots")}


def test_metrics_of_the_run_are_linked_to_the_model_and_its_test_window(trained_module):
    registry = open_registry(Workdir(trained_module / "work"))
    number, _ = registry.find_version(CHAMPION)
    version = mlflow.MlflowClient().get_model_version(MODEL, number)
    assert "Log loss" in version.description
    model = mlflow.get_logged_model(version.source.rpartition("/")[2])
    linked = {metric.key: metric.dataset_name for metric in model.metrics}
    assert linked["log_loss"] == "test window"


def test_the_model_has_an_invented_example_and_a_signature_of_optional_columns(trained_module):
    registry = open_registry(Workdir(trained_module / "work"))
    number, _ = registry.find_version(CHAMPION)
    info = mlflow.models.get_model_info(f"models:/{MODEL}/{number}")
    inputs = info.signature.inputs.inputs
    catalogue = load_scorer(registry.download().bundle).catalogue
    assert [column.name for column in inputs] == catalogue.names
    assert not any(column.required for column in inputs)
    assert {"probability", "score", "stage"} <= set(info.signature.outputs.input_names())
    known = set(pd.read_parquet(Workdir(trained_module / "work").tables / "leads.parquet")["lead_id"])
    assert info.saved_input_example_info is None or not known & set(json.dumps(info.saved_input_example_info))


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
    assert "Version 1 is both challenger and champion" in leadlight("promote")
    change_bundle(Workdir(trained_copy / "work"), 2.5)
    assert "champion is version 2" in leadlight("register", "--as-champion")
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
