"""What is registered loads anywhere as pyfunc, serves only when it should, and is no pickle."""

import mlflow
import pandas as pd
import pytest

from models.bundle import load_scorer
from pipelines.outputs import Workdir, read_json
from pipelines.params import load_params
from pipelines.register import open_registry, register


@pytest.fixture
def fresh(trained, tmp_path, monkeypatch):
    """An empty registry beside the trained bundle."""
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    return Workdir(trained / "work"), load_params(trained / "params.yaml")


def test_the_first_bundle_serves_and_a_later_one_waits_as_challenger(fresh):
    workdir, params = fresh
    kept = workdir.registered.read_bytes()
    assert register(params, workdir)["champion"] == "1"
    second = register(params, workdir)
    assert (second["version"], second["champion"]) == ("2", "1")
    third = register(params, workdir, as_champion=True)
    assert (third["version"], third["champion"]) == ("3", "3")
    workdir.registered.write_bytes(kept)


def test_the_champion_loads_as_pyfunc_and_scores_a_plain_frame(trained):
    workdir = Workdir(trained / "work")
    registry = open_registry(workdir)
    version = registry.load()
    features = pd.read_parquet(workdir.features).head(50)
    loaded = mlflow.pyfunc.load_model("models:/leadlight@champion")
    expected = load_scorer(workdir.bundle).score(features)
    found = loaded.predict(features[load_scorer(version.bundle).catalogue.names])
    pd.testing.assert_frame_equal(found, expected)
    assert version.tags["bundle"] == read_json(workdir.registered)["bundle"]


def test_nothing_in_the_registry_is_a_pickle(trained):
    files = [path for path in (trained / "work" / "mlartifacts").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if path.suffix in {".pkl", ".pickle", ".joblib", ".cloudpickle"}]


def test_the_run_holds_the_figures_of_the_test_window(trained):
    workdir = Workdir(trained / "work")
    open_registry(workdir)
    runs = mlflow.search_runs(experiment_names=["leadlight"])
    metrics = read_json(workdir.metrics)
    assert runs["metrics.log_loss"].iloc[-1] == pytest.approx(metrics["figures"]["leadlight"]["log_loss"])
    assert runs["metrics.regret"].iloc[-1] == pytest.approx(metrics["truth"]["leadlight"]["regret"])
