"""Calibration: strictly increasing whatever the data, scikit-learn as the reference, chosen on evidence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from leadlight.models.calibration.parametric import PlattCalibrator, calculate_log_losses, fit_platt, solve_intercept
from leadlight.models.calibration.selection import SLOPE_SD, select_calibrator

slopes = st.floats(0.01, 5)
shifts = st.floats(-5, 5)
margins = st.lists(st.floats(-20, 20), min_size=2, max_size=30, unique_by=lambda m: round(m, 3))


@given(slopes, shifts, margins)
def test_every_calibrator_keeps_the_order_of_leads(a, c, values):
    calibrated = PlattCalibrator(a, c).predict_log_odds(np.sort(values))
    assert (np.diff(calibrated) > 0).all()


@given(st.integers(0, 10_000), st.sampled_from([np.inf, 1.0, SLOPE_SD]))
@settings(max_examples=25, deadline=None)
def test_fitting_to_any_outcomes_gives_a_strictly_increasing_map(seed, slope_sd):
    rng = np.random.default_rng(seed)
    margin, won = rng.normal(0, 2, 80), rng.integers(0, 2, 80)
    won[:2] = [0, 1]
    calibrated = fit_platt(margin, won, slope_sd=slope_sd).predict_log_odds(np.linspace(-15, 15, 500))
    assert (np.diff(calibrated) > 0).all()


@given(slopes, shifts, st.floats(-15, 15))
def test_the_slope_is_the_derivative(a, c, m):
    calibrator, h = PlattCalibrator(a, c), 1e-5
    numeric = (calibrator.predict_log_odds(np.array(m + h)) - calibrator.predict_log_odds(np.array(m - h))) / (2 * h)
    assert calibrator.calculate_slope(np.array(m)) == pytest.approx(float(numeric), rel=1e-4, abs=1e-6)


@pytest.fixture(scope="module")
def distorted():
    """Log-odds whose outcomes have another slope and level."""
    rng = np.random.default_rng(0)
    margin = rng.normal(-1, 1.5, 3000)
    return margin, (rng.random(3000) < expit(0.6 * margin - 0.8)).astype(int)


def test_platt_without_a_penalty_is_the_logistic_regression_of_scikit_learn(distorted):
    margin, won = distorted
    reference = LogisticRegression(C=np.inf, tol=1e-10).fit(margin[:, None], won)
    found = fit_platt(margin, won)
    assert found.a == pytest.approx(reference.coef_[0, 0], abs=1e-3)
    assert found.c == pytest.approx(reference.intercept_[0], abs=1e-3)


def test_the_penalty_is_a_normal_prior_of_the_slope_around_one(distorted):
    margin, won = distorted[0][:300], distorted[1][:300]

    def penalized(at):
        return calculate_log_losses(at[0] * margin + at[1], won).sum() + (at[0] - 1) ** 2 / (2 * SLOPE_SD**2)

    reference = minimize(penalized, [1.0, 0.0], tol=1e-10)
    found = fit_platt(margin, won, slope_sd=SLOPE_SD)
    assert (found.a, found.c) == pytest.approx(tuple(reference.x), abs=1e-4)


def test_the_slope_goes_to_one_as_the_prior_narrows_and_the_level_is_free(distorted):
    margin, won = distorted
    found = [fit_platt(margin, won, slope_sd=sd) for sd in (np.inf, 0.1, 0.02, 1e-4)]
    distances = [abs(calibrator.a - 1) for calibrator in found]
    assert distances == sorted(distances, reverse=True)
    assert found[-1].a == pytest.approx(1.0, abs=1e-3)
    for calibrator in found:
        assert calibrator.predict_proba(margin).sum() == pytest.approx(won.sum(), rel=1e-6)


def test_an_offset_is_added_to_the_log_odds(distorted):
    margin, won = distorted
    offset = np.where(np.arange(3000) % 2, 0.5, -0.5)
    found = fit_platt(margin, won, offset=offset)
    assert (found.a * margin + found.c + offset).shape == won.shape
    assert expit(found.a * margin + found.c + offset).sum() == pytest.approx(won.sum(), rel=1e-6)


@given(st.lists(st.tuples(st.floats(-8, 8), st.booleans()), min_size=1, max_size=60))
def test_an_intercept_makes_expected_wins_the_actual_ones(rows):
    log_odds, won = np.array([m for m, _ in rows]), np.array([w for _, w in rows], dtype=int)
    expected = expit(log_odds + solve_intercept(log_odds, won)).sum()
    assert expected * (len(won) + 1) / len(won) == pytest.approx(won.sum() + 0.5, rel=1e-6)


@pytest.mark.parametrize(("kind", "slope"), [("none", 1.0), ("platt", 0.5), ("platt", 1.6)])
def test_the_shape_is_corrected_where_the_evidence_asks_for_it(kind, slope):
    rng = np.random.default_rng(2)
    margin = rng.normal(0, 2, 10_000)
    won = (rng.random(10_000) < expit(slope * margin)).astype(int)
    choice = select_calibrator(margin, won, np.arange(10_000), np.zeros(10_000))
    assert choice.calibrator.kind == kind
    assert choice.calibrator.a == pytest.approx(slope, abs=0.1)
    assert set(choice.log_loss) == {"none", "platt"}
    assert choice.losses.mean() == pytest.approx(choice.log_loss[kind])
    again = PlattCalibrator.from_dict(choice.calibrator.to_dict())
    assert again == choice.calibrator
    moved = choice.calibrator.with_shift(0.25).predict_log_odds(margin)
    np.testing.assert_allclose(moved, choice.calibrator.predict_log_odds(margin) + 0.25, atol=1e-12)


def test_with_a_handful_of_wins_nothing_is_fitted():
    margin = np.linspace(-3, 1, 300)
    won = (np.arange(300) % 40 == 0).astype(int)
    choice = select_calibrator(margin, won, np.arange(300), np.zeros(300))
    assert choice.calibrator == PlattCalibrator()
    np.testing.assert_allclose(choice.losses, calculate_log_losses(margin + solve_intercept(margin, won), won))


def test_a_level_that_moves_between_origins_is_no_slope():
    rng = np.random.default_rng(4)
    margin, origin = rng.normal(-1, 1, 12_000), np.repeat([0, 1, 2], 4_000)
    won = (rng.random(12_000) < expit(margin + np.array([-1.5, 0.0, 1.5])[origin])).astype(int)
    moved = margin + np.array([1.0, 0.0, -1.0])[origin]  # where the level is off, a common slope would be flat
    apart = select_calibrator(moved, won, np.arange(12_000), origin).calibrator.a
    together = select_calibrator(moved, won, np.arange(12_000), np.zeros(12_000)).calibrator.a
    assert apart == pytest.approx(1.0, abs=0.05)
    assert together < 0.6


def test_losses_are_those_of_the_formula():
    log_odds = np.array([-2.0, 0.0, 3.0])
    p = expit(log_odds)
    expected = [-np.log(1 - p[0]), -np.log(p[1]), -np.log(p[2])]
    np.testing.assert_allclose(calculate_log_losses(log_odds, np.array([0, 1, 1])), expected)
