"""A sample of each night is explained a second time."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from leadlight.features.errors import BundleError
from leadlight.models.candidates import tree_shap
from leadlight.models.candidates.tree_shap import TreeShap
from leadlight.models.scoring.attribution_check import verify_contributions

KINDS = ["constant", "points", "logistic", "boosted", "mean", "combined"]


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


def test_the_check_is_red_when_the_part_of_one_feature_is_altered(models, night):
    model = models["logistic"]
    curve = model.curves["count_7d__demo"]
    raised_curve = curve._replace(values=tuple(value + 0.01 for value in curve.values))
    altered = dataclasses.replace(model, curves=model.curves | {"count_7d__demo": raised_curve})

    class Altered:
        features = model.features
        explain_log_odds = staticmethod(altered.explain_log_odds)
        explain_with_reference = staticmethod(model.explain_with_reference)

    with pytest.raises(BundleError) as raised:
        verify_contributions(Altered(), night)
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
    for kind in ("boosted", "mean"):
        with pytest.raises(BundleError, match="as its reference computes it"):
            verify_contributions(models[kind], night)


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
