"""Trees are explained by tables: the same as shap and LightGBM say, for every kind and every odd value."""

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.models.candidates import tree_shap
from leadlight.models.candidates.boosted import BoostedModel, DesignMatrix
from leadlight.models.candidates.ensemble import WeightedEnsemble
from leadlight.models.candidates.tree_shap import MIN_TABLE_ROWS, TreeShap, can_explain_by_tables, compute_lightgbm_shap

TINY = float(np.float32(1e-35))
ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0, TINY, -TINY, 1e-36, -1e-36, 1e300, -1e300)


def grown(X, won, rounds=20, **settings):
    """Trees of a matrix, whose columns are number features."""
    plain = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5, "num_leaves": 7}
    settings = plain | settings
    booster = lgb.train(settings, lgb.Dataset(X, won, params={"verbosity": -1}), num_boost_round=rounds)
    return BoostedModel(DesignMatrix(tuple(f"x{i}" for i in range(X.shape[1])), {}), booster)


def drawn(rng, rows=600, columns=6):
    X = rng.normal(size=(rows, columns)).round(1)
    X[:, ::2] = rng.poisson(1.0, X[:, ::2].shape)
    X[rng.random(X.shape) < 0.15] = np.nan
    margin = np.nan_to_num(X[:, 0] * X[:, -1] - X[:, columns // 2])
    return X, (rng.random(rows) < 1 / (1 + np.exp(-margin))).astype(int)


def odd_values(model, X):
    """The rows, and as many again with odd values and with values exactly at thresholds in them."""
    strange = X.copy()
    rng = np.random.default_rng(5)
    nodes = model.booster.trees_to_dataframe()
    for column in range(X.shape[1]):
        thresholds = nodes.loc[nodes["split_feature"] == f"Column_{column}", "threshold"].astype(float).unique()
        values = np.array([*ODD, *thresholds, *np.nextafter(thresholds, np.inf)])
        strange[:, column] = rng.choice(values, len(X))
    return pd.DataFrame(np.vstack([X, strange]), columns=model.features)


@pytest.fixture(params=["by tables", "by walk"])
def way(request, monkeypatch):
    """Both ways of explaining trees with interactions."""
    monkeypatch.setattr(tree_shap, "MIN_TABLE_ROWS", 0 if request.param == "by tables" else 10**9)


def odd_world(world):
    """The world with thresholds, infinities, zeros and levels that training never saw."""
    frame, rng = world.frame.copy(), np.random.default_rng(6)
    for name in frame.columns.difference(["attribute__industry"]):
        known = np.append(frame[name].dropna().unique(), ODD)
        frame[name] = np.where(rng.random(len(frame)) < 0.3, rng.choice(known, len(frame)), frame[name])
    levels = pd.Series(rng.choice(["steel", "never seen", ""], len(frame)), dtype="str")
    frame["attribute__industry"] = frame["attribute__industry"].mask(rng.random(len(frame)) < 0.3, levels)
    return frame


def by_shap(model, frame):
    """Base and parts of a candidate, trees as shap.TreeExplainer explains them."""
    if isinstance(model, WeightedEnsemble):
        pairs = [(weight, *by_shap(m, frame)) for weight, m in zip(model.weights, model.members, strict=True)]
        return sum(w * base for w, base, _ in pairs), sum(w * parts for w, _, parts in pairs)
    if not isinstance(model, BoostedModel):
        return model.explain_log_odds(frame)
    explained = shap.TreeExplainer(model.booster)(model.columns.transform(frame))
    by_feature = np.zeros((len(frame), len(model.features)))
    for column, owner in enumerate(model.columns.feature_index):
        by_feature[:, owner] += explained.values[:, column]
    return model.start + explained.base_values[0], by_feature


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("kind", ["boosted", "combined"])
def test_parts_are_those_of_shap_whatever_the_values(world, models, kind):
    frame = odd_world(world)
    base, parts = models[kind].explain_log_odds(frame)
    expected_base, expected = by_shap(models[kind], frame)
    np.testing.assert_allclose(parts, expected, rtol=0, atol=1e-9)
    assert base == pytest.approx(expected_base, abs=1e-12)


worlds = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "rows": st.integers(20, 400),
        "columns": st.integers(1, 8),
        "num_leaves": st.integers(2, 11),
        "min_data_in_leaf": st.sampled_from([1, 5, 50]),
        "use_missing": st.booleans(),
        "zero_as_missing": st.booleans(),
        "bagging_fraction": st.sampled_from([0.5, 1.0]),
    }
)


