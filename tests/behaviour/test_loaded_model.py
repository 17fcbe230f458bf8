"""A loaded model: batch features from raw records, scikit-learn's tools, scores as columns, explanations."""

import json
import os
import subprocess
import sys
import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibrationDisplay
from sklearn.inspection import permutation_importance
from sklearn.metrics import RocCurveDisplay, log_loss, roc_auc_score

import leadlight
from leadlight.features.errors import BundleError, ParamsError, SourceError
from leadlight.models.scoring.bundle import load_scorer
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.params import load_params
from leadlight.pipelines.registry.mlflow_registry import Registry
from leadlight.pipelines.sources.files.read import read_all_columns
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

mpl.use("Agg")
SOME = 400


@pytest.fixture(scope="module")
def model(trained):
    return leadlight.load(trained / "work")


@pytest.fixture(scope="module")
def test(trained):
    return read_labelled_snapshots(Workdir(trained / "work")).select_split("test")


@pytest.fixture(scope="module")
def raw(trained):
    """The raw tables as somebody reads them from the export."""
    source = load_params(trained / "params.yaml").source
    return {
        name: read_all_columns(name, getattr(source, name), trained, None)
        for name in ("leads", "activities", "history")
    }


@pytest.fixture(scope="module")
def snapshots(trained):
    """The feature table of some snapshots, all snapshots of their leads."""
    table = read_frame(trained / "work" / "features.parquet")
    ids = table["lead_id"].drop_duplicates().iloc[::13]
    return table[table["lead_id"].isin(ids)].reset_index(drop=True)


def take(raw, ids):
    return raw["leads"][raw["leads"]["lead_id"].isin(ids)].reset_index(drop=True)


def test_features_of_raw_records_are_those_of_the_batch(model, raw, snapshots):
    found = model.features(
        take(raw, snapshots["lead_id"]),
        raw["activities"],
        history=raw["history"],
        as_of=snapshots[["lead_id", "as_of"]],
    )
    assert len(snapshots) > SOME
    assert list(found.columns) == list(model.feature_names_in_)
    expected = snapshots.set_index("lead_id")[list(model.feature_names_in_)]
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_features_at_one_moment_are_those_of_the_batch_in_the_order_of_the_leads(model, raw, snapshots):
    moment = snapshots["as_of"].max()
    expected = snapshots[snapshots["as_of"] == moment].set_index("lead_id")[list(model.feature_names_in_)]
    leads = take(raw, expected.index).iloc[::-1]
    for as_of in (moment, moment.tz_localize("UTC"), f"{moment.isoformat()}+00:00"):
        found = model.features(leads, raw["activities"], history=raw["history"], as_of=as_of)
        assert list(found.index) == list(leads["lead_id"])
        pd.testing.assert_frame_equal(found.loc[expected.index], expected, check_exact=True)


def test_what_happens_from_as_of_on_is_not_seen(model, raw, snapshots):
    row = snapshots[snapshots["count_7d__any"] > 0].iloc[0]
    leads, moment = take(raw, [row["lead_id"]]), row["as_of"]
    activities = raw["activities"]
    later = activities[activities["lead_id"] == row["lead_id"]].head(1)
    column = load_time_column(model)
    later = pd.concat([later.assign(**{column: as_written(activities[column], moment)})] * 5)
    known = model.features(leads, activities, as_of=moment, history=raw["history"])
    poisoned = model.features(leads, pd.concat([activities, later]), as_of=moment, history=raw["history"])
    pd.testing.assert_frame_equal(known, poisoned, check_exact=True)
    day_later = moment + pd.Timedelta(days=1)
    assert not known.equals(model.features(leads, activities, as_of=day_later, history=raw["history"]))


def load_time_column(model):
    return model.params.source.activities.occurred_at.column


def as_written(column, moment):
    return moment if pd.api.types.is_datetime64_any_dtype(column) else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_lead_without_activities_has_none(model, raw):
    leads = raw["leads"].head(3)
    found = model.features(leads, as_of="2026-01-01")
    assert (found["count_90d__any"] == 0).all()
    assert found["days_since_last__any"].isna().all()
    assert model.predict_proba(found).shape == (3, 2)
    assert list(model.features(leads).index) == list(leads["lead_id"])  # the latest midnight


