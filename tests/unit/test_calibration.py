"""Calibration: strictly increasing whatever the data, scikit-learn as the reference, chosen on evidence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadlight.models.calibration.spline import SplineCalibrator, fit_spline
from scipy.special import expit, log_expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from leadlight.models.calibration.parametric import (
    BetaCalibrator,
    calculate_log_losses,
    fit_beta,
    fit_intercept,
    fit_platt,
    solve_intercept,
)
from leadlight.models.calibration.selection import KINDS, read_calibrator, select_calibrator

slopes = st.floats(0.01, 5)
shifts = st.floats(-5, 5)
margins = st.lists(st.floats(-20, 20), min_size=2, max_size=30, unique_by=lambda m: round(m, 3))


@given(slopes, slopes, shifts, margins)
def test_every_calibrator_keeps_the_order_of_leads(a, b, c, values):
    calibrated = BetaCalibrator(a, b, c).predict_log_odds(np.sort(values))
    assert (np.diff(calibrated) > 0).all()


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_fitting_to_any_outcomes_gives_a_strictly_increasing_map(seed):
    rng = np.random.default_rng(seed)
    margin = rng.normal(0, 2, 80)
    won = rng.integers(0, 2, 80)
    won[:2] = [0, 1]
    for fit in KINDS.values():
        calibrated = fit(margin, won).predict_log_odds(np.linspace(-15, 15, 500))
        assert (np.diff(calibrated) > 0).all()


@given(slopes, slopes, shifts, st.floats(-15, 15))
def test_the_slope_is_the_derivative(a, b, c, m):
    calibrator = BetaCalibrator(a, b, c)
    h = 1e-5
    numeric = (calibrator.predict_log_odds(np.array(m + h)) - calibrator.predict_log_odds(np.array(m - h))) / (2 * h)
    assert calibrator.calculate_slope(np.array(m)) == pytest.approx(float(numeric), rel=1e-4, abs=1e-6)


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


rising = st.lists(st.floats(0.05, 3), min_size=3, max_size=7)


@given(rising, rising, st.floats(-4, 4), st.floats(-12, 12))
def test_a_curve_rises_everywhere_and_its_slope_is_its_derivative(widths, rises, start, m):
    size = min(len(widths), len(rises))
    knots, values = (np.cumsum([0, *steps[:size]]) for steps in (widths, rises))
    curve = SplineCalibrator(tuple(knots - 2), tuple(values + start))
    grid = np.linspace(-15, 15, 800)
    assert (np.diff(curve.predict_log_odds(grid)) > 0).all()
    assert (curve.calculate_slope(grid) > 0).all()
    h = 1e-6
    numeric = (curve.predict_log_odds(np.array(m + h)) - curve.predict_log_odds(np.array(m - h))) / (2 * h)
    # at a knot the derivative turns, and a difference quotient looks at both sides
    assert curve.calculate_slope(np.array(m)) == pytest.approx(float(numeric), rel=1e-2, abs=1e-4)


def test_a_curve_follows_a_bend_as_the_isotonic_regression_of_scikit_learn_does():
    rng = np.random.default_rng(5)
    margin = rng.normal(0, 2, 40_000)
    truth = expit(np.where(margin > 0, 0.2, 1.8) * margin - 0.5)
    won = (rng.random(40_000) < truth).astype(int)
    reference = IsotonicRegression(out_of_bounds="clip").fit(margin, won)
    grid = np.linspace(-3, 3, 25)
    curve = fit_spline(margin, won)
    np.testing.assert_allclose(curve.predict_proba(grid), reference.predict(grid), atol=0.07)
    assert np.abs(curve.predict_proba(margin) - truth).mean() < 0.01
    assert np.abs(fit_platt(margin, won).predict_proba(margin) - truth).mean() > 0.02


def test_margins_too_alike_for_a_curve_get_the_line_of_platt():
    won = np.tile([0, 0, 1], 20)
    assert fit_spline(np.tile([0.1, 0.11, 0.12], 20), won) == fit_platt(np.tile([0.1, 0.11, 0.12], 20), won)


@given(st.lists(st.tuples(st.floats(-8, 8), st.booleans()), min_size=1, max_size=60))
def test_an_offset_makes_expected_wins_the_actual_ones(rows):
    log_odds, won = np.array([m for m, _ in rows]), np.array([w for _, w in rows], dtype=int)
    expected = expit(log_odds + solve_intercept(log_odds, won)).sum()
    assert expected * (len(won) + 1) / len(won) == pytest.approx(won.sum() + 0.5, rel=1e-6)


def test_a_shift_is_the_intercept_of_scikit_learn_with_the_log_odds_as_offset():
    rng = np.random.default_rng(6)
    margin = np.repeat([-1.0, 1.0], 5000)
    won = (rng.random(10_000) < expit(margin + 0.7)).astype(int)
    # a constant column besides one that is known to have the coefficient one
    assert fit_intercept(margin, won).c == pytest.approx(0.7, abs=0.06)
    assert fit_intercept(margin, won).kind == "shift"


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        ("none", lambda m: m),
        ("shift", lambda m: m + 0.8),
        ("platt", lambda m: 0.5 * m + 0.3),
        ("beta", lambda m: 0.3 * log_expit(m) - 2.0 * log_expit(-m)),
        ("curve", lambda m: np.where(np.abs(m) < 1, 0.1 * m, np.sign(m) * (2.5 * np.abs(m) - 2.4))),
    ],
)
def test_the_simplest_map_is_chosen_that_the_evidence_asks_for(kind, law):
    rng = np.random.default_rng(2)
    margin = rng.normal(0, 2, 30_000)
    won = (rng.random(30_000) < expit(law(margin))).astype(int)
    choice = select_calibrator(margin, won, np.arange(30_000))
    assert choice.calibrator.kind == kind
    assert list(choice.log_loss) == list(KINDS)
    again = read_calibrator(choice.calibrator.to_dict())
    np.testing.assert_array_equal(again.predict_log_odds(margin), choice.calibrator.predict_log_odds(margin))
    moved = choice.calibrator.with_shift(0.25).predict_log_odds(margin)
    np.testing.assert_allclose(moved, choice.calibrator.predict_log_odds(margin) + 0.25, atol=1e-12)


def test_with_a_handful_of_wins_nothing_is_fitted():
    margin = np.linspace(-3, 1, 300)
    won = (np.arange(300) % 40 == 0).astype(int)
    assert select_calibrator(margin, won, np.arange(300)).calibrator.kind == "none"


def test_losses_are_those_of_the_formula():
    log_odds = np.array([-2.0, 0.0, 3.0])
    p = expit(log_odds)
    expected = [-np.log(1 - p[0]), -np.log(p[1]), -np.log(p[2])]
    np.testing.assert_allclose(calculate_log_losses(log_odds, np.array([0, 1, 1])), expected)
