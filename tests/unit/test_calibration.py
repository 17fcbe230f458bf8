"""Calibration: strictly increasing whatever the data, scikit-learn as the reference, chosen on evidence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from models.calibration import Calibrator, choose_calibrator, fit_beta, fit_platt, log_losses

slopes = st.floats(0.01, 5)
shifts = st.floats(-5, 5)
margins = st.lists(st.floats(-20, 20), min_size=2, max_size=30, unique_by=lambda m: round(m, 3))


@given(slopes, slopes, shifts, margins)
def test_every_calibrator_keeps_the_order_of_leads(a, b, c, values):
    calibrated = Calibrator(a, b, c).log_odds(np.sort(values))
    assert (np.diff(calibrated) > 0).all()


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_fitting_to_any_outcomes_gives_a_strictly_increasing_map(seed):
    rng = np.random.default_rng(seed)
    margin = rng.normal(0, 2, 80)
    won = rng.integers(0, 2, 80)
    won[:2] = [0, 1]
    for fit in (fit_platt, fit_beta):
        calibrated = fit(margin, won).log_odds(np.linspace(-15, 15, 500))
        assert (np.diff(calibrated) > 0).all()


@given(slopes, slopes, shifts, st.floats(-15, 15))
def test_the_slope_is_the_derivative(a, b, c, m):
    calibrator = Calibrator(a, b, c)
    h = 1e-5
    numeric = (calibrator.log_odds(np.array(m + h)) - calibrator.log_odds(np.array(m - h))) / (2 * h)
    assert calibrator.slope(np.array(m)) == pytest.approx(float(numeric), rel=1e-4, abs=1e-6)


def test_platt_is_the_logistic_regression_of_scikit_learn():
    rng = np.random.default_rng(0)
    margin = rng.normal(-1, 1.5, 3000)
    won = (rng.random(3000) < expit(0.6 * margin - 0.8)).astype(int)
    reference = LogisticRegression(C=np.inf, tol=1e-10).fit(margin[:, None], won)
    found = fit_platt(margin, won)
    assert found.a == pytest.approx(reference.coef_[0, 0], abs=1e-3)
    assert found.c == pytest.approx(reference.intercept_[0], abs=1e-3)


def test_beta_recovers_the_map_that_made_the_outcomes():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.001, 0.999, 60_000)
    truth = expit(0.4 * np.log(p) - 2.0 * np.log1p(-p) - 0.5)
    won = (rng.random(60_000) < truth).astype(int)
    found = fit_beta(logit(p), won)
    assert (found.a, found.b, found.c) == pytest.approx((0.4, 2.0, -0.5), abs=0.1)


def test_the_simpler_map_is_chosen_without_evidence_and_the_richer_one_with_it():
    rng = np.random.default_rng(2)
    groups = np.arange(20_000)
    margin = rng.normal(0, 2, 20_000)
    straight = (rng.random(20_000) < expit(margin)).astype(int)
    bent = (rng.random(20_000) < expit(np.where(margin > 0, 0.1, 2.0) * margin)).astype(int)
    assert choose_calibrator(margin, straight, groups)[0].kind == "platt"
    assert choose_calibrator(margin, bent, groups)[0].kind == "beta"


def test_losses_are_those_of_the_formula():
    log_odds = np.array([-2.0, 0.0, 3.0])
    p = expit(log_odds)
    expected = [-np.log(1 - p[0]), -np.log(p[1]), -np.log(p[2])]
    np.testing.assert_allclose(log_losses(log_odds, np.array([0, 1, 1])), expected)
