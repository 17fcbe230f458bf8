"""What earlier models said on the scale of the one that serves: order of the first, values of the second."""

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import kendalltau

from leadlight.models.calibration.equipercentile import link_equipercentile
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.thresholds import select_threshold

VALUES = st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 2), st.floats(0.1, 5)), min_size=2, max_size=60)
FRESH = st.lists(st.floats(-5, 5), min_size=1, max_size=40)


@given(VALUES, FRESH)
def test_order_and_ties_are_those_told_and_means_those_served(rows, fresh):
    told, origin, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    moved = link_equipercentile(told, np.array(fresh), origin, weight)
    assert moved.min() >= min(fresh) - 1e-9
    assert moved.max() <= max(fresh) + 1e-9
    for one in np.unique(origin):
        own = origin == one
        assert np.average(moved[own], weights=weight[own]) == pytest.approx(np.mean(fresh), abs=1e-9)
        order = np.argsort(told[own], kind="stable")
        assert (np.diff(moved[own][order]) >= -1e-9).all()
        for value in np.unique(told[own]):
            assert len(set(moved[own & (told == value)])) == 1


@given(VALUES, FRESH)
def test_a_snapshot_of_weight_two_is_two_of_weight_one(rows, fresh):
    told, origin, _ = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    twice = np.arange(len(told)) % 3 == 0
    heavy = link_equipercentile(told, np.array(fresh), origin, 1.0 + twice)
    again = np.concatenate([np.arange(len(told)), np.flatnonzero(twice)])
    double = link_equipercentile(told[again], np.array(fresh), origin[again], np.ones(len(again)))
    np.testing.assert_allclose(heavy, double[: len(told)], atol=1e-9)


def test_without_ties_and_with_as_many_fresh_ones_the_values_are_exactly_those_served():
    rng = np.random.default_rng(2)
    told, served, origin = rng.normal(size=300), rng.normal(1, 3, 100), np.repeat([0, 1, 2], 100)
    moved = link_equipercentile(told, served, origin, np.ones(300))
    for one in (0, 1, 2):
        own = origin == one
        np.testing.assert_allclose(np.sort(moved[own]), np.sort(served), atol=1e-9)
        assert kendalltau(told[own], moved[own]).statistic == pytest.approx(1)


def test_models_of_another_zero_and_spread_are_told_alike():
    rng = np.random.default_rng(4)
    true, origin = np.tile(rng.normal(size=1000), 3), np.repeat([0, 1, 2], 1000)
    told = true * np.array([0.8, 1.2, 1.0])[origin] + np.array([0.5, -0.2, 0.1])[origin]
    served = true * 1.1 + 0.3
    moved = link_equipercentile(told, served[rng.permutation(3000)], origin, np.ones(3000))
    np.testing.assert_allclose(moved, served, atol=1e-9)


def fit_trees(X, won):
    """Fit trees that overfit, as the fewer rows they learn from the more."""
    parameters = {"objective": "binary", "num_leaves": 15, "min_data_in_leaf": 5, "num_threads": 1, "verbosity": -1}
    booster = lgb.train(parameters, lgb.Dataset(X, won, params={"verbosity": -1}), 25)
    return lambda rows: booster.predict(rows, raw_score=True)


def choose_share(wins, seed, to_learned=False):
    """Share of leads to come that the sentence "top 5 percent" selects, of a model that learned from all."""
    rng = np.random.default_rng(seed)
    leads, effects = wins * 10, np.array([0.8, 0.5, 0.3] + [0.0] * 7)

    def draw(count):
        X = rng.normal(size=(count, 10))
        return X, (rng.random(count) < expit(X @ effects - 2.7)).astype(int)

    X, won = draw(leads)
    parts = np.array_split(np.arange(leads), 5)[2:]
    told, origin = [], np.repeat(np.arange(3), [len(part) for part in parts])
    for part in parts:
        told.append(fit_trees(X[: part[0]], won[: part[0]])(X[part]))
    serve = fit_trees(X, won)
    unfinished, later = draw(leads // 4)[0], draw(20_000)[0]
    scores = np.concatenate(told)
    scores = link_equipercentile(scores, serve(X if to_learned else unfinished), origin, np.ones(len(scores)))
    scored = ScoredSnapshots(expit(scores), np.concatenate([won[part] for part in parts]), np.arange(len(scores)))
    threshold = select_threshold("top 5 percent", scored, 0, 1).probability
    return float((expit(serve(later)) >= threshold).mean())


@pytest.mark.slow
@pytest.mark.parametrize(("wins", "seeds"), [(130, 100), (250, 80), (700, 60)])
def test_top_5_percent_selects_as_many_of_leads_to_come(wins, seeds):
    shares = [choose_share(wins, seed) for seed in range(seeds)]
    assert 0.047 <= np.mean(shares) <= 0.053


def test_linking_to_snapshots_that_the_model_learned_from_would_select_fewer():
    """A model spreads its own training rows wider than others: what the law above is there for."""
    assert np.mean([choose_share(130, seed, to_learned=True) for seed in range(10)]) < 0.047
