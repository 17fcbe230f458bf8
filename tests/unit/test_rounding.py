"""Printed points add up to the printed score, whatever the points."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.serving.text.rounding import display_score, distribute_largest_remainder, round_half_up, round_to_sum

points = st.lists(st.floats(-120, 120, allow_nan=False), min_size=0, max_size=40)
bases = st.floats(0, 100, allow_nan=False)


@given(bases, points)
def test_what_is_printed_adds_up_to_the_printed_score(base, values):
    score = math.fsum([base, *values])
    printed_base, printed = round_to_sum(base, values, score)
    assert printed_base + sum(printed) == display_score(score)


@given(bases, points, st.floats(-1e-6, 1e-6))
def test_it_adds_up_where_sum_and_score_differ_by_the_tolerance(base, values, error):
    score = math.fsum([base, *values]) + error
    printed_base, printed = round_to_sum(base, values, score)
    assert printed_base + sum(printed) == display_score(score)


@given(bases, points)
def test_every_number_stays_within_one_and_keeps_its_sign(base, values):
    printed_base, printed = round_to_sum(base, values, math.fsum([base, *values]))
    assert abs(printed_base - base) <= 1
    for exact, shown in zip(values, printed, strict=True):
        assert abs(shown - exact) < 1 or (shown == exact == 0)
        assert shown * exact >= 0
        assert shown == 0 if exact == 0 else True


@given(bases, points)
def test_a_larger_value_is_never_printed_smaller(base, values):
    _, printed = round_to_sum(base, values, math.fsum([base, *values]))
    pairs = sorted(zip(values, printed, strict=True))
    for (low, shown_low), (high, shown_high) in pairwise(pairs):
        if low < high:
            assert shown_low <= shown_high


def test_the_base_is_rounded_as_usual_where_that_can_be():
    assert round_to_sum(12.45, [20.4, 20.3, 20.9], 74.05) == (12, [21, 20, 21])


def test_the_base_gives_way_where_the_points_cannot():
    assert round_to_sum(12.4999999, [2.0], 14.5000001) == (13, [2])


def test_points_that_are_not_the_score_are_refused():
    with pytest.raises(ValueError, match="must add up to 40"):
        round_to_sum(12.0, [1.5], 40.0)


def test_half_points_round_upwards_like_people_do():
    assert [round_half_up(value) for value in (0.5, 1.5, 2.5, 49.5)] == [1, 2, 3, 50]


@pytest.mark.parametrize(("values", "total"), [([0.3, 0.7], -1), ([0.3, 0.7], 3), ([0.0, 4.0, 0.3], 6)])
def test_a_total_out_of_reach_is_not_forced(values, total):
    assert distribute_largest_remainder(values, total) is None


@given(st.floats(0, 100))
def test_a_printed_score_is_on_the_same_side_of_each_threshold_as_the_score(score):
    for threshold in (50, 80):
        assert (display_score(score) >= threshold) == (score >= threshold)
    assert abs(display_score(score) - score) < 1


def test_a_score_just_below_a_threshold_is_not_printed_as_the_threshold():
    assert [display_score(score) for score in (49.6, 50.0, 79.99, 80.0, 80.5)] == [49, 50, 79, 80, 81]
