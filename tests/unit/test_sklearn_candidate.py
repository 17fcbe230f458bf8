"""A scikit-learn estimator as a candidate: explained exactly, saved without pickle, refused where it cannot be."""

import subprocess
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shap
from scipy.special import logit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from leadlight.features.errors import BundleError, ParamsError
from leadlight.models.candidates.base import load_model, margins, save_model
from leadlight.models.candidates.permutation_shap import explain_by_permutation, explain_with_shap
from leadlight.models.candidates.registry import find_candidate
from leadlight.models.candidates.sklearn_candidate import SklearnCandidate
from leadlight.models.candidates.sklearn_files import load_estimator
from leadlight.models.candidates.sklearn_model import POOLED, SklearnModel
from leadlight.models.candidates.training_data import TrainingData
from leadlight.models.scoring.attribution_check import verify_contributions


def prepare_columns():
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore")
    return make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")), (words, make_column_selector(dtype_include="category"))
    )


ESTIMATORS = {
    "pipeline": lambda: make_pipeline(prepare_columns(), LogisticRegression()),
    "boosting": lambda: HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=8),
    "forest": lambda: make_pipeline(prepare_columns(), RandomForestClassifier(5, max_depth=4)),
    "searched": lambda: GridSearchCV(
        make_pipeline(prepare_columns(), LogisticRegression()), {"logisticregression__C": [0.1, 1.0]}, cv=2
    ),
    "calibrated": lambda: CalibratedClassifierCV(make_pipeline(prepare_columns(), LogisticRegression()), cv=2),
}


