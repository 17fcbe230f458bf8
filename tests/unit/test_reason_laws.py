"""Base and points are the score, whatever model, calibration and scale; so are the printed ones."""

import itertools
import math

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.features.catalogue import AttributeSpec, SignalSpec
from leadlight.features.feature_set import FeatureSet
from leadlight.models.calibration.parametric import PlattCalibrator, fit_platt
from leadlight.models.calibration.yearly_season import YearlySeason
from leadlight.models.candidates.base import sum_group_log_odds
from leadlight.models.candidates.boosted import BoostedModel, DesignMatrix
from leadlight.models.candidates.category_encoding import CategoryEncoder
from leadlight.models.candidates.constant import ConstantModel
from leadlight.models.candidates.ensemble import WeightedEnsemble
from leadlight.models.candidates.logistic import AdditiveLogisticModel, ShapeFunction
from leadlight.models.candidates.rules import Rule, resolve_rules
from leadlight.models.candidates.rules_model import RulesModel
from leadlight.models.candidates.season import SeasonalModel
from leadlight.models.scoring.attribution import convert_contributions_to_points, sum_by_topic
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import Threshold
from leadlight.serving.reasons import has_equal_reasons, parse_reasons
from leadlight.serving.text.rounding import display_score
from leadlight.serving.waterfall import round_points

CATALOGUE = FeatureSet(
    (AttributeSpec("industry", "category"), AttributeSpec("employees", "number")),
    (SignalSpec("demo", 1), SignalSpec("unsubscribe", -1)),
    has_activities=True,
    has_age=True,
).catalogue
WORDS = ("steel", "retail", "food", "rare", "never seen")
EXAMPLES = settings(max_examples=30, deadline=None)

ODD = (0.0, -0.0, 1.0, 1e-9, 1e6, -1e6, 1e300, math.nan)
seeds = st.integers(0, 2**32 - 1)
# from nothing at all, over margins that are all but the base, to ones that no float tells from certainty
sizes = st.sampled_from([0.0, 1e-300, 1e-14, 1e-9, 1e-7, 0.01, 1.0, 8.0, 90.0, 700.0])
bases = st.one_of(st.floats(-6, 6), st.sampled_from([0.0, -700.0, 700.0, -37.0, 37.0]))
slopes = st.one_of(st.floats(0.05, 4), st.just(0.01))
calibrators = st.one_of(st.just(PlattCalibrator()), st.builds(PlattCalibrator, slopes, st.floats(-5, 5)))
scales = st.tuples(st.floats(1e-6, 0.6), st.floats(1e-6, 0.39)).map(lambda t: (t[0], t[0] + t[1]))


def frame_of(seed, catalogue=CATALOGUE):
    """A few leads with usual, odd and unknown values; the last one is the first again."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(1, 4))
    columns = {}
    for feature in catalogue.features:
        if feature.kind == "category":
            columns[feature.name] = pd.Series(rng.choice([*WORDS, None], rows), dtype="str")
        else:
            usual = np.where(rng.random(rows) < 0.5, rng.integers(0, 9, rows), rng.uniform(-5, 400, rows))
            columns[feature.name] = pd.Series(np.where(rng.random(rows) < 0.2, rng.choice(ODD, rows), usual))
    return pd.DataFrame(columns).iloc[[*range(rows), 0]].reset_index(drop=True)


def curves_of(seed, size, base, catalogue=CATALOGUE):
    """A logistic model of any curves."""
    rng = np.random.default_rng(seed)
    curves = {}
    for feature in catalogue.features:
        if feature.kind == "category":
            levels = CategoryEncoder(tuple(sorted(WORDS[: rng.integers(0, 4)])))
            curves[feature.name] = ShapeFunction((), levels, tuple(size * rng.uniform(-1, 1, levels.size)))
            continue
        knots = np.unique(rng.uniform(0, 100, rng.integers(0, 5)).round(2))
        curves[feature.name] = ShapeFunction(tuple(knots), None, tuple(size * rng.uniform(-1, 1, len(knots) + 1)))
    return AdditiveLogisticModel(base, curves)


frames = seeds.map(frame_of)
curve_models = st.builds(curves_of, seeds, sizes, bases)


@st.composite
def rule_books(draw):
    topics = st.sampled_from(["industry", "demo", "unsubscribe"])
    rules = []
    for topic in draw(st.lists(topics, max_size=8)):
        points = draw(st.integers(-100, 100)) / 2
        if topic == "industry":
            named = tuple(draw(st.sets(st.sampled_from(WORDS), min_size=1)))
            rules.append(Rule(topic, points, values=named))
        else:
            days, times = draw(st.sampled_from([7, 30, 90])), draw(st.integers(1, 3))
            rules.append(Rule(topic, points, within_days=days, at_least=times))
    names = tuple(CATALOGUE.names)
    return RulesModel(
        names, resolve_rules(rules, CATALOGUE), draw(bases), draw(st.sampled_from([1e-9, 0.02, 1.0, 7.0]))
    )


def random_trees(seed, additive):
    """Trees grown on noise that half depends on the features, with very large leaves for some seeds."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.gamma(1.0, 20.0, 300) for name in CATALOGUE.names})
    frame = frame.mask(rng.random(frame.shape) < 0.2)
    frame["attribute__industry"] = pd.Series(rng.choice([*WORDS[:3], None], 300), dtype="str")
    won = (rng.random(300) < np.where(frame["count_7d__demo"] > 15, 0.6, 0.1)).astype(int)
    columns = DesignMatrix.fit(frame, pd.Series(np.arange(300)), CATALOGUE, 5)
    chosen = {"objective": "binary", "num_threads": 1, "verbosity": -1, "seed": seed, "min_data_in_leaf": 3,
              "learning_rate": 1.0 if seed % 2 else 0.1}  # fmt: skip
    if additive:
        chosen["interaction_constraints"] = [[place] for place in range(len(columns.feature_index))]
    data = lgb.Dataset(columns.transform(frame), won, params={"verbosity": -1})
    return BoostedModel(columns, lgb.train(chosen, data, 1 + 10 * seed))


