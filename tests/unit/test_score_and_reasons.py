"""The score is anchored and strictly increasing; reasons add up to it exactly, whatever the model."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.features.errors import BundleError, PolicyError
from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.scoring.attribution import convert_contributions_to_points, sum_by_topic
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scale import ScoreMap, ScoreScale
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import Threshold

scales = st.tuples(st.floats(0.001, 0.6), st.floats(0.001, 0.39)).map(lambda t: ScoreScale(t[0], t[0] + t[1]))
calibrators = st.builds(PlattCalibrator, st.floats(0.05, 4), st.floats(-4, 4))
maps = st.builds(ScoreMap, calibrators, scales)
parts = st.lists(st.floats(-8, 8), min_size=1, max_size=12)


def test_anchors_are_fifty_and_eighty_exactly():
    scale = ScoreScale(0.037, 0.161)
    assert scale.score(np.array([0.0, 0.037, 0.161, 1.0])).tolist() == [0.0, 50.0, 80.0, 100.0]


@given(scales, st.lists(st.floats(0, 1), min_size=2, max_size=20, unique_by=lambda p: round(p, 6)))
def test_the_score_is_strictly_increasing_in_the_probability(scale, values):
    assert (np.diff(scale.score(np.sort(values))) > 0).all()


@pytest.mark.parametrize("pair", [(0.3, 0.3), (0.4, 0.2), (0.0, 0.5), (0.5, 1.0)])
def test_thresholds_that_do_not_rise_are_refused_in_a_sentence(pair):
    with pytest.raises(PolicyError, match="must be stricter"):
        ScoreScale(*pair)


@given(maps, st.floats(-6, 6), parts)
@settings(max_examples=300)
def test_base_and_points_add_up_to_the_score_and_keep_signs_and_order(score_map, base, values):
    row = np.array([values])
    base_score, found, scores = convert_contributions_to_points(base, row, score_map)
    assert abs(base_score + found.sum() - scores[0]) <= 1e-6
    assert scores[0] == pytest.approx(float(score_map.score(np.array(base + row.sum()))), abs=1e-9)
    np.testing.assert_array_equal(np.sign(found[0]), np.sign(np.where(found[0] == 0, 0, row[0])))
    assert (np.diff(found[0][np.argsort(row[0])]) >= -1e-12).all()


@given(maps, st.floats(-6, 6), st.floats(0.1, 5), st.sampled_from([0.0, 1e-15, -1e-12, 1e-9, 1e-7]))
def test_points_stay_finite_and_add_up_where_the_margin_is_that_of_the_base(score_map, base, size, rest):
    row = np.array([[size, -size + rest]])
    base_score, found, scores = convert_contributions_to_points(base, row, score_map)
    assert np.isfinite(found).all()
    assert abs(base_score + found.sum() - scores[0]) <= 1e-6
    assert np.sign(found[0, 0]) == 1


def test_at_the_base_points_follow_the_slope_of_the_score():
    score_map = ScoreMap(PlattCalibrator(), ScoreScale(0.3, 0.6))
    _, found, _ = convert_contributions_to_points(-1.0, np.array([[0.5, -0.5]]), score_map)
    p = 1 / (1 + np.exp(1.0))
    assert found[0, 0] == pytest.approx(0.5 * (50 / 0.3) * p * (1 - p))


def test_topics_sum_their_features():
    values = np.array([[1.0, 2.0, 4.0]])
    assert sum_by_topic(values, ["a", "b", "a"], ["b", "a"]).tolist() == [[2.0, 5.0]]


def threshold(p):
    return Threshold("probability", p, (0, 0, 0), (0, 0, 0), (0, 0, 0))


def scorer_of(world, model, calibrator=None):
    return Scorer(
        world.catalogue,
        model,
        calibrator or PlattCalibrator(1.2, -0.3),
        {"marketing_qualified": threshold(0.3), "sales_qualified": threshold(0.6)},
        GradeScale("ABCD", (0.5, 0.1, -0.4)),
        GradeScale("1234", (np.inf, 0.2, -0.2)),
        ScorerMetadata(candidate="any", horizon_days=90, time="dates", spellings={"industry": {"steel": "Steel"}}),
    )


@pytest.mark.parametrize("kind", ["points", "logistic", "boosted", "mean", "combined"])
def test_what_is_written_for_each_lead_adds_up_for_every_candidate(world, models, kind):
    scored = scorer_of(world, models[kind]).score(world.frame)
    for row in scored.itertuples():
        reasons = json.loads(row.reasons)
        assert abs(row.base_score + sum(r["points"] for r in reasons) - row.score) <= 1e-6
        assert [r["topic"] for r in reasons] == [t.key for t in world.catalogue.topics]
    assert scored["score"].between(0, 100).all()
    assert (scored["stage"] == "sales_qualified").equals(scored["probability"] >= 0.6)
    assert scored["score"].corr(scored["probability"], method="spearman") == pytest.approx(1.0)


def test_leads_of_different_histories_have_different_reasons(world, models):
    scored = scorer_of(world, models["combined"]).score(world.frame)
    assert scored["reasons"].nunique() > 0.99 * len(world.frame)


def test_values_are_shown_in_the_spelling_of_the_source_and_unknown_as_null(world, models):
    reasons = scorer_of(world, models["logistic"]).score(world.frame)["reasons"].map(json.loads)
    industry = [r[0]["value"] for r in reasons]
    assert set(industry) == {"Steel", "retail", "food", "rare", None}
    signal = next(reason for reason in reasons[0] if reason["group"] == "engagement")
    assert set(signal["value"]) == {"count_7d", "count_30d", "count_90d", "days_since_last"}
    assert isinstance(signal["value"]["count_7d"], int)


def test_a_frame_without_a_column_is_refused_in_a_sentence(world, models):
    with pytest.raises(BundleError, match="must have the column attribute__employees"):
        scorer_of(world, models["logistic"]).score(world.frame.drop(columns="attribute__employees"))


def test_no_row_in_gives_no_row_out(world, models):
    for model in models.values():
        assert scorer_of(world, model).score(world.frame.head(0)).empty