class Wrapped(SklearnCandidate):
    """The candidate, with the function at hand in place of its name."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def make_estimator(self, catalogue):
        return self.make()


def context_of(world):
    return SimpleNamespace(catalogue=world.catalogue, settings=SimpleNamespace(seed=3, min_category_leads=20))


def fit(world, make) -> SklearnModel:
    return Wrapped(make).fit(TrainingData(world.frame, world.won, world.leads), context_of(world), {})


@pytest.fixture(scope="module")
def wrapped(world):
    return {name: fit(world, make) for name, make in ESTIMATORS.items()}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_base_and_parts_add_up_to_the_log_odds_of_the_estimator(world, wrapped, name):
    seen = []
    wrapped[name].estimator.predict_proba(_see(world.frame.head(40), wrapped[name], seen))
    expected = logit(wrapped[name].estimator.predict_proba(seen[0])[:, 1])
    np.testing.assert_allclose(margins(wrapped[name], world.frame.head(40)), expected, rtol=0, atol=1e-9)


def _see(frame, model, seen):
    from leadlight.models.candidates.sklearn_model import convert_to_frame, encode_features

    seen.append(convert_to_frame(encode_features(frame, model.features, model.levels), model.features, model.levels))
    return seen[0]


@pytest.mark.parametrize("name", ["pipeline", "boosting"])
def test_values_are_those_of_shap(world, wrapped, name):
    """Row by row, with the same order of features, for trees of more than two features too."""
    some = world.frame.iloc[[0, 5, 9]].reset_index(drop=True)
    base, parts = wrapped[name].explain_log_odds(some)
    expected_base, expected = wrapped[name].explain_with_reference(some)
    assert base == expected_base
    np.testing.assert_allclose(parts, expected, rtol=0, atol=1e-9)


def test_values_are_exact_where_two_features_interact():
    rng = np.random.default_rng(0)
    background, rows = rng.normal(size=(8, 6)), rng.normal(size=(5, 6))
    rows[0], rows[1, 2] = background[3], background[0, 2]

    def predict(X):
        return X[:, 0] * X[:, 1] + 2 * X[:, 2] - X[:, 3] * X[:, 4]

    base, parts = explain_by_permutation(predict, rows, background, seed=1)
    exact = shap.explainers.Exact(predict, shap.maskers.Independent(background))(rows)
    np.testing.assert_allclose(parts, exact.values, atol=1e-12)
    np.testing.assert_allclose(base, exact.base_values, atol=1e-12)


def test_a_column_that_varies_nowhere_adds_nothing():
    background = np.column_stack([np.zeros(4), np.arange(4.0)])
    rows = np.array([[0.0, 7.0], [5.0, 7.0]])
    for explain in (explain_by_permutation, explain_with_shap):
        _, parts = explain(lambda X: X.sum(axis=1) ** 2, rows, background, 0)
        assert parts[0, 0] == 0
        assert parts[1, 0] > 1


def test_a_lead_has_the_same_parts_in_every_batch(world, wrapped):
    model = wrapped["boosting"]
    together = model.explain_log_odds(world.frame.head(30))[1]
    reversed_ = model.explain_log_odds(world.frame.head(30).iloc[::-1].reset_index(drop=True))[1][::-1]
    np.testing.assert_allclose(together, reversed_, rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.explain_log_odds(world.frame.head(1))[1], together[:1], rtol=0, atol=1e-12)


def test_the_base_is_near_the_mean_log_odds(world, wrapped):
    base, _ = wrapped["pipeline"].explain_log_odds(world.frame.head(1))
    mean = margins(wrapped["pipeline"], world.frame.sample(200, random_state=0)).mean()
    assert base == pytest.approx(mean, abs=0.25)


def test_what_a_night_checks_is_checked_against_shap(world, wrapped, monkeypatch):
    night = world.frame.head(30).assign(lead_id=[f"L{i}" for i in range(30)])
    verify_contributions(wrapped["pipeline"], night)
    verify_contributions(wrapped["pipeline"], night.head(0))
    right = SklearnModel.explain_log_odds

    def swap(self, frame):
        base, parts = right(self, frame)
        return base, parts[:, ::-1].copy()

    monkeypatch.setattr(SklearnModel, "explain_log_odds", swap)
    with pytest.raises(BundleError, match="as its reference computes it"):
        verify_contributions(wrapped["pipeline"], night)


def test_the_estimator_sees_numbers_and_pooled_categories(world):
    seen = []

    class Watching(LogisticRegression):
        def fit(self, X, y):
            seen.append(X)
            return super().fit(X[["count_7d__demo"]], y)

        def predict_proba(self, X):
            return super().predict_proba(X[["count_7d__demo"]])

    frame = world.frame.copy()
    frame.loc[0, "attribute__industry"] = POOLED  # a value that is called like the level
    fit(SimpleNamespace(**vars(world) | {"frame": frame}), Watching)
    industry = seen[0]["attribute__industry"]
    assert list(industry.cat.categories) == ["food", "retail", "steel", POOLED]
    assert set(industry[frame["attribute__industry"].isin(["rare", POOLED])]) == {POOLED}
    assert (industry.isna() == frame["attribute__industry"].isna()).all()
    pd.testing.assert_series_equal(seen[0]["attribute__employees"], frame["attribute__employees"])


def test_saved_models_are_the_same_in_a_process_that_refuses_pickle(world, wrapped, tmp_path):
    world.frame.head(10).to_parquet(tmp_path / "frame.parquet")
    for name, model in wrapped.items():
        save_model(model, tmp_path / "models" / name)
        assert {path.name for path in (tmp_path / "models" / name).iterdir()} == {"model.json", "estimator.skops"}
    code = """
        import pickle, sys
        def refuse(*arguments, **more):
            raise AssertionError("pickle was used")
        pickle.load = pickle.loads = pickle.Unpickler = refuse
        from pathlib import Path
        import numpy as np, pandas as pd
        from leadlight.models.candidates.base import load_model
        folder = Path(sys.argv[1])
        for path in (folder / "models").iterdir():
            base, parts = load_model(path).explain_log_odds(pd.read_parquet(folder / "frame.parquet"))
            np.savetxt(path / "parts.txt", np.column_stack([np.full(len(parts), base), parts]), fmt="%.17g")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name, model in wrapped.items():
        base, parts = model.explain_log_odds(world.frame.head(10))
        again = np.loadtxt(tmp_path / "models" / name / "parts.txt")
        np.testing.assert_array_equal(again, np.column_stack([np.full(10, base), parts]))


