"""An explanation is a shap.Explanation that adds up, agrees with shap's explainers, and that shap's plots take."""

import copy
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shap
from scipy.special import logit

from leadlight.features.errors import BundleError
from leadlight.models.calibration.parametric import PlattCalibrator, fit_platt
from leadlight.models.candidates.base import margins
from leadlight.models.candidates.boosted import BoostedModel
from leadlight.models.scoring.explanation import list_topic_features
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import Threshold

mpl.use("Agg")
IDENTITY = PlattCalibrator()


@pytest.fixture(scope="module")
def make(world):
    """Return a function that makes a scorer of a model and a calibrator."""

    def make(model, calibrator=IDENTITY, spellings=None):
        bars = {"marketing_qualified": 0.3, "sales_qualified": 0.6}
        none = (0.0, 0.0, 0.0)
        grades = GradeScale("ABCD", (0.5, 0.1, -0.4)), GradeScale("1234", (0.5, 0.1, -0.4))
        thresholds = {name: Threshold("", bar, none, none, none) for name, bar in bars.items()}
        metadata = ScorerMetadata(candidate="any", horizon_days=90, time="dates", spellings=spellings or {})
        return Scorer(world.catalogue, model, calibrator, thresholds, *grades, metadata)

    return make


def sum_up(explanation):
    return explanation.base_values + explanation.values.sum(axis=1)


@pytest.mark.parametrize("fit", [lambda margin, won: IDENTITY, fit_platt], ids=["identity", "platt"])
@pytest.mark.parametrize("kind", ["constant", "points", "logistic", "boosted", "mean", "combined"])
def test_base_and_values_are_the_score_and_the_calibrated_log_odds(world, models, make, kind, fit):
    margin = margins(models[kind], world.frame)
    scorer = make(models[kind], fit(margin, world.won))
    predicted = scorer.predict(world.frame)
    for by in ("topic", "feature"):
        points, log_odds = (scorer.explain(world.frame, scale, by) for scale in ("points", "log_odds"))
        np.testing.assert_allclose(sum_up(points), predicted["score"], rtol=0, atol=1e-9)
        np.testing.assert_allclose(sum_up(log_odds), logit(predicted["probability"]), rtol=0, atol=1e-9)
        np.testing.assert_array_equal(np.sign(points.values), np.sign(log_odds.values))
    assert points.shape == (len(world.frame), len(world.catalogue.features))


def test_points_by_topic_are_the_reasons(world, models, make):
    scorer = make(models["combined"], PlattCalibrator(0.7, -0.3))
    np.testing.assert_allclose(
        scorer.explain(world.frame).values, scorer.break_down(world.frame).points, rtol=0, atol=1e-9
    )


def test_log_odds_before_calibration_are_those_of_the_tree_explainer(world, models, make):
    model = models["boosted"].members[0]
    assert isinstance(model, BoostedModel)
    expected = shap.TreeExplainer(model.booster)(model.columns.transform(world.frame))
    explanation = make(model).explain(world.frame, "log_odds", "feature")
    by_feature = np.zeros_like(explanation.values)
    np.add.at(by_feature.T, model.columns.feature_index, expected.values.T)
    np.testing.assert_allclose(explanation.values, by_feature, rtol=0, atol=1e-9)
    base = model.start + expected.base_values
    np.testing.assert_allclose(explanation.base_values, base, rtol=0, atol=1e-9)


def linear_columns(curve, column):
    """Design matrix and coefficients of one shape function, as a linear model has them."""
    if curve.levels is not None:
        return np.eye(curve.levels.size)[curve.levels.transform(column)], np.array(curve.values)
    x, heights = column.to_numpy(dtype=float), np.array(curve.values[:-1])
    if not len(heights):
        return np.isnan(x)[:, None].astype(float), np.array(curve.values)
    hats = [np.interp(x, curve.knots, row) for row in np.eye(len(curve.knots))]
    return np.column_stack([*np.where(np.isnan(x), 0.0, hats), np.isnan(x)]), np.array(curve.values)


def test_log_odds_before_calibration_are_those_of_the_linear_explainer(world, models, make):
    model = models["logistic"]
    parts = [linear_columns(curve, world.frame[name]) for name, curve in model.curves.items()]
    design, owner = np.hstack([p for p, _ in parts]), np.repeat(np.arange(len(parts)), [len(c) for _, c in parts])
    coefficients = np.concatenate([c for _, c in parts])
    background = shap.maskers.Independent(design, max_samples=len(design))
    expected = shap.LinearExplainer((coefficients, model.base), background)(design)
    explanation = make(model).explain(world.frame, "log_odds", "feature")
    by_feature = np.zeros_like(explanation.values)
    np.add.at(by_feature.T, owner, expected.values.T)
    np.testing.assert_allclose(explanation.values, by_feature, rtol=0, atol=1e-9)
    np.testing.assert_allclose(explanation.base_values, expected.base_values, rtol=0, atol=1e-9)


