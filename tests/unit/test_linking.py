"""What earlier models said on the scale of the one that serves: order of the first, values of the second."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from leadlight.models.calibration.equipercentile import link_equipercentile

VALUES = st.lists(st.tuples(st.integers(-4, 4), st.floats(-5, 5), st.integers(0, 2)), min_size=2, max_size=60)


@given(VALUES)
def test_order_and_ties_are_those_told_and_means_those_served(rows):
    told, served, origin = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    moved = link_equipercentile(told, served, origin)
    for one in np.unique(origin):
        own = origin == one
        assert moved[own].mean() == pytest.approx(served[own].mean(), abs=1e-9)
        order = np.argsort(told[own], kind="stable")
        assert (np.diff(moved[own][order]) >= -1e-9).all()
        for value in np.unique(told[own]):
            assert len(set(moved[own & (told == value)])) == 1


def test_without_ties_the_values_are_exactly_those_served():
    rng = np.random.default_rng(2)
    told, served, origin = rng.normal(size=300), rng.normal(1, 3, 300), np.repeat([0, 1, 2], 100)
    moved = link_equipercentile(told, served, origin)
    for one in (0, 1, 2):
        own = origin == one
        np.testing.assert_array_equal(np.sort(moved[own]), np.sort(served[own]))
        assert kendalltau(told[own], moved[own]).statistic == pytest.approx(1)


def test_models_of_another_zero_and_spread_are_told_alike():
    rng = np.random.default_rng(4)
    true, origin = rng.normal(size=3000), np.repeat([0, 1, 2], 1000)
    told = true * np.array([0.8, 1.2, 1.0])[origin] + np.array([0.5, -0.2, 0.1])[origin]
    served = true * 1.1 + 0.3
    np.testing.assert_allclose(link_equipercentile(told, served, origin), served, atol=1e-9)