def test_a_number_that_was_never_known_is_a_constant(world):
    never = world.frame.assign(attribute__employees=np.nan)
    model = fit(SimpleNamespace(**vars(world) | {"frame": never}), ESTIMATORS["boosting"])
    assert model.empty == ("attribute__employees",)
    _, parts = model.explain_log_odds(world.frame.head(20))
    assert (parts[:, model.features.index("attribute__employees")] == 0).all()


def test_an_estimator_that_cannot_be_fitted_is_refused_with_its_own_words(world):
    with pytest.raises(ParamsError, match=r"of the candidate Wrapped must fit the feature table .* could not convert"):
        fit(world, LogisticRegression)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: make_pipeline(FunctionTransformer(print), LogisticRegression()), "without pickle. Got builtins.print"),
        (Perceptron, "must give an estimator with predict_proba. Got Perceptron"),
    ],
)
def test_what_could_not_be_saved_is_refused_before_it_is_fitted(world, make, sentence):
    with pytest.raises(ParamsError, match=sentence):
        Wrapped(make).is_available(context_of(world))


def test_every_free_random_state_gets_the_seed(world):
    made = Wrapped(ESTIMATORS["forest"])._make(context_of(world))
    assert made.get_params()["randomforestclassifier__random_state"] == 3
    kept = Wrapped(lambda: RandomForestClassifier(random_state=9))._make(context_of(world))
    assert kept.random_state == 9


def test_a_function_is_found_beside_the_params_and_gets_the_catalogue(world, tmp_path, monkeypatch):
    (tmp_path / "own_functions.py").write_text(
        "from sklearn.dummy import DummyClassifier\n"
        "def make(catalogue):\n"
        "    assert 'attribute__industry' in catalogue.names\n"
        "    return DummyClassifier()\n"
        "dummy = DummyClassifier(strategy='prior')\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    for name in ("make", "dummy"):
        assert find_candidate(f"sklearn:own_functions:{name}").is_available(context_of(world))
    for wrong in ("own_functions:missing", "no_such_module:make", "own_functions"):
        with pytest.raises(ParamsError, match=f"The candidate sklearn:{wrong} must name a module and a function"):
            find_candidate(f"sklearn:{wrong}").is_available(context_of(world))
    assert str(tmp_path) not in sys.path


def test_a_tree_that_leads_nowhere_is_refused(world, wrapped, tmp_path):
    for name in ("boosting", "forest"):
        save_model(wrapped[name], tmp_path / name)
        assert load_estimator(tmp_path / name / "estimator.skops")
    broken = fit(world, ESTIMATORS["boosting"])
    broken.estimator._predictors[0][0].nodes["left"][0] = 10_000
    save_model(broken, tmp_path / "broken")
    with pytest.raises(BundleError, match="must lead from each node to a later one"):
        load_model(tmp_path / "broken")
    circle = fit(world, ESTIMATORS["boosting"])
    circle.estimator._predictors[0][0].nodes["right"][0] = 0
    save_model(circle, tmp_path / "circle")
    with pytest.raises(BundleError, match="must lead from each node to a later one"):
        load_model(tmp_path / "circle")


def test_a_damaged_or_foreign_file_is_refused(wrapped, tmp_path):
    import skops.io

    save_model(wrapped["pipeline"], tmp_path)
    path = tmp_path / "estimator.skops"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BundleError, match="must be complete and readable"):
        load_model(tmp_path)
    path.write_bytes(skops.io.dumps(FunctionTransformer(print)))
    with pytest.raises(BundleError, match=r"must hold trusted types only\. Got builtins\.print\."):
        load_model(tmp_path)