def test_leads_need_neither_consent_nor_owner_nor_outcome(model, raw):
    table = model.params.source.leads
    leads = raw["leads"].head(3)
    bare = leads[["lead_id", table.created_at.column, *model.params.attributes]]
    pd.testing.assert_frame_equal(model.features(bare, as_of="2026-01-01"), model.features(leads, as_of="2026-01-01"))


def test_records_that_do_not_fit_are_refused_in_a_sentence(model, raw, trained):
    leads = raw["leads"].head(3)
    created = model.params.source.leads.created_at.column
    with pytest.raises(SourceError, match=r"before the creation of a lead\. Got 2001-01-01"):
        model.features(leads, as_of=pd.Timestamp("2001-01-01"))
    with pytest.raises(SourceError, match=f"must have the column {created}"):
        model.features(leads.drop(columns=created))
    with pytest.raises(SourceError, match="unusable rows of leads must be at most 0"):
        model.features(pd.concat([leads, leads.head(1)]))
    with pytest.raises(SourceError, match="The activities must have the column lead_id"):
        model.features(leads, raw["activities"].drop(columns="lead_id"))
    with pytest.raises(SourceError, match=r"The leads of as_of must be among leads\. Got 'nobody'"):
        model.features(leads, as_of=pd.DataFrame({"lead_id": ["nobody"], "as_of": [pd.Timestamp("2026-01-01")]}))
    with pytest.raises(ParamsError, match="The as_of must be an ISO day or moment"):
        model.features(leads, as_of="yesterday")
    alone = type(model)(model.scorer)
    with pytest.raises(ParamsError, match="The params must be given to compute features from raw records"):
        alone.features(leads)


def test_rows_left_out_are_named_in_a_warning(model, raw, snapshots):
    leads = take(raw, snapshots["lead_id"].head(1))
    activities = raw["activities"]
    mine = activities[activities["lead_id"] == leads["lead_id"].iloc[0]]
    spoiled = pd.concat([mine, mine.head(1).assign(**{model.params.source.activities.type: None})])
    with pytest.warns(UserWarning, match="1 rows of activities are left out because in column .*: no activity type"):
        found = model.features(leads, spoiled, as_of="2026-01-01")
    pd.testing.assert_frame_equal(found, model.features(leads, mine, as_of="2026-01-01"))


def test_probabilities_are_those_of_the_bundle(model, test, trained):
    expected = load_scorer(trained / "work" / "bundle").score(test.frame)
    probabilities = model.predict_proba(test.frame)
    np.testing.assert_array_equal(probabilities[:, 1], expected["probability"])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    np.testing.assert_array_equal(model.predict(test.frame), (expected["probability"] >= 0.5).astype(int))
    assert model.classes_.tolist() == [0, 1]
    as_array = test.frame[list(model.feature_names_in_)].head(50).to_numpy(dtype=object)
    np.testing.assert_allclose(model.predict_proba(as_array)[:, 1], expected["probability"].head(50))
    with pytest.raises(ValueError, match=f"must be a table of {model.n_features_in_} columns"):
        model.predict_proba(as_array[:, :3])


def test_scores_are_typed_columns_that_add_up(model, test, trained):
    expected = load_scorer(trained / "work" / "bundle").score(test.frame)
    table = model.score(test.frame)
    assert {str(kind) for kind in table.dtypes} == {"float64", "str"}
    for name in ("probability", "score", "base_score", "stage", "fit_grade", "engagement_grade"):
        assert table[name].tolist() == expected[name].tolist()
    points = table.filter(regex=r"^points\.")
    assert list(points) == [f"points.{topic.key}" for topic in model.scorer.catalogue.topics]
    np.testing.assert_allclose(table["base_score"] + points.sum(axis=1), table["score"], rtol=0, atol=1e-9)
    first = {reason["topic"]: reason["points"] for reason in json.loads(expected["reasons"].iloc[0])}
    assert points.iloc[0].to_dict() == pytest.approx({f"points.{key}": value for key, value in first.items()})


def test_the_explanation_is_that_of_the_scorer(model, test):
    frame = test.frame.head(20)
    explanation = model.explain(frame)
    total = explanation.base_values + explanation.values.sum(axis=1)
    np.testing.assert_allclose(total, model.score(frame)["score"], rtol=0, atol=1e-9)


