"""A base rate that moves is followed, one that stays is left alone, and nothing is known too early."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from leadlight.models.calibration.parametric import calculate_log_losses
from leadlight.models.calibration.prior_shift import (
    estimate_prior_shift,
    estimate_rolling_prior_shifts,
    evaluate_correction,
)

DAY = pd.Timedelta(days=1)


def drawn(moves, rows=6000, seed=0):
    """Snapshots of 600 days whose true log-odds drift by `moves` over the time."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1.5, 1.0, rows)
    time = np.arange(rows) / rows
    won = (rng.random(rows) < expit(log_odds + moves * time)).astype(int)
    as_of = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(600 * time, unit="D"))
    return log_odds, won, as_of


def test_a_moving_base_rate_is_followed_and_the_truth_comes_nearer():
    log_odds, won, as_of = drawn(moves=2.5)
    correction = evaluate_correction(log_odds, won, np.arange(len(won)), as_of, 10 * DAY)
    assert correction.helps
    late = slice(5000, None)
    truth = log_odds + 2.5 * np.arange(len(won)) / len(won)
    assert np.abs(correction.log_odds - truth)[late].mean() < 0.5 * np.abs(log_odds - truth)[late].mean()
    assert correction.log_loss_reduction == pytest.approx(
        (calculate_log_losses(log_odds, won) - calculate_log_losses(correction.log_odds, won)).mean()
    )


def test_a_base_rate_that_stays_is_hardly_ever_corrected():
    helped = 0
    for seed in range(20):
        log_odds, won, as_of = drawn(moves=0.0, seed=seed)
        helped += evaluate_correction(log_odds, won, np.arange(len(won)), as_of, 10 * DAY).helps
    assert helped <= 3


def test_no_shift_depends_on_an_outcome_that_was_not_known_yet():
    log_odds, won, as_of = drawn(moves=1.0)
    known_at = as_of + 60 * DAY
    before = estimate_rolling_prior_shifts(log_odds, won, as_of, known_at)
    moment = as_of.iloc[3000]
    later = (known_at > moment).to_numpy()
    after = estimate_rolling_prior_shifts(log_odds, np.where(later, 1 - won, won), as_of, known_at)
    seen = (as_of <= moment).to_numpy()
    np.testing.assert_array_equal(after[seen], before[seen])
    assert not np.array_equal(after, before)


def test_too_few_outcomes_ask_for_no_shift():
    assert estimate_prior_shift(np.zeros(60), np.r_[np.ones(49), np.zeros(11)].astype(int)) == 0.0


def test_only_the_newest_rows_speak():
    log_odds = np.zeros(4000)
    won = np.r_[np.zeros(3000), np.tile([1, 1, 1, 0], 250)].astype(int)
    assert estimate_prior_shift(log_odds, won) == pytest.approx(np.log(3), rel=0.2)
