"""Windows of time never touch, and a record of wins that begins late is found."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadlight.features.errors import NotEnoughDataError
from leadlight.pipelines.datasets.time_splits import (
    LeftTruncation,
    TimeSplit,
    assign_splits,
    detect_left_truncation,
    split_by_time,
)
from leadlight.pipelines.params.sections import Split

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2024-01-01")
shares = st.floats(0.05, 0.45)
splits = st.builds(lambda c, t: Split(calibrate_share=c, test_share=t), shares, shares)
hours = st.lists(st.integers(0, 24 * 400), min_size=1, max_size=60)
many_hours = st.lists(st.integers(0, 24 * 400), min_size=10, max_size=60)


def at_hours(values):
    return pd.Series([START + pd.Timedelta(hours=v) for v in values], dtype="datetime64[us]")


def daily(days):
    return pd.Series(pd.date_range(START, periods=days, freq="D"))


def cut(as_of, split, gap):
    windows = split_by_time(as_of, split, gap)
    return windows, pd.Series(assign_splits(as_of, windows), index=as_of.index)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(many_hours, splits, st.integers(0, 50))
def test_windows_are_in_order_apart_by_the_horizon_and_none_is_empty(values, split, gap_days):
    as_of, gap = at_hours(values), pd.Timedelta(days=gap_days)
    try:
        _, names = cut(as_of, split, gap)
    except NotEnoughDataError:
        assume(False)
    train, calibrate, test = (as_of[names == name] for name in ("train", "calibrate", "test"))
    assert not train.empty
    assert not calibrate.empty
    assert not test.empty
    assert train.max() + gap < calibrate.min()
    assert calibrate.max() + gap < test.min()
    between = as_of[names == "gap"]
    assert set(names) <= {"train", "calibrate", "test", "gap"}
    assert not ((between <= train.max()) | (between >= test.min())).any()
    assert not ((between >= calibrate.min()) & (between <= calibrate.max())).any()


@settings(deadline=None, derandomize=True, max_examples=100)
@given(hours, splits, st.integers(0, 120), st.randoms(use_true_random=False))
def test_the_order_of_the_snapshots_does_not_matter(values, split, gap_days, random):
    gap = pd.Timedelta(days=gap_days)
    shuffled = random.sample(values, len(values))
    try:
        windows = split_by_time(at_hours(values), split, gap)
    except NotEnoughDataError:
        with pytest.raises(NotEnoughDataError):
            split_by_time(at_hours(shuffled), split, gap)
    else:
        assert split_by_time(at_hours(shuffled), split, gap) == windows


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.integers(100, 900), st.data())
def test_a_span_of_more_than_three_horizons_has_room_for_the_windows(days, data):
    gap = data.draw(st.integers(0, int(days * 0.3)))
    as_of = daily(days)
    windows, names = cut(as_of, Split(), gap * DAY)
    assert windows.calibrate_start - windows.train_end == gap * DAY
    assert windows.test_start - windows.calibrate_end == gap * DAY
    assert (names == "gap").sum() == 2 * gap
    assert (names == "test").mean() == pytest.approx(0.2, abs=0.02)


def test_without_a_gap_the_windows_have_their_shares():
    _, names = cut(daily(200), Split(calibrate_share=0.3, test_share=0.1), pd.Timedelta(0))
    assert names.value_counts().to_dict() == {"train": 120, "calibrate": 60, "test": 20}
    assert list(names.drop_duplicates()) == ["train", "calibrate", "test"]


def test_a_bound_belongs_to_the_window_that_it_begins():
    moments = pd.Series(pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"]))
    windows = TimeSplit(*(moments[i] for i in (1, 2, 3, 4)))
    assert list(assign_splits(moments, windows)) == ["train", "gap", "calibrate", "gap", "test"]
    just_before = assign_splits(moments - pd.Timedelta(seconds=1), windows)
    assert list(just_before) == ["train", "train", "gap", "calibrate", "gap"]


def test_windows_are_written_down_by_name():
    windows = split_by_time(daily(100), Split(), 10 * DAY)
    assert windows.to_dict() == {
        "train_end": "2024-02-12T00:00:00",
        "calibrate_start": "2024-02-22T00:00:00",
        "calibrate_end": "2024-03-11T00:00:00",
        "test_start": "2024-03-21T00:00:00",
    }


@pytest.mark.parametrize(
    ("as_of", "gap_days"),
    [
        (daily(1), 0),  # a single moment
        (pd.Series([START] * 50), 0),
        (daily(100), 40),
        (daily(100), 90),
        (daily(100), 400),
    ],
)
def test_too_short_a_span_is_refused_with_a_sentence_that_names_it(as_of, gap_days):
    with pytest.raises(NotEnoughDataError) as raised:
        split_by_time(as_of, Split(), gap_days * DAY)
    days = (as_of.max() - as_of.min()).days
    assert str(raised.value) == (
        "The span of the labelled snapshots must have room for three windows and two gaps of "
        f"{gap_days} days. Got {days} days from 2024-01-01 to {as_of.max():%Y-%m-%d}: "
        "shorten label.horizon_days or give more history."
    )


def planted(days, wins_from, every, per_day=1):
    """Snapshots a day with one win in `every` of them, recorded from one day on."""
    moments = daily(days).repeat(per_day).reset_index(drop=True)
    number = pd.Series(range(len(moments)))
    won = ((number % every == 0) & (moments >= START + wins_from * DAY)).astype("int8")
    return pd.DataFrame({"as_of": moments, "won": won})


def test_a_record_of_wins_that_begins_late_is_found_and_said():
    mature = planted(days=400, wins_from=200, every=10, per_day=2)
    found = detect_left_truncation(mature, START + 200 * DAY, 30 * DAY)
    # windows of 30 days that ended by day 200 began on days 0 to 170: 171 days with 2 snapshots each
    assert found == LeftTruncation(START + 200 * DAY, 342, pytest.approx(34.2))
    assert found.describe() == (
        "No win is recorded before 2024-07-19, though 34 were to be expected among the 342 snapshots whose "
        "window had ended by then: what lies before is left out."
    )


def test_the_expected_number_of_wins_goes_by_the_rate_after_the_first():
    often = detect_left_truncation(planted(400, 200, every=4), START + 200 * DAY, 30 * DAY)
    seldom = detect_left_truncation(planted(400, 200, every=20), START + 200 * DAY, 30 * DAY)
    assert often.expected == pytest.approx(171 / 4)
    assert seldom.expected == pytest.approx(171 / 20)


@pytest.mark.parametrize(("wins_in_hundred", "found"), [(1, False), (4, False), (5, True), (20, True)])
def test_what_chance_explains_is_not_found(wins_in_hundred, found):
    before = pd.DataFrame({"as_of": [START] * 100, "won": 0})
    won = [1] * wins_in_hundred + [0] * (100 - wins_in_hundred)
    after = pd.DataFrame({"as_of": [START + 60 * DAY] * 100, "won": won})
    truncation = detect_left_truncation(pd.concat([before, after]), START + 60 * DAY, 30 * DAY)
    assert (truncation is not None) == found


def test_a_record_that_is_complete_is_left_alone():
    mature = planted(days=400, wins_from=0, every=10)
    assert detect_left_truncation(mature, START, 30 * DAY) is None
    # the first win came after a month, as the first windows had only just ended
    assert detect_left_truncation(mature, START + 31 * DAY, 30 * DAY) is None


def test_a_window_that_ends_with_the_first_win_ended_before_it():
    first_win = START + 30 * DAY
    after = pd.DataFrame({"as_of": [first_win] * 10, "won": 1})
    for late, found in ((dt.timedelta(0), True), (dt.timedelta(seconds=1), False)):
        before = pd.DataFrame({"as_of": [START + late] * 10, "won": 0})
        truncation = detect_left_truncation(pd.concat([before, after]), first_win, 30 * DAY)
        assert (truncation is not None) == found


def test_without_snapshots_on_both_sides_of_the_first_win_nothing_is_claimed():
    mature = planted(days=100, wins_from=0, every=2)
    assert detect_left_truncation(mature, START + 300 * DAY, 30 * DAY) is None
    assert detect_left_truncation(mature, START + 10 * DAY, 30 * DAY) is None