@pytest.fixture(scope="module")
def trees():
    return [random_trees(seed, additive) for seed in (0, 1, 2) for additive in (True, False)]


@pytest.fixture(scope="module")
def constant():
    """Trees that could not split: one leaf."""
    frame = pd.DataFrame({name: np.zeros(60) for name in CATALOGUE.names})
    frame["attribute__industry"] = pd.Series(["steel"] * 60, dtype="str")
    columns = DesignMatrix.fit(frame, pd.Series(np.arange(60)), CATALOGUE, 5)
    chosen = {"objective": "binary", "num_threads": 1, "verbosity": -1}
    data = lgb.Dataset(columns.transform(frame), np.arange(60) % 3 == 0, params={"verbosity": -1})
    return BoostedModel(columns, lgb.train(chosen, data, 2))


def scorer_of(model, calibrator, scale, catalogue=CATALOGUE):
    bars = dict(zip(("marketing_qualified", "sales_qualified"), scale, strict=True))
    none = (0.0, 0.0, 0.0)
    grades = GradeScale("ABCD", (0.5, 0.1, -0.4)), GradeScale("1234", (0.5, 0.1, -0.4))
    thresholds = {name: Threshold("", bar, none, none, none) for name, bar in bars.items()}
    return Scorer(
        catalogue,
        model,
        calibrator,
        thresholds,
        *grades,
        ScorerMetadata(candidate="any", horizon_days=90, time="dates"),
    )


def holds(scorer, frame):
    """Everything that is promised of the numbers of each lead."""
    base, parts = scorer.model.explain_log_odds(frame)
    assert np.isfinite(parts).all()
    whole, by_feature, scores = convert_contributions_to_points(base, parts, scorer.score_map)
    fit, engagement = sum_group_log_odds(by_feature, scorer.catalogue)
    np.testing.assert_allclose(whole + fit + engagement, scores, rtol=0, atol=1e-6)
    scored = scorer.score(frame)
    assert scored["score"].between(0, 100).all()
    for place, row in enumerate(scored.itertuples()):
        reasons = parse_reasons(row.reasons)
        told = [reason.points for reason in reasons]
        assert abs(row.base_score + math.fsum(told) - row.score) <= 1e-6
        printed = round_points(row.base_score, reasons, row.score)
        assert printed.score == display_score(row.score)
        assert printed.base + sum(printed.points.values()) == printed.score
        groups = {group: [r.points for r in reasons if r.group == group] for group in ("fit", "engagement")}
        assert math.fsum(groups["fit"]) == pytest.approx(fit[place], abs=1e-7)
        assert math.fsum(groups["engagement"]) == pytest.approx(engagement[place], abs=1e-7)
        assert printed.select_group(reasons, "fit") + printed.select_group(reasons, "engagement") == sum(
            printed.points.values()
        )
    explains(scorer, frame, base + parts.sum(axis=1), scored["score"].to_numpy())
    first, last = (scored.iloc[place] for place in (0, -1))  # the same lead twice
    assert first["score"] == pytest.approx(last["score"], abs=1e-9)
    assert has_equal_reasons(parse_reasons(first["reasons"]), parse_reasons(last["reasons"]))


def explains(scorer, frame, margin, score):
    """A shap.Explanation adds up to the score, and to the calibrated log-odds."""
    expected = {"points": score, "log_odds": scorer.calibrator.predict_log_odds(margin)}
    for scale, by in itertools.product(expected, ("topic", "feature")):
        explanation = scorer.explain(frame, scale, by)
        assert np.isfinite(explanation.values).all()
        missed = explanation.base_values + explanation.values.sum(axis=1) - expected[scale]
        # floats cannot keep to less where large parts take each other back
        size = np.abs(explanation.values).sum(axis=1)
        assert (np.abs(missed) <= 1e-9 * np.maximum(1.0, 1e-6 * size)).all()


