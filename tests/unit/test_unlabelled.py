"""Figures estimated before outcomes: against scikit-learn on outcomes drawn from known probabilities."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from leadlight.models.metrics.metrics import calculate_lift
from leadlight.models.metrics.performance_estimation import (
    FIGURES,
    estimate_expected_auc,
    estimate_expected_metrics,
    estimate_metrics,
)

chances = st.lists(st.floats(0, 1), min_size=2, max_size=30).map(np.array)
quick = settings(deadline=None, derandomize=True, max_examples=60)


def measured(p, won):
    return {
        "wins": won.sum(),
        "log_loss": log_loss(won, p, labels=[0, 1]),
        "brier": brier_score_loss(won, p),
        "auc": roc_auc_score(won, p),
        "lift_at_10_percent": calculate_lift(p, won),
    }


@pytest.fixture(scope="module")
def drawn():
    """Probabilities with ties, and what scikit-learn measures on 600 outcomes drawn from them."""
    draw = np.random.default_rng(3)
    p = np.round(draw.beta(0.8, 8, 700), 2).clip(0.01, 0.99)
    return p, [measured(p, (draw.random(len(p)) < p).astype(int)) for _ in range(600)]


@pytest.mark.parametrize("name", FIGURES)
def test_the_expected_figure_is_the_mean_of_those_measured(drawn, name):
    p, outcomes = drawn
    values = np.array([outcome[name] for outcome in outcomes])
    error = values.std() / np.sqrt(len(values))
    # ratios of expectations are a little off the expectation of ratios
    assert estimate_expected_metrics(p)[name] == pytest.approx(values.mean(), abs=4 * error + 0.003)


@pytest.mark.parametrize("name", FIGURES)
def test_the_intervals_hold_as_many_of_those_measured_as_they_say(drawn, name):
    p, outcomes = drawn
    found = estimate_metrics(p, seed=9)[name]
    values = np.array([outcome[name] for outcome in outcomes])
    assert np.mean((found.low <= values) & (values <= found.high)) == pytest.approx(0.95, abs=0.03)
    assert np.mean((found.low_99 <= values) & (values <= found.high_99)) > 0.975
    assert found.low_99 <= found.low <= found.value <= found.high <= found.high_99


@quick
@given(chances)
def test_the_expected_auc_is_that_of_all_pairs(p):
    right = pairs = 0.0
    for i, j in itertools.permutations(range(len(p)), 2):
        both = p[i] * (1 - p[j])
        right += both * (1.0 if p[i] > p[j] else 0.5 if p[i] == p[j] else 0.0)
        pairs += both
    if pairs > 1e-9:
        assert estimate_expected_auc(p) == pytest.approx(right / pairs)
        assert estimate_expected_auc(p) >= 0.5 - 1e-9


@quick
@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=40).map(np.array))
def test_who_is_certain_expects_no_error(p):
    found = estimate_metrics(p, draws=20)
    for name in ("log_loss", "brier"):
        assert (found[name].value, found[name].low, found[name].high) == (0, 0, 0) or abs(found[name].high) < 1e-9
    assert found["wins"].low == found["wins"].high == p.sum()
    if 0 < p.sum() < len(p):
        assert found["auc"].value == found["auc"].low == 1
    else:
        assert np.isnan(found["auc"].value)
        assert found["auc"].to_dict()["low"] is None


@pytest.mark.parametrize("chance", [0.02, 0.5, 0.9])
def test_who_gives_all_the_same_chance_tells_nobody_apart(chance):
    found = estimate_expected_metrics(np.full(200, chance))
    assert found["auc"] == pytest.approx(0.5)
    assert found["lift_at_10_percent"] == pytest.approx(1)
    assert found["brier"] == pytest.approx(chance * (1 - chance))


@quick
@given(chances, st.randoms())
def test_the_order_of_the_leads_does_not_matter(p, shuffle):
    order = list(range(len(p)))
    shuffle.shuffle(order)
    assert estimate_expected_metrics(p) == pytest.approx(estimate_expected_metrics(p[order]), nan_ok=True)


def test_the_same_seed_gives_the_same_interval():
    p = np.linspace(0.01, 0.6, 50)
    assert estimate_metrics(p, seed=4) == estimate_metrics(p, seed=4)
    assert estimate_metrics(p, seed=4)["auc"].value == estimate_metrics(p, seed=5)["auc"].value
