"""Every candidate explains itself exactly, against shap; survives writing; keeps declared directions."""

import numpy as np
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from leadlight.models.calibration.parametric import calculate_log_losses
from leadlight.models.candidates.base import load_model, margins, save_model
from leadlight.models.candidates.boosted import BoostedModel
from leadlight.models.candidates.built_in.combined import MIN_WEIGHT, estimate_weights
from leadlight.models.candidates.ensemble import WeightedEnsemble

KINDS = ["constant", "points", "logistic", "boosted", "mean", "combined"]
LEARNED = KINDS[2:]


def test_parts_of_trees_are_those_of_shap(world, models):
    model = models["boosted"].members[0]
    matrix = model.columns.transform(world.frame.head(60))
    explained = shap.TreeExplainer(model.booster)(matrix)
    by_feature = np.zeros((60, len(model.columns.features)))
    for column, owner in enumerate(model.columns.feature_index):
        by_feature[:, owner] += explained.values[:, column]
    base, parts = model.explain_log_odds(world.frame.head(60))
    np.testing.assert_allclose(parts, by_feature, atol=1e-9)
    np.testing.assert_allclose(base, model.start + explained.base_values, atol=1e-9)


@pytest.mark.parametrize("name", ["constant", "points", "logistic", "boosted", "mean", "combined"])
def test_log_odds_without_parts_are_base_and_parts(world, models, name):
    base, parts = models[name].explain_log_odds(world.frame)
    np.testing.assert_allclose(margins(models[name], world.frame), base + parts.sum(axis=1), rtol=0, atol=1e-9)


def test_base_and_parts_of_a_bag_add_up_to_the_mean_of_its_trees(world, models):
    bag = models["boosted"]
    assert len(bag.members) == 3
    assert all(isinstance(member, BoostedModel) for member in bag.members)
    raw = [m.start + m.booster.predict(m.columns.transform(world.frame), raw_score=True) for m in bag.members]
    np.testing.assert_allclose(margins(bag, world.frame), np.mean(raw, axis=0), atol=1e-9)


def test_the_mean_is_that_of_the_learned_candidates_out_of_time_and_after(world, models, judged):
    after = (margins(models["logistic"], world.frame) + margins(models["boosted"], world.frame)) / 2
    np.testing.assert_allclose(margins(models["mean"], world.frame), after, atol=1e-9)
    told = (judged["logistic"].out_of_time.margin + judged["boosted"].out_of_time.margin) / 2
    np.testing.assert_allclose(judged["mean"].out_of_time.margin, told, atol=1e-12)


def test_the_base_rate_says_the_same_of_all(world, models, judged):
    assert next(iter(judged)) == "constant"
    found = margins(models["constant"], world.frame)
    assert np.ptp(found) == 0
    assert expit(found[0]) == pytest.approx(world.won.mean(), abs=0.001)


@pytest.mark.parametrize("kind", KINDS)
def test_a_written_model_gives_the_same_parts_feature_by_feature(world, models, kind, tmp_path):
    save_model(models[kind], tmp_path / kind)
    base, parts = models[kind].explain_log_odds(world.frame)
    base_again, parts_again = load_model(tmp_path / kind).explain_log_odds(world.frame)
    assert base_again == base
    np.testing.assert_array_equal(parts_again, parts)
    files = [path.suffix for path in (tmp_path / kind).rglob("*") if path.is_file()]
    assert set(files) <= {".json", ".txt"}


@pytest.mark.parametrize("kind", ["points", "logistic", "boosted"])
def test_more_of_a_raising_signal_never_lowers_and_of_a_lowering_one_never_raises(world, models, kind):
    frame = world.frame.head(500)
    before = margins(models[kind], frame)
    for feature in world.catalogue.features:
        if feature.monotonicity == 0:
            continue
        change = margins(models[kind], frame.assign(**{feature.name: frame[feature.name] + 1.5})) - before
        known = frame[feature.name].notna().to_numpy()
        assert (feature.monotonicity * change[known] >= -1e-9).all(), feature.name


