"""How periods differ beyond chance: known laws, ages that move alone, and spans too short to say."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.models.metrics.between_period_variance import assign_periods, estimate_between_period_sd

LEADS = 1000


def drawn(rng, effects, per_lead=2, ages=None):
    """A rate of about a tenth, times what each period does to it; snapshots of a lead win together."""
    count = len(effects)
    period = np.repeat(np.arange(count), LEADS * per_lead)
    leads = np.repeat(np.arange(count * LEADS), per_lead)
    base = 0.1 if ages is None else 0.2 - 0.15 * ages / 300
    chance = np.broadcast_to(base, len(period)) * np.asarray(effects)[period]
    won = (rng.random(count * LEADS)[leads] < chance).astype(int)
    return SimpleNamespace(won=won, leads=leads, period=period, ages=ages)


def between_periods(rates, earlier):
    return estimate_between_period_sd(rates, earlier.leads, earlier.period, earlier.ages)


def found(earlier):
    won, every = earlier.won == 1, np.ones(len(earlier.won), dtype=bool)
    return between_periods({"rate": [((won, every),)]}, earlier)["rate"]


def test_differences_of_a_known_size_are_found_and_chance_is_taken_out():
    rng = np.random.default_rng(1)
    moved = [found(drawn(rng, 1 + rng.normal(0, 0.25, 6))) for _ in range(15)]
    still = [found(drawn(rng, np.ones(6))) for _ in range(15)]
    assert np.sqrt(np.mean(np.square(moved))) == pytest.approx(0.25, abs=0.06)
    # chance alone moves such a rate by 0.095; of that less than half may be left
    assert np.mean(still) < 0.045


def test_a_base_that_grows_older_is_no_difference_between_periods():
    rng = np.random.default_rng(2)
    ages = np.concatenate([rng.uniform(0, 300 - 40 * number, LEADS * 2) for number in range(6)])
    aged = drawn(rng, np.ones(6), ages=ages)
    alike = SimpleNamespace(won=aged.won, leads=aged.leads, period=aged.period, ages=None)
    assert found(alike) > 2 * found(aged)


def test_of_a_ratio_what_moves_both_parts_falls_out():
    rng = np.random.default_rng(3)
    earlier = drawn(rng, [0.5, 1.0, 1.5, 0.7, 1.3])
    above = rng.random(len(earlier.won)) < 0.4
    won, every = earlier.won == 1, np.ones(len(above), dtype=bool)
    rates = {"rate": [((above & won, above),)], "ratio": [((above & won, above), (won, every))]}
    between = between_periods(rates, earlier)
    assert between["rate"] > 0.3
    assert between["ratio"] < 0.06


def test_rates_of_a_kind_are_told_together_the_surer_ones_weighing_more():
    rng = np.random.default_rng(7)
    moved, still = (drawn(rng, effects) for effects in ([0.6, 1.0, 1.4, 0.7, 1.3], np.ones(5)))
    both = moved
    every = np.ones(len(both.won), dtype=bool)
    rates = [((both.won == 1, every),), ((still.won == 1, every),)]
    alone = [between_periods({"rate": [one]}, both)["rate"] for one in rates]
    together = between_periods({"rate": rates}, both)["rate"]
    assert min(alone) < together < max(alone)
    # the same rate twice says no more than once
    assert between_periods({"rate": [rates[0], rates[0]]}, both)["rate"] == pytest.approx(alone[0])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_of_fewer_than_three_periods_nothing_is_said(count):
    rng = np.random.default_rng(4)
    earlier = drawn(rng, np.linspace(0.5, 1.5, 4))
    earlier.period = np.where(earlier.period < count, earlier.period, -1)
    assert found(earlier) == 0.0


def test_a_rate_that_nobody_has_differs_by_nothing():
    earlier = drawn(np.random.default_rng(5), np.ones(4))
    nobody = np.zeros(len(earlier.won), dtype=bool)
    won = earlier.won == 1
    between = between_periods({"none": [((nobody, nobody),)], "no win": [((nobody, won),)]}, earlier)
    assert between == {"none": 0.0, "no win": 0.0}


def test_periods_are_whole_and_counted_back_from_the_end():
    as_of = pd.Series(pd.to_datetime(["2025-01-01", "2025-01-31", "2025-02-10", "2025-03-10", "2025-03-11"]))
    assert assign_periods(as_of, pd.Timedelta(days=30)).tolist() == [-1, 1, 0, 0, 0]
    assert assign_periods(as_of, pd.Timedelta(0)).tolist() == [-1] * 5
    assert assign_periods(as_of[:0], pd.Timedelta(days=30)).tolist() == []


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60), st.integers(1, 90))
def test_every_moment_lies_in_one_period_no_longer_than_it_may_be(days, length):
    as_of = pd.Series(pd.Timestamp("2025-01-01") + pd.to_timedelta(days, unit="D"))
    period = assign_periods(as_of, pd.Timedelta(days=length))
    for number in set(period) - {-1}:
        own = as_of[period == number]
        assert own.max() - own.min() < pd.Timedelta(days=length)
    assert set(period) - {-1} <= set(range((max(days) - min(days)) // length))
