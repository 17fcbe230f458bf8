"""What is registered loads anywhere as pyfunc, serves only when it should, and is no pickle."""

import dataclasses
import json
import re

import mlflow
import pandas as pd
import pytest

from leadlight.features.errors import BundleError
from leadlight.models.scoring.bundle import load_evaluation_scorer, load_scorer, save_scorer
from leadlight.models.scoring.score_table import tabulate_scores
from leadlight.pipelines.jobs.register import register
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import CHALLENGER, CHAMPION, MODEL, Registry
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
    judged = load_evaluation_scorer(workdir.bundle)
    save_scorer(dataclasses.replace(scorer, metadata=metadata), workdir.bundle, evaluation=judged)


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
    assert serving.tags["calibration"] == kept.tags["calibration"]
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
    plain = features[load_scorer(version.bundle).columns]
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
    assert tags["mlflow.note.content"].startswith(f"{candidate} predicts whether a lead is won")
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
    trials = pd.DataFrame(**mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/trials.json"))
    saved = pd.read_csv(workdir.candidates / "trials.csv")
    pd.testing.assert_frame_equal(trials.astype(saved.dtypes), saved)
    tuning = read_json(workdir.candidates / "candidates.json")["tuning"]
    assert set(trials["candidate"]) == {"logistic", "boosted"}
    for _, rows in trials.groupby("candidate"):
        assert list(rows["trial"]) == list(range(len(rows)))
    assert list(trials.loc[trials["candidate"] == "boosted", "rounds"]) == [tuning["boosted"]["rounds"]]
    client = mlflow.MlflowClient()
    files = {entry.path for entry in client.list_artifacts(run.info.run_id)}
    assert {"plots", "params.yaml", "candidates.json", "trials.json"} <= files
    assert "plots/card.html" in {entry.path for entry in client.list_artifacts(run.info.run_id, "plots")}


def test_metrics_of_the_run_are_linked_to_the_model_and_its_test_window(trained_module):
    registry = open_registry(Workdir(trained_module / "work"))
    number, _ = registry.find_version(CHAMPION)
    version = mlflow.MlflowClient().get_model_version(MODEL, number)
    assert "Log loss" in version.description
    model = mlflow.get_logged_model(version.source.rpartition("/")[2])
    assert {metric.dataset_name for metric in model.metrics} == {"test window"}
    names = [metric.key for metric in model.metrics]
    assert "log_loss" in names
    assert len(names) == len(set(names))
    points = mlflow.MlflowClient().get_metric_history(version.run_id, "log_loss")
    assert len(points) == 1


def test_experiment_model_and_logged_model_say_what_they_are(trained_module):
    registry, client = open_registry(Workdir(trained_module / "work")), mlflow.MlflowClient()
    experiment = client.get_experiment(registry.require_experiment())
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    assert "one run for each training" in experiment.tags["mlflow.note.content"]
    assert "champion scores the night" in client.get_registered_model(MODEL).description
    number, _ = registry.find_version(CHAMPION)
    version = client.get_model_version(MODEL, number)
    model = client.get_logged_model(version.source.rpartition("/")[2])
    assert json.loads(model.tags["mlflow.modelVersions"]) == [{"name": MODEL, "version": int(number)}]
    assert model.tags["mlflow.note.content"] == version.description


def test_an_experiment_of_an_earlier_version_gets_its_kind_and_keeps_what_a_person_wrote(tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = mlflow.MlflowClient(uri)
    client.create_experiment("leadlight", tags={"mlflow.note.content": "Ours."})
    identifier = Registry(uri, tmp_path / "artifacts").require_experiment()
    tags = client.get_experiment(identifier).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    assert tags["mlflow.note.content"] == "Ours."


def test_the_model_has_an_invented_example_and_a_signature_of_optional_columns(trained_module):
    registry = open_registry(Workdir(trained_module / "work"))
    number, _ = registry.find_version(CHAMPION)
    info = mlflow.models.get_model_info(f"models:/{MODEL}/{number}")
    inputs = info.signature.inputs.inputs
    scorer = load_scorer(registry.download().bundle)
    assert [column.name for column in inputs] == scorer.columns
    assert {column.name for column in inputs if column.required} <= {"as_of"}
    assert {"probability", "score", "stage"} <= set(info.signature.outputs.input_names())
    known = set(pd.read_parquet(Workdir(trained_module / "work").tables / "leads.parquet")["lead_id"])
    assert info.saved_input_example_info is None or not known & set(json.dumps(info.saved_input_example_info))