@pytest.mark.parametrize("kind", LEARNED)
def test_candidates_find_what_the_world_was_made_of(world, models, kind):
    _, parts = models[kind].explain_log_odds(world.frame)
    strength = dict(zip(world.catalogue.names, parts.std(axis=0), strict=True))
    assert max(strength, key=lambda name: strength[name]) == "count_7d__demo"
    assert strength["attribute__industry"] > strength["attribute__employees"]


kinds = st.sampled_from(["constant", "points", "logistic", "boosted"])


@given(st.lists(st.tuples(kinds, st.floats(0.01, 1)), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_a_weighted_mean_is_additive_whatever_its_members_and_weights(world, models, drawn):
    frame = world.frame.head(20)
    members = tuple(models[kind] for kind, _ in drawn)
    weights = np.array([weight for _, weight in drawn])
    ensemble = WeightedEnsemble(members, tuple(weights / weights.sum()))
    expected = sum(w * margins(model, frame) for w, model in zip(ensemble.weights, members, strict=True))
    base, parts = ensemble.explain_log_odds(frame)
    assert parts.shape == (20, len(world.catalogue.names))
    np.testing.assert_allclose(base + parts.sum(axis=1), expected, atol=1e-9)
    each = [model.explain_log_odds(frame)[1] for model in members]
    np.testing.assert_allclose(parts, np.average(each, axis=0, weights=ensemble.weights), atol=1e-12)


def test_a_mean_within_a_mean_is_read_back_with_its_weights(world, models, tmp_path):
    ensemble = WeightedEnsemble((models["boosted"], models["logistic"]), (0.3, 0.7))
    save_model(ensemble, tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.weights == (0.3, 0.7)
    np.testing.assert_array_equal(margins(again, world.frame), margins(ensemble, world.frame))


outcomes = st.integers(0, 10_000)


@given(outcomes, st.integers(2, 4), st.integers(0, 3000))
@settings(max_examples=40, deadline=None)
def test_weights_are_not_negative_and_add_up_to_one(seed, members, wins):
    rng = np.random.default_rng(seed)
    won = rng.integers(0, 2, 60)
    weights = estimate_weights(rng.normal(0, rng.uniform(0, 4, (members, 1)), (members, 60)), won, wins)
    assert weights.sum() == pytest.approx(1.0)
    assert ((weights == 0) | (weights >= MIN_WEIGHT)).all()


@pytest.mark.parametrize("wins", [0, 3])
def test_weights_are_equal_where_wins_are_few(wins):
    rng = np.random.default_rng(1)
    truth = rng.normal(-1, 1, 500)
    won = (rng.random(500) < expit(truth)).astype(int)
    weights = estimate_weights(np.stack([truth, rng.normal(0, 2, 500)]), won, wins)
    np.testing.assert_allclose(weights, 0.5, atol=0.006)


def test_with_many_wins_the_weights_are_those_of_the_least_loss():
    rng = np.random.default_rng(2)
    signals = rng.normal(0, 1, (2, 8000))
    truth = signals[0] + signals[1] - 1
    won = (rng.random(8000) < expit(truth)).astype(int)
    told = np.stack([2.4 * signals[0] - 1, 1.6 * signals[1] - 1])
    grid = np.linspace(0, 1, 201)
    best = grid[np.argmin([calculate_log_losses(np.array([w, 1 - w]) @ told, won).mean() for w in grid])]
    assert estimate_weights(told, won, 10**9)[0] == pytest.approx(best, abs=0.01)
    useless = estimate_weights(np.stack([truth, rng.normal(0, 3, 8000)]), won, 10**9)
    np.testing.assert_allclose(useless, [1, 0])


def test_weights_out_of_time_are_those_of_the_other_folds_and_each_member_keeps_its_settings(judged):
    combined = judged["combined"].settings
    assert sum(combined["weights"].values()) == pytest.approx(1.0)
    assert combined["members"] == {name: judged[name].settings for name in combined["weights"]}
    told = sum(w * judged[name].out_of_time.margin for name, w in combined["weights"].items())
    np.testing.assert_allclose(judged["combined"].out_of_time.margin, told, atol=1e-9)  # one fold has no others