def test_scikit_learn_takes_it_for_a_fitted_classifier(model, test):
    X, y = test.frame[list(model.feature_names_in_)], test.won
    assert is_classifier(model)
    assert clone(model) is model
    won = model.predict_proba(X)[:, 1]
    assert RocCurveDisplay.from_estimator(model, X, y).roc_auc == pytest.approx(roc_auc_score(y, won))
    shown = CalibrationDisplay.from_estimator(model, X, y, n_bins=5, strategy="quantile")
    assert len(shown.prob_true) == 5
    base = log_loss(y, np.full(len(y), y.mean()))
    assert model.score(X, y) == pytest.approx(1 - log_loss(y, won) / base)
    few = X.iloc[:SOME]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = permutation_importance(model, few, y[:SOME], scoring="neg_log_loss", n_repeats=1, random_state=0)
    strongest = found.importances_mean.argmax()
    assert found.importances_mean[strongest] > 0
    assert "LoadedModel" in repr(model)


def test_fit_names_the_command_to_use(model):
    with pytest.raises(NotImplementedError, match="run `leadlight retrain`"):
        model.fit([[1.0]], [1])


def test_the_champion_is_loaded_from_the_registry(trained, model, test, monkeypatch):
    frame = test.frame.head(20)
    for address in ("models:/leadlight@champion", "models:/leadlight/1"):
        champion = leadlight.load(address, workdir=trained / "work")
        np.testing.assert_array_equal(champion.predict_proba(frame), model.predict_proba(frame))
    assert champion.params == model.params
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{trained / 'work' / 'mlflow.db'}")
    monkeypatch.chdir(trained.parent)
    elsewhere = leadlight.load("models:/leadlight@champion", params=trained / "params.yaml")
    np.testing.assert_array_equal(elsewhere.predict_proba(frame), model.predict_proba(frame))


def test_a_registry_opened_before_does_not_pass_for_a_server_that_the_user_named(trained, model, test, tmp_path):
    Registry(f"sqlite:///{tmp_path / 'other.db'}", tmp_path)
    assert "MLFLOW_TRACKING_URI" not in os.environ
    champion = leadlight.load("models:/leadlight@champion", workdir=trained / "work")
    frame = test.frame.head(5)
    np.testing.assert_array_equal(champion.predict_proba(frame), model.predict_proba(frame))


def test_what_cannot_be_loaded_is_refused_in_a_sentence(trained, tmp_path):
    with pytest.raises(SourceError, match=r"bundle must exist\. It is missing: run `leadlight"):
        leadlight.load(tmp_path)
    with pytest.raises(BundleError, match=r"must be models:/leadlight@champion.* Got models:/other@champion\."):
        leadlight.load("models:/other@champion", workdir=trained / "work")
    with pytest.raises(BundleError, match="with the alias nobody"):
        leadlight.load("models:/leadlight@nobody", workdir=trained / "work")


def test_other_code_than_that_of_the_bundle_is_named_in_a_warning(trained, monkeypatch):
    monkeypatch.setattr("leadlight.models.scoring.bundle.describe_code", lambda: {"version": "9.9.9", "hash": "0" * 12})
    with pytest.warns(UserWarning, match=r"Got version 9\.9\.9"):
        leadlight.load(trained / "work")


def test_importing_leadlight_imports_nothing_else():
    code = (
        "import sys; before = set(sys.modules); import leadlight; leadlight.load\n"
        "heavy = {'pandas', 'numpy', 'mlflow', 'shap', 'ibis', 'sklearn', 'lightgbm'}\n"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before} & heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_nightly_job_does_not_import_shap(trained_copy, tmp_path):
    code = (
        "import sys; from pathlib import Path; import pandas as pd\n"
        "from leadlight.pipelines.jobs.score import score\n"
        "from leadlight.pipelines.params import load_params\n"
        "from leadlight.pipelines.workspace.workdir import Workdir\n"
        "folder = Path(sys.argv[1])\n"
        "params, workdir = load_params(folder / 'params.yaml'), Workdir(folder / 'work')\n"
        "night = score(params, folder, workdir, pd.Timestamp('2025-08-01'))\n"
        "print(len(night.scored), [name for name in ('shap', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(trained_copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    scored, imported = done.stdout.split(" ", 1)
    assert int(scored) > 0
    assert "shap" not in imported
