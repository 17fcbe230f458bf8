"""Every candidate explains itself exactly, against shap; survives writing; keeps declared directions."""

import numpy as np
import pytest
import shap

from leadlight.models.candidates.base import load_model, margins, save_model
from leadlight.models.candidates.boosted import BoostedModel

KINDS = ["points", "logistic", "additive", "interactions", "blend"]


@pytest.mark.parametrize("kind", ["additive", "interactions"])
def test_parts_of_trees_are_those_of_shap(world, models, kind):
    model = models[kind]
    matrix = model.columns.transform(world.frame.head(60))
    explained = shap.TreeExplainer(model.booster)(matrix)
    by_feature = np.zeros((60, len(model.columns.features)))
    for column, owner in enumerate(model.columns.feature_index):
        by_feature[:, owner] += explained.values[:, column]
    base, parts = model.explain_log_odds(world.frame.head(60))
    np.testing.assert_allclose(parts, by_feature, atol=1e-9)
    np.testing.assert_allclose(base, explained.base_values, atol=1e-9)


@pytest.mark.parametrize("kind", ["additive", "interactions"])
def test_base_and_parts_of_trees_add_up_to_their_raw_prediction(world, models, kind):
    model = models[kind]
    raw = model.booster.predict(model.columns.transform(world.frame), raw_score=True)
    np.testing.assert_allclose(margins(model, world.frame), raw, atol=1e-9)


def test_every_additive_tree_uses_one_column(models):
    trees = models["additive"].booster.trees_to_dataframe()
    used = trees.dropna(subset=["split_feature"]).groupby("tree_index")["split_feature"].nunique()
    assert len(used) > 5
    assert (used == 1).all()
    mixed = models["interactions"].booster.trees_to_dataframe().dropna(subset=["split_feature"])
    assert mixed.groupby("tree_index")["split_feature"].nunique().max() > 1


def test_the_blend_is_the_mean_of_its_models_in_log_odds(world, models):
    blend = models["blend"]
    mean = (margins(blend.first, world.frame) + margins(blend.second, world.frame)) / 2
    np.testing.assert_allclose(margins(blend, world.frame), mean, atol=1e-12)
    assert isinstance(blend.second, BoostedModel)


@pytest.mark.parametrize("kind", KINDS)
def test_a_written_model_gives_the_same_parts_feature_by_feature(world, models, kind, tmp_path):
    save_model(models[kind], tmp_path / kind)
    base, parts = models[kind].explain_log_odds(world.frame)
    base_again, parts_again = load_model(tmp_path / kind).explain_log_odds(world.frame)
    assert base_again == base
    np.testing.assert_array_equal(parts_again, parts)
    files = [path.suffix for path in (tmp_path / kind).rglob("*") if path.is_file()]
    assert set(files) <= {".json", ".txt"}


@pytest.mark.parametrize("kind", KINDS)
def test_more_of_a_raising_signal_never_lowers_and_of_a_lowering_one_never_raises(world, models, kind):
    for feature in world.catalogue.features:
        if feature.monotonicity == 0:
            continue
        more = world.frame.assign(**{feature.name: world.frame[feature.name] + 1.5})
        change = margins(models[kind], more) - margins(models[kind], world.frame)
        known = world.frame[feature.name].notna().to_numpy()
        assert (feature.monotonicity * change[known] >= -1e-9).all(), feature.name


@pytest.mark.parametrize("kind", KINDS[1:])
def test_candidates_find_what_the_world_was_made_of(world, models, kind):
    _, parts = models[kind].explain_log_odds(world.frame)
    strength = dict(zip(world.catalogue.names, parts.std(axis=0), strict=True))
    assert max(strength, key=lambda name: strength[name]) == "count_7d__demo"
    assert strength["attribute__industry"] > strength["attribute__employees"]
