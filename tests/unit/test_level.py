"""The level of the next windows, from wins of all snapshots: planted changes, seasons and trends against it."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from leadlight.models.calibration.level import MIN_WINS, Level, estimate_level
from leadlight.models.calibration.parametric import solve_intercept
from leadlight.models.calibration.yearly_season import DAYS_A_YEAR, build_season_columns

HORIZON, DAYS = 60, 600
END = pd.Timestamp("2026-01-01")
#: one lead of a hundred wins within a window where nothing moves
BASE = -4.6


def draw(law, seed=0, snapshots=60_000, per_lead=1, base=BASE):
    """Snapshots of 600 days whose daily chance to win moves by `law`, in log rate, of the days before the end."""
    rng = np.random.default_rng(seed)
    elapsed = np.sort(rng.uniform(0, DAYS, snapshots))[::-1]
    delay = HORIZON * rng.beta(1, 2, snapshots)
    rate = expit(base) * np.exp(law(elapsed - delay))
    won = rng.random(snapshots) < rate
    seen = np.where(won & (delay < elapsed), delay, np.nan)
    repeat = lambda values: np.repeat(values, per_lead)  # noqa: E731
    return {
        "log_odds": np.full(snapshots * per_lead, base),
        "as_of": pd.Series(END - pd.to_timedelta(repeat(elapsed), unit="D")),
        "end": END,
        "horizon": float(HORIZON),
        "days_to_win": repeat(seen),
        "leads": repeat(np.arange(snapshots)),
    }


def keep(drawn, rows):
    return drawn | {name: drawn[name][rows] for name in ("log_odds", "as_of", "days_to_win", "leads")}


def estimate(drawn, **other):
    return estimate_level(**drawn | other)


def predict(level, at=END):
    """Log-odds that the level adds to a night."""
    return level.shift + float((build_season_columns(pd.Series([at])) @ [level.sine, level.cosine])[0])


def test_where_nothing_moves_it_is_zero_within_its_error():
    found = [estimate(draw(lambda day: 0 * day, seed)) for seed in range(12)]
    moved = np.array([predict(level) for level in found])
    assert abs(moved.mean()) < 0.05
    # the error holds changes that might have come, and did not
    assert moved.std() < np.mean([level.error for level in found]) < 0.15


@pytest.mark.parametrize("size", [-0.7, 0.7])
def test_a_step_that_lasts_is_followed_though_half_of_its_windows_have_not_ended(size):
    found = [predict(estimate(draw(lambda day: size * (day < 100), seed))) for seed in range(6)]
    assert np.mean(found) == pytest.approx(size, abs=0.2)


def test_a_holiday_is_not():
    dips = [predict(estimate(draw(lambda day: -1.5 * (day % 120 < 12), seed))) for seed in range(6)]
    # a window of sixty days holds six days of holiday on average
    assert np.mean(dips) > -0.35


def test_a_season_is_found_and_the_window_of_the_night_has_its_own():
    def law(day):
        return 0.7 * np.cos(2 * np.pi * (day - 20) / DAYS_A_YEAR)  # highest twenty days before the end

    found = [estimate(draw(law, seed)) for seed in range(4)]
    assert min(level.season_probability for level in found) > 0.95
    share = np.random.default_rng(0).beta(1, 2, 20_000) * HORIZON
    true = np.log(np.exp(law(-share)).mean())
    assert np.mean([predict(level) for level in found]) == pytest.approx(true, abs=0.15)
    # half a year later the wave is at its other end
    later = [predict(level, END + pd.Timedelta(days=183)) for level in found]
    assert np.mean(later) == pytest.approx(-true, abs=0.3)
    assert all(level.sine == level.cosine == 0 for level in [estimate(draw(law), seasonal=False)])


def test_a_trend_goes_on():
    found = [predict(estimate(draw(lambda day: 0.6 * (day / 365 - 0.8), seed))) for seed in range(6)]
    assert np.mean(found) == pytest.approx(-0.54, abs=0.2)


def test_frequent_wins_move_log_odds_and_not_chances():
    """A rate of 1.5 times lifts 40 % to 60 %: log-odds of 0.81, where the log of 1.5 is 0.41."""
    often = {"snapshots": 20_000, "base": float(np.log(0.4 / 0.6))}
    found = [predict(estimate(draw(lambda day: np.log(1.5) * (day < 200), seed, **often))) for seed in range(5)]
    assert np.mean(found) == pytest.approx(0.81, abs=0.2)


def test_a_short_history_has_no_season():
    drawn = draw(lambda day: np.cos(2 * np.pi * day / DAYS_A_YEAR))
    rows = ((END - drawn["as_of"]) < pd.Timedelta(days=150)).to_numpy()
    assert estimate(keep(drawn, rows)).season_probability == 0.0


def test_several_snapshots_of_a_lead_count_together():
    law = lambda day: 0.4 * (day < 100)  # noqa: E731
    once, often = estimate(draw(law)), estimate(draw(law, per_lead=5))
    assert often.wins == once.wins
    assert often.error == pytest.approx(once.error, rel=0.02)
    assert often.shift == pytest.approx(once.shift, abs=0.02)


def test_days_without_snapshots_say_nothing():
    drawn = draw(lambda day: 0 * day)
    elapsed = ((END - drawn["as_of"]) / pd.Timedelta(days=1)).to_numpy()
    rows = (elapsed < 200) | (elapsed > 400)
    assert abs(predict(estimate(keep(drawn, rows)))) < 0.3


def test_few_wins_move_nothing():
    drawn = draw(lambda day: 1.0 + 0 * day)
    won = np.flatnonzero(~np.isnan(drawn["days_to_win"]))
    few = drawn["days_to_win"].copy()
    few[won[MIN_WINS - 1 :]] = np.nan
    assert estimate(drawn, days_to_win=few) == Level(wins=MIN_WINS - 1)
    nothing = {"log_odds": np.zeros(0), "as_of": pd.Series([], dtype="datetime64[ns]"), "days_to_win": np.zeros(0)}
    assert estimate(drawn, leads=np.zeros(0), **nothing) == Level()


def test_a_constant_alone_is_the_intercept_of_maximum_likelihood():
    """Without changes, and with windows that have ended, it is what solve_intercept gives."""
    drawn = draw(lambda day: 0.5 + 0 * day, snapshots=200_000)
    old = ((END - drawn["as_of"]) > pd.Timedelta(days=HORIZON)).to_numpy()
    expected = solve_intercept(drawn["log_odds"][old], ~np.isnan(drawn["days_to_win"][old]))
    assert predict(estimate(drawn)) == pytest.approx(expected, abs=0.06)


def test_a_win_at_the_moment_of_the_oldest_snapshot_is_counted():
    drawn = draw(lambda day: 0.5 + 0 * day, snapshots=5_000)
    midnights = drawn["as_of"].dt.floor("D")
    found = estimate(drawn, as_of=midnights, days_to_win=np.where(np.isnan(drawn["days_to_win"]), np.nan, 0.0))
    assert found.wins == (~np.isnan(drawn["days_to_win"])).sum()


def test_a_source_whose_newest_leads_are_long_closed_has_a_level():
    drawn = draw(lambda day: 0.5 + 0 * day)
    old = ((END - drawn["as_of"]) > pd.Timedelta(days=200)).to_numpy()
    assert np.isfinite(predict(estimate(keep(drawn, old))))