def test_data_are_numbers_and_codes_of_words_and_the_display_is_readable(world, models, make):
    explanation = make(models["logistic"], spellings={"industry": {"steel": "Steel & Co"}}).explain(world.frame)
    assert explanation.data.dtype == float
    assert explanation.feature_names[:2] == ["industry", "employees"]
    industry, words = world.frame["attribute__industry"], explanation.display_data[:, 0]
    unknown = industry.isna().to_numpy()
    assert set(words[~unknown]) == {"Steel & Co", "retail", "food", "rare"}
    assert set(words[unknown]) == {"unknown"}
    np.testing.assert_array_equal(np.isnan(explanation.data[:, 0]), unknown)
    codes = dict(zip(words[~unknown], explanation.data[~unknown, 0], strict=True))
    assert codes == {"Steel & Co": 0.0, "food": 1.0, "rare": 2.0, "retail": 3.0}
    employees = world.frame["attribute__employees"].to_numpy()
    np.testing.assert_array_equal(explanation.data[:, 1], employees)
    assert {str(text) for text in explanation.display_data[np.isnan(employees), 1]} == {"unknown"}
    place = explanation.feature_names.index("demo")
    count = world.frame["count_90d__demo"]
    np.testing.assert_array_equal(explanation.data[:, place], count)
    assert f"{explanation.display_data[0, place]}" == f"{count[0]:.0f} in 90 days"
    assert explanation.display_data[0, place] == count[0]
    assert str(explanation.display_data[0, -1]).endswith(" days")
    assert str(copy.deepcopy(explanation).display_data[0, place]) == f"{count[0]:.0f} in 90 days"


def test_each_topic_has_one_feature_to_be_drawn_by(world):
    drawn = {topic.key: [f.name for f in features] for topic, features in list_topic_features(world.catalogue)}
    assert drawn["industry"] == ["attribute__industry"]
    assert drawn["demo"] == ["count_90d__demo"]
    assert drawn["(age)"] == ["age_days"]
    assert list(drawn) == [topic.key for topic in world.catalogue.topics]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"scale": "odds"}, "The scale of an explanation must be points or log_odds. Got 'odds'."),
        ({"by": "group"}, "The by of an explanation must be topic or feature. Got 'group'."),
    ],
)
def test_other_arguments_are_refused_in_a_sentence(world, models, make, arguments, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        make(models["points"]).explain(world.frame, **arguments)


def test_a_missing_column_is_named(world, models, make):
    with pytest.raises(BundleError, match="must have the column attribute__employees"):
        make(models["points"]).explain(world.frame.drop(columns="attribute__employees"))


@pytest.mark.parametrize("by", ["topic", "feature"])
def test_the_plots_of_shap_take_it(world, models, make, by):
    explanation = make(models["combined"], PlattCalibrator(0.7, -0.3)).explain(world.frame.head(60), by=by)
    plt = pytest.importorskip("matplotlib.pyplot")
    shap.plots.beeswarm(explanation, show=False)
    shap.plots.bar(explanation, show=False)
    plt.close("all")
    axes = shap.plots.waterfall(explanation[0], show=False)
    texts = [label.get_text() for label in axes.get_yticklabels()]
    assert any("= " in text for text in texts)
    assert not any("nan" in text for text in texts)
    plt.close("all")
    for place in (0, 1, len(explanation.feature_names) - 1):
        shap.plots.scatter(explanation[:, place], show=False)
    plt.close("all")


def test_scoring_does_not_import_shap(world, models, make, tmp_path):
    from leadlight.models.scoring.bundle import save_scorer

    save_scorer(make(models["boosted"]), tmp_path / "bundle")
    world.frame.head(30).to_parquet(tmp_path / "frame.parquet")
    code = (
        "import sys, pathlib, pandas as pd\n"
        "from leadlight.models.scoring.bundle import load_scorer\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "scorer, frame = load_scorer(folder / 'bundle'), pd.read_parquet(folder / 'frame.parquet')\n"
        "scorer.score(frame)\n"
        "assert 'shap' not in sys.modules\n"
        "scorer.explain(frame)\n"
        "assert 'shap' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_one_lead_alone_is_explained(world, models, make):
    explanation = make(models["boosted"]).explain(world.frame.head(1))
    assert explanation.shape == (1, len(world.catalogue.topics))
    assert isinstance(explanation, shap.Explanation)
    assert pd.api.types.is_float(float(explanation.base_values[0]))