@given(worlds)
@settings(max_examples=30, deadline=None)
def test_any_trees_are_explained_as_lightgbm_explains_them(world):
    seed, rows, columns = (world.pop(key) for key in ("seed", "rows", "columns"))
    X, won = drawn(np.random.default_rng(seed), rows, columns)
    model = grown(X, won, rounds=8, bagging_freq=1, seed=seed, **world)
    frame = odd_values(model, X)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree_shap, "MIN_TABLE_ROWS", 0)
        base, parts = model.explain_log_odds(frame)
    expected_base, expected = compute_lightgbm_shap(model.booster, frame.to_numpy())
    np.testing.assert_allclose(parts, expected, rtol=0, atol=1e-9)
    assert base == expected_base
    raw = model.booster.predict(frame.to_numpy(), raw_score=True)
    np.testing.assert_allclose(base + parts.sum(axis=1), raw, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", ["boosted", "combined"])
def test_a_lead_alone_is_explained_as_in_any_batch(world, models, kind, monkeypatch):
    frame = pd.concat([odd_world(world)] * 2, ignore_index=True)
    assert len(frame) > MIN_TABLE_ROWS
    base, parts = models[kind].explain_log_odds(frame)
    monkeypatch.setattr("leadlight.models.candidates.boosted.CHUNK", 701)
    for batch in (1, 2, 50, MIN_TABLE_ROWS, len(frame)):
        some = frame.iloc[:50] if batch <= 50 else frame
        again = [models[kind].explain_log_odds(some.iloc[i : i + batch]) for i in range(0, len(some), batch)]
        assert {found for found, _ in again} == {base}
        found = np.vstack([found for _, found in again])
        np.testing.assert_allclose(found, parts[: len(some)], rtol=0, atol=1e-9)


def test_large_trees_are_explained_by_lightgbm():
    X, won = drawn(np.random.default_rng(2), rows=4000)
    model = grown(X, won, num_leaves=31)
    assert not can_explain_by_tables(model.booster)
    assert can_explain_by_tables(grown(X, won, num_leaves=11).booster)
    _, parts = model.explain_log_odds(pd.DataFrame(X, columns=model.features))
    np.testing.assert_allclose(parts, compute_lightgbm_shap(model.booster, X)[1], rtol=0, atol=1e-9)


def test_where_zero_counts_as_missing_lightgbm_explains_for_the_tables_are_wrong():
    X, won = drawn(np.random.default_rng(1), rows=4000)
    model = grown(X, won, zero_as_missing=True)
    expected = compute_lightgbm_shap(model.booster, X)[1]
    _, parts = model.explain_log_odds(pd.DataFrame(X, columns=model.features))
    np.testing.assert_allclose(parts, expected, rtol=0, atol=1e-9)
    assert not can_explain_by_tables(model.booster)
    wrong = TreeShap(model.booster)._by_tables(X)
    assert np.abs(wrong - expected).max() > 0.05  # what the guard is for; without this it may go


def test_trees_that_split_categories_are_explained_by_lightgbm():
    X, won = drawn(np.random.default_rng(2), rows=4000)
    X = np.nan_to_num(np.abs(X))
    data = lgb.Dataset(X, won, categorical_feature=[0], params={"verbosity": -1})
    booster = lgb.train(
        {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 7}, data, num_boost_round=20
    )
    model = BoostedModel(DesignMatrix(tuple(f"x{i}" for i in range(6)), {}), booster)
    _, parts = model.explain_log_odds(pd.DataFrame(X, columns=model.features))
    np.testing.assert_allclose(parts, compute_lightgbm_shap(booster, X)[1], rtol=0, atol=1e-9)
    assert not can_explain_by_tables(booster)


@pytest.fixture
def interacting():
    X, won = drawn(np.random.default_rng(3), rows=3000)
    return grown(X, won), X


@pytest.mark.parametrize("wrong", [np.nan, 0.0, 1e-3])
def test_leads_whose_tables_miss_their_margin_are_explained_by_lightgbm(interacting, monkeypatch, wrong):
    model, X = interacting
    expected = compute_lightgbm_shap(model.booster, X)[1]

    def spoiled(self, matrix):
        parts = expected.copy()
        parts[10:20] = parts[10:20] + wrong if wrong else 0.0
        return parts

    monkeypatch.setattr(TreeShap, "_by_tables", spoiled)
    _, parts = model.explain_log_odds(pd.DataFrame(X, columns=model.features))
    np.testing.assert_allclose(parts, expected, rtol=0, atol=1e-12)


def test_what_rounding_lost_is_spread_without_new_signs_or_reasons(interacting, monkeypatch):
    model, X = interacting
    exact = compute_lightgbm_shap(model.booster, X)[1]
    exact[:, 2] = 0.0  # a column that says nothing
    rounded = exact.astype(np.float32).astype(float)
    monkeypatch.setattr(tree_shap, "TOLERANCE", np.inf)
    monkeypatch.setattr(TreeShap, "_by_tables", lambda self, matrix: rounded.copy())
    base, parts = model.explain_log_odds(pd.DataFrame(X, columns=model.features))
    raw = model.booster.predict(X, raw_score=True)
    np.testing.assert_allclose(base + parts.sum(axis=1), raw, rtol=0, atol=1e-12)
    assert (parts[:, 2] == 0).all()
    missing = np.abs(raw - base - rounded.sum(axis=1)) < np.abs(rounded).sum(axis=1)
    np.testing.assert_array_equal(np.sign(parts[missing]), np.sign(rounded[missing]))


def test_trees_without_a_split_have_a_base_and_no_parts():
    rng = np.random.default_rng(4)
    model = grown(rng.normal(size=(60, 2)), np.arange(60) % 3 == 0, min_data_in_leaf=50)
    frame = pd.DataFrame(rng.normal(size=(MIN_TABLE_ROWS + 1, 2)), columns=model.features)
    base, parts = model.explain_log_odds(frame)
    assert base == pytest.approx(np.log(1 / 2))
    assert not parts.any()


@pytest.mark.parametrize("kind", ["boosted", "combined"])
def test_of_nobody_only_the_base_is_told(world, models, kind):
    base, parts = models[kind].explain_log_odds(world.frame.head(0))
    assert parts.shape == (0, len(world.catalogue.names))
    assert base == models[kind].explain_log_odds(world.frame.head(3))[0]
