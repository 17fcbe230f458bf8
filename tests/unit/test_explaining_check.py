"""What explaining costs is counted and chosen by; a sample of each night is explained a second time."""

import dataclasses

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from leadlight.features.errors import BundleError
from leadlight.models.candidates import tree_shap
from leadlight.models.candidates.base import AverageEnsemble, load_model, save_model
from leadlight.models.candidates.boosted import BoostedModel, DesignMatrix
from leadlight.models.candidates.tree_shap import TreeShap
from leadlight.models.scoring.attribution_check import verify_contributions
from leadlight.models.training.selection import select_candidate

KINDS = ["points", "logistic", "additive", "interactions", "blend"]


@pytest.fixture(scope="module")
def night(world):
    """More leads than are explained by LightGBM's own walk."""
    frame = pd.concat([world.frame] * 2, ignore_index=True)
    assert len(frame) > tree_shap.MIN_TABLE_ROWS
    return frame.assign(lead_id=[f"L-{i:05d}" for i in range(len(frame))])


@pytest.mark.parametrize("kind", KINDS)
def test_every_candidate_passes_its_check(models, night, kind):
    verify_contributions(models[kind], night)
    verify_contributions(models[kind], night.head(3))
    verify_contributions(models[kind], night.head(0))


@pytest.mark.parametrize("kind", KINDS)
def test_the_reference_is_what_is_told(world, models, kind):
    base, parts = models[kind].explain_log_odds(world.frame)
    expected_base, expected = models[kind].explain_with_reference(world.frame)
    np.testing.assert_allclose(parts, expected, rtol=0, atol=1e-12)
    assert base == pytest.approx(expected_base, abs=1e-12)
    assert models[kind].features == tuple(world.catalogue.names)


def test_the_check_is_red_when_a_value_of_a_table_is_altered(models, night):
    altered = dataclasses.replace(models["additive"])
    table = altered.scorecard.numbers["count_7d__demo"]
    table.values[1:] += 0.01
    with pytest.raises(BundleError) as raised:
        verify_contributions(altered, night)
    text = str(raised.value)
    assert "count_7d__demo" in text
    lead = next(name for name in night["lead_id"] if name in text)
    _, parts = altered.explain_log_odds(night[night["lead_id"] == lead])
    got = parts[0, altered.features.index("count_7d__demo")]
    assert f"must be {got - 0.01:.6f} log-odds" in text
    assert f"Got {got:.6f}." in text


def test_the_check_sees_what_only_a_whole_night_goes_through(models, night, monkeypatch):
    by_tables = TreeShap._by_tables

    def swapped(self, matrix):  # still adds up
        return by_tables(self, matrix)[:, ::-1].copy()

    monkeypatch.setattr(TreeShap, "_by_tables", swapped)
    for kind in ("interactions", "blend"):
        model = models[kind]
        if kind == "blend":
            model = AverageEnsemble(models["logistic"], models["interactions"])
        with pytest.raises(BundleError, match="as its reference computes it"):
            verify_contributions(model, night)


def test_the_check_is_red_when_parts_do_not_add_up(models, night):
    class Shifted:
        features = models["logistic"].features
        explain_with_reference = staticmethod(models["logistic"].explain_log_odds)

        def explain_log_odds(self, frame):
            base, parts = models["logistic"].explain_log_odds(frame)
            return base + 2e-6, parts

    with pytest.raises(BundleError, match=r"must add up to its margin of -?\d"):
        verify_contributions(Shifted(), night)


def test_the_sample_is_that_of_the_leads_and_not_of_their_order(models, night, monkeypatch):
    seen = []
    model = models["logistic"]
    monkeypatch.setattr(
        type(model),
        "explain_with_reference",
        lambda self, frame: (seen.append(set(frame["lead_id"])), self.explain_log_odds(frame))[1],
    )
    verify_contributions(model, night)
    verify_contributions(model, night.sample(frac=1, random_state=1))
    verify_contributions(model, night[night["lead_id"].isin(seen[0]) | (night.index % 3 > 0)])
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) == 25


def test_cost_is_counted_from_the_model(world, models, tmp_path):
    features = len(world.catalogue.names)
    costs = {kind: models[kind].explanation_cost for kind in KINDS}
    assert costs["points"] == costs["logistic"] == costs["additive"] == features
    assert costs["interactions"] > features
    blend = models["blend"]
    assert costs["blend"] == blend.first.explanation_cost + blend.second.explanation_cost
    for kind in KINDS:
        save_model(models[kind], tmp_path / kind)
        assert load_model(tmp_path / kind).explanation_cost == costs[kind]


def test_cost_of_one_tree_is_that_of_its_drawing():
    x, y = (grid.ravel().astype(float) for grid in np.meshgrid(np.arange(8), np.arange(8)))
    won = (4.0 * (x > 3) * (1 + (y > 3))).repeat(4)
    X = np.column_stack([x, y]).repeat(4, axis=0)
    tree = {"objective": "l2", "num_leaves": 3, "min_data_in_leaf": 2, "verbosity": -1, "num_threads": 1}

    def grown(**more):
        data = lgb.Dataset(X, won, params={"verbosity": -1})
        return BoostedModel(DesignMatrix(("x", "y"), {}), lgb.train(tree | more, data, num_boost_round=1))

    # x alone leads to one leaf; x and y lead to two
    assert sorted(grown().trees.path_columns) == [1, 2, 2]
    assert grown().explanation_cost == 1 + 2 + 2
    # what only LightGBM reads right is walked: squares
    assert grown(zero_as_missing=True).explanation_cost == 1 + 4 + 4
    assert grown(interaction_constraints=[[0], [1]]).explanation_cost == 2


def judged(noise):
    """Out-of-time log-odds of candidates: the truth with some noise each."""
    rng = np.random.default_rng(4)
    truth = rng.normal(-1, 1.5, 4000)
    won = (rng.random(4000) < expit(truth)).astype(int)
    return {name: truth + rng.normal(0, scale, 4000) for name, scale in noise.items()}, won, np.arange(4000)


def test_of_those_within_one_standard_error_the_cheapest_to_explain_serves():
    margins = judged({"logistic": 2.0, "interactions": 0.0, "blend": 0.01})
    assert select_candidate(*margins, {"logistic": 9, "interactions": 500, "blend": 18}).name == "blend"
    choice = select_candidate(*margins, {"logistic": 9, "interactions": 18, "blend": 500})
    assert choice.name == "interactions"
    assert choice.explanation_cost == {"logistic": 9, "interactions": 18, "blend": 500}


def test_of_equally_cheap_ones_the_simplest_serves_and_what_is_worse_never_does():
    margins = judged({"points": 2.0, "logistic": 0.01, "additive": 0.0})
    costs = dict.fromkeys(("points", "logistic", "additive"), 9)
    assert select_candidate(*margins, costs).name == "logistic"
    assert select_candidate(*margins, costs | {"points": 1}).name == "logistic"
