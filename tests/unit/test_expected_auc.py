"""AUC expected of probabilities: against scikit-learn on drawn outcomes, and against all pairs."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from leadlight.models.metrics.expected_auc import estimate_expected_auc

chances = st.lists(st.floats(0, 1), min_size=2, max_size=30).map(np.array)
quick = settings(deadline=None, derandomize=True, max_examples=60)


def test_it_is_the_mean_of_those_measured_on_drawn_outcomes():
    draw = np.random.default_rng(3)
    p = np.round(draw.beta(0.8, 8, 700), 2).clip(0.01, 0.99)
    measured = [roc_auc_score(draw.random(len(p)) < p, p) for _ in range(600)]
    # a ratio of expectations is a little off the expectation of ratios
    error = np.std(measured) / np.sqrt(len(measured))
    assert estimate_expected_auc(p) == pytest.approx(np.mean(measured), abs=4 * error + 0.003)


@quick
@given(chances)
def test_it_is_that_of_all_pairs(p):
    right = pairs = 0.0
    for i, j in itertools.permutations(range(len(p)), 2):
        both = p[i] * (1 - p[j])
        right += both * (1.0 if p[i] > p[j] else 0.5 if p[i] == p[j] else 0.0)
        pairs += both
    if pairs > 1e-9:
        assert estimate_expected_auc(p) == pytest.approx(right / pairs)
        assert estimate_expected_auc(p) >= 0.5 - 1e-9


@pytest.mark.parametrize(("p", "expected"), [([0.2] * 50, 0.5), ([0.0, 1.0, 1.0], 1.0), ([1.0, 1.0], np.nan)])
def test_equal_chances_give_a_half_certain_ones_one_and_a_single_outcome_none(p, expected):
    assert estimate_expected_auc(np.array(p)) == pytest.approx(expected, nan_ok=True)


@quick
@given(chances, st.randoms())
def test_the_order_of_the_leads_does_not_matter(p, shuffle):
    order = list(range(len(p)))
    shuffle.shuffle(order)
    assert estimate_expected_auc(p) == pytest.approx(estimate_expected_auc(p[order]), nan_ok=True)
