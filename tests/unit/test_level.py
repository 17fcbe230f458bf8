"""The level of the newest snapshots is read from windows that have not ended."""

import numpy as np
import pytest
from scipy.special import expit

from leadlight.models.calibration.level import MIN_WINS, LevelShift, estimate_level, estimate_persistence

HORIZON = 60.0


def draw(shift, seed=0, snapshots=4000, per_lead=1):
    """Snapshots of the last sixty days whose outcomes are those of log-odds moved by `shift`."""
    rng = np.random.default_rng(seed)
    log_odds = np.repeat(rng.normal(-2, 1, snapshots // per_lead), per_lead)
    leads = np.repeat(np.arange(snapshots // per_lead), per_lead)
    won = np.repeat(rng.random(snapshots // per_lead) < expit(log_odds[::per_lead] + shift), per_lead)
    elapsed = np.repeat(rng.uniform(0, HORIZON, snapshots // per_lead), per_lead)
    delay = np.repeat(HORIZON * rng.beta(1, 2, snapshots // per_lead), per_lead)
    delays = HORIZON * rng.beta(1, 2, 20_000)
    return log_odds, {"elapsed": elapsed, "seen": won & (delay <= elapsed), "leads": leads, "delays": delays}


@pytest.mark.parametrize("shift", [-0.6, 0.0, 0.6])
def test_a_planted_shift_is_recovered_though_most_windows_have_not_ended(shift):
    drawn = [draw(shift, seed) for seed in range(8)]
    found = [estimate_level(log_odds, **rows) for log_odds, rows in drawn]
    assert np.mean([level.shift for level in found]) == pytest.approx(shift, abs=0.07)
    assert [level.wins for level in found] == [rows["seen"].sum() for _, rows in drawn]


def test_the_error_is_that_of_repeated_draws_and_of_leads():
    found = [estimate_level(log_odds, **rows) for log_odds, rows in (draw(0.0, seed) for seed in range(40))]
    shrunk = np.array([0.25 / (0.25 + level.error**2) for level in found])
    raw = np.array([level.shift for level in found]) / shrunk
    assert raw.std() == pytest.approx(np.mean([level.error for level in found]), rel=0.2)
    log_odds, rows = draw(0.0, 1, per_lead=4)
    together = estimate_level(log_odds, **rows)
    alone = estimate_level(log_odds, **rows | {"leads": np.arange(len(log_odds))})
    assert together.error == pytest.approx(2 * alone.error, rel=0.05)
    assert together.wins * 4 == alone.wins


def test_what_is_uncertain_is_shrunk_towards_zero():
    log_odds, rows = draw(1.0, 3, snapshots=700)
    found = estimate_level(log_odds, **rows)
    unshrunk = found.shift * (0.25 + found.error**2) / 0.25
    share = np.searchsorted(np.sort(rows["delays"]), rows["elapsed"], side="right") / len(rows["delays"])
    assert (expit(log_odds + unshrunk) * share).sum() == pytest.approx(rows["seen"].sum(), rel=1e-6)
    assert 0 < found.shift < unshrunk


def test_few_wins_move_nothing():
    log_odds, rows = draw(1.0, 2)
    few = np.flatnonzero(rows["seen"])[: MIN_WINS - 1]
    seen = np.isin(np.arange(len(log_odds)), few)
    assert estimate_level(log_odds, **rows | {"seen": seen}) == LevelShift(0.0, None, MIN_WINS - 1)
    assert estimate_level(log_odds, **rows | {"delays": rows["delays"][: MIN_WINS - 1]}).shift == 0.0
    nobody = np.empty(0)
    none = estimate_level(nobody, elapsed=nobody, seen=nobody.astype(bool), leads=nobody, delays=rows["delays"])
    assert none == LevelShift()


def draw_history(law, seed=0, snapshots=40_000):
    """Snapshots of 540 days whose chances a law of the day of the *win* moves, and their days to win."""
    rng = np.random.default_rng(seed)
    days = np.sort(rng.uniform(0, 540, snapshots))
    delay = HORIZON * rng.beta(1, 2, snapshots)
    won = rng.random(snapshots) < expit(-2.5 + law(days + delay))
    return np.full(snapshots, -2.5), days, np.where(won, delay, np.nan)


def test_a_shift_that_lasts_is_kept_and_one_of_a_slump_is_not():
    lasting = estimate_persistence(*draw_history(lambda day: 1.2 * day / 540 - 0.6), int(HORIZON))
    slumps = estimate_persistence(*draw_history(lambda day: -1.2 * ((day // 30) % 4 == 2)), int(HORIZON))
    assert lasting > 0.8
    assert slumps < 0.25


def test_where_nothing_changes_little_of_a_shift_is_kept():
    assert estimate_persistence(*draw_history(lambda day: 0.0 * day), int(HORIZON)) < 0.5


def test_a_history_too_short_to_say_keeps_half():
    log_odds, days, days_to_win = draw_history(lambda day: 0.0 * day)
    short = days < 1.4 * HORIZON
    assert estimate_persistence(log_odds[short], days[short], days_to_win[short], int(HORIZON)) == 0.5


def test_persistence_multiplies_the_shift():
    log_odds, rows = draw(0.6)
    whole, part = (estimate_level(log_odds, **rows, persistence=share) for share in (1.0, 0.3))
    assert part.shift == pytest.approx(0.3 * whole.shift)
    assert (part.error, part.wins, part.persistence) == (whole.error, whole.wins, 0.3)