@given(curve_models, calibrators, scales, frames)
@EXAMPLES
def test_for_any_curves(model, calibrator, scale, frame):
    holds(scorer_of(model, calibrator, scale), frame)


@given(rule_books(), calibrators, scales, frames)
@EXAMPLES
def test_for_any_rule_book(model, calibrator, scale, frame):
    holds(scorer_of(model, calibrator, scale), frame)


@given(which=st.integers(0, 5), calibrator=calibrators, scale=scales, frame=frames)
@EXAMPLES
def test_for_any_trees(trees, which, calibrator, scale, frame):
    model = trees[which]
    holds(scorer_of(model, calibrator, scale), frame)
    raw = model.booster.predict(model.columns.transform(frame), raw_score=True)
    base, parts = model.explain_log_odds(frame)
    np.testing.assert_allclose(base + parts.sum(axis=1), raw, atol=1e-9)


@given(which=st.integers(0, 5), first=curve_models, weight=st.floats(0.01, 0.99), calibrator=calibrators, scale=scales)
@EXAMPLES
def test_for_any_weighted_mean(trees, which, first, weight, calibrator, scale):  # noqa: PLR0917
    mean = WeightedEnsemble((first, trees[which]), (weight, 1 - weight))
    holds(scorer_of(mean, calibrator, scale), frame_of(which))


@given(
    which=st.integers(0, 5),
    season=st.builds(YearlySeason, st.floats(-2, 2), st.floats(-2, 2), st.floats(-1, 1)),
    calibrator=calibrators,
    scale=scales,
    frame=frames,
    day=st.integers(0, 800),
)
@EXAMPLES
def test_for_any_season(trees, which, season, calibrator, scale, frame, day):  # noqa: PLR0917
    night = frame.assign(as_of=pd.Timestamp("2024-01-01") + pd.Timedelta(days=day))
    scorer = scorer_of(SeasonalModel(trees[which], season), calibrator, scale)
    holds(scorer, night)
    assert scorer.score(night)["base_score"].nunique() == 1  # every lead of a night starts from the same value


@given(base=bases, calibrator=calibrators, scale=scales, frame=frames)
@EXAMPLES
def test_for_the_base_rate(base, calibrator, scale, frame):
    holds(scorer_of(ConstantModel(tuple(CATALOGUE.names), base), calibrator, scale), frame)


@pytest.mark.parametrize("kind", ["constant", "points", "logistic", "boosted", "mean", "combined"])
@given(calibrator=calibrators, scale=scales, frame=frames)
@settings(max_examples=15, deadline=None)
def test_for_every_trained_candidate(models, kind, calibrator, scale, frame):
    holds(scorer_of(models[kind], calibrator, scale), frame)


@pytest.mark.parametrize("fit", [lambda margin, won: PlattCalibrator(), fit_platt], ids=["identity", "platt"])
@pytest.mark.parametrize("kind", ["constant", "points", "logistic", "boosted", "mean", "combined"])
def test_for_every_fitted_calibration_of_every_candidate(world, models, kind, fit):
    base, parts = models[kind].explain_log_odds(world.frame)
    calibrator = fit(base + parts.sum(axis=1), world.won)
    holds(scorer_of(models[kind], calibrator, (0.3, 0.6)), world.frame.iloc[[*range(40), 0]])


@given(calibrator=calibrators, scale=scales, frame=frames)
@EXAMPLES
def test_for_trees_of_one_leaf(constant, calibrator, scale, frame):
    holds(scorer_of(constant, calibrator, scale), frame)
    assert (constant.explain_log_odds(frame)[1] == 0).all()


ONE = FeatureSet((AttributeSpec("employees", "category"),), (), has_activities=False, has_age=False).catalogue


@given(seeds, sizes, bases, calibrators, scales)
@EXAMPLES
def test_for_a_model_of_one_feature(seed, size, base, calibrator, scale):
    assert len(ONE.features) == 1
    model = curves_of(seed, size, base, ONE)
    holds(scorer_of(model, calibrator, scale, ONE), frame_of(seed, ONE))


@given(bases, st.lists(st.floats(-700, 700), min_size=1, max_size=6), calibrators, scales)
@settings(max_examples=200, deadline=None)
def test_for_parts_that_take_each_other_back(base, values, calibrator, scale):
    """The margin is that of the base, or all but it, while single parts are large."""
    rest = np.array([0.0, 1e-15, -1e-12, 1e-9, -1e-7, 1e-5])
    row = np.array([[*values, *(-value for value in values), left] for left in rest])
    score_map = scorer_of(None, calibrator, scale).score_map
    whole, found, scores = convert_contributions_to_points(base, row, score_map)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(whole + found.sum(axis=1), scores, rtol=0, atol=1e-6)
    together = sum_by_topic(found, ["all"] * row.shape[1], ["all"])[:, 0]
    np.testing.assert_allclose(together, scores - whole, rtol=0, atol=1e-6)
