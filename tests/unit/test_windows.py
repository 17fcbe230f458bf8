"""Windows of time never touch, hold enough days and wins, and a record of wins that begins late is found."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
NO_TEST = TimeSplit(None, None, None, None)
shares = st.floats(0.05, 0.45)
splits = st.builds(
    lambda c, t, days, wins: Split(calibrate_share=c, test_share=t, min_days=days, min_wins=wins),
    shares, shares, st.integers(1, 60), st.integers(1, 40),
)  # fmt: skip
#: moment in hours and whether it won
moments = st.lists(st.tuples(st.integers(0, 24 * 400), st.booleans()), min_size=10, max_size=60)


def at_hours(rows):
    """A snapshot of a lead of its own for each moment."""
    frame = pd.DataFrame(rows, columns=["hour", "won"]).astype({"won": int})
    frame["as_of"] = START + pd.to_timedelta(frame.pop("hour"), unit="h").astype("timedelta64[us]")
    return frame.assign(lead_id=[f"L{i}" for i in range(len(frame))])


def daily(days, every=4, per_day=1):
    """Snapshots a day, each of another lead; one in `every` wins."""
    as_of = pd.Series(pd.date_range(START, periods=days, freq="D")).repeat(per_day).reset_index(drop=True)
    won = (np.arange(len(as_of)) % every == 0).astype(int)
    return pd.DataFrame({"as_of": as_of, "won": won, "lead_id": [f"L{i}" for i in range(len(as_of))]})


def cut(rows, split, gap):
    windows = split_by_time(rows, split, gap)
    return windows, pd.Series(assign_splits(rows, windows), index=rows.index)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(moments, splits, st.integers(0, 50))
def test_windows_are_in_order_apart_by_the_horizon_and_none_is_empty(values, split, gap_days):
    rows, gap = at_hours(values), pd.Timedelta(days=gap_days)
    windows, names = cut(rows, split, gap)
    as_of = rows["as_of"]
    train, calibrate, test = (as_of[names == name] for name in ("train", "calibrate", "test"))
    assert set(names) <= {"train", "calibrate", "test", "gap"}
    if windows.test_start is None:
        assert "gap" not in set(names)
        return
    past = as_of[names.isin(["train", "calibrate"])]
    assert not test.empty
    assert test.min() == windows.test_start
    assert past.max() + gap < test.min()
    if windows.calibrate_start is not None:
        assert not train.empty
        assert not calibrate.empty
        assert train.max() + gap < calibrate.min()
        between = as_of[names == "gap"]
        assert not ((between <= train.max()) | (between >= test.min())).any()
        assert not ((between >= calibrate.min()) & (between <= calibrate.max())).any()


@settings(deadline=None, derandomize=True, max_examples=25)
@given(moments, splits, st.integers(0, 60), st.randoms(use_true_random=False))
def test_the_order_of_the_snapshots_does_not_matter(values, split, gap_days, random):
    rows, gap = at_hours(values), pd.Timedelta(days=gap_days)
    shuffled = rows.iloc[random.sample(range(len(rows)), len(rows))].reset_index(drop=True)
    assert split_by_time(shuffled, split, gap) == split_by_time(rows, split, gap)


def test_windows_take_their_shares_of_the_days():
    windows, names = cut(daily(1000), Split(calibrate_share=0.3, test_share=0.1, min_wins=1), 20 * DAY)
    assert names.value_counts().to_dict() == {"train": 560, "calibrate": 300, "test": 100, "gap": 40}
    assert windows.calibrate_start - windows.train_end == 20 * DAY
    assert windows.test_start - windows.calibrate_end == 20 * DAY


def test_windows_are_as_long_as_is_asked_for_at_least():
    _, names = cut(daily(400), Split(calibrate_share=0.05, test_share=0.05, min_days=45, min_wins=1), 20 * DAY)
    assert (names == "test").sum() == 45
    assert (names == "calibrate").sum() == 45


def test_windows_grow_until_they_hold_enough_wins():
    # one win in twelve days: thirty take a year
    _, names = cut(daily(2000, every=12), Split(calibrate_share=0.05, test_share=0.05, min_wins=30), 20 * DAY)
    rows = daily(2000, every=12)
    for name in ("test", "calibrate"):
        assert rows.loc[names == name, "won"].sum() == 30


def test_wins_of_one_lead_count_once():
    rows = daily(2000, every=12)
    twice = pd.concat([rows, rows.assign(as_of=rows["as_of"] + pd.Timedelta(hours=1))], ignore_index=True)
    split = Split(calibrate_share=0.05, test_share=0.05, min_wins=30)
    names = cut(twice, split, 20 * DAY)[1]
    assert twice.loc[(names == "test") & (twice["won"] == 1), "lead_id"].nunique() == 30


def test_windows_grow_to_two_fifths_of_the_days_and_no_further():
    windows, names = cut(daily(1000, every=10), Split(min_wins=90), 20 * DAY)
    assert (names == "test").mean() == pytest.approx(0.4, abs=0.002)
    assert windows.explain_fallback(20) is None or windows.calibrate_start is None


def test_a_bound_belongs_to_the_window_that_it_begins():
    rows = daily(5).assign(as_of=pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"]))
    windows = TimeSplit(*(rows["as_of"][i] for i in (1, 2, 3, 4)))
    assert list(assign_splits(rows, windows)) == ["train", "gap", "calibrate", "gap", "test"]
    just_before = assign_splits(rows.assign(as_of=rows["as_of"] - pd.Timedelta(seconds=1)), windows)
    assert list(just_before) == ["train", "train", "gap", "calibrate", "gap"]


@pytest.mark.parametrize("windows", [NO_TEST, TimeSplit(*(START + n * DAY for n in (40, 60, 80, 90)))])
def test_what_is_not_known_is_unfinished_wherever_it_lies(windows):
    rows = daily(100)
    rows["won"] = rows["won"].where(np.arange(100) % 7 > 0)
    names = pd.Series(assign_splits(rows, windows))
    assert (names[rows["won"].isna()] == "unfinished").all()
    assert "unfinished" not in set(names[rows["won"].notna()])


def test_windows_are_written_down_by_name():
    windows = split_by_time(daily(150), Split(min_days=1, min_wins=1), 10 * DAY)
    assert list(windows.to_dict()) == ["train_end", "calibrate_start", "calibrate_end", "test_start"]
    assert windows.to_dict()["test_start"] == windows.test_start.isoformat()
    assert set(NO_TEST.to_dict().values()) == {None}


def test_where_the_past_is_too_short_for_two_windows_a_part_of_its_leads_is_for_calibration():
    rows = daily(150, every=3, per_day=4)
    windows, names = cut(rows, Split(), 50 * DAY)
    assert windows.calibrate_start is windows.train_end is None
    assert windows.calibrate_end == windows.test_start - 50 * DAY
    past = rows["as_of"] < windows.calibrate_end
    assert set(names[past]) == {"train", "calibrate"}
    assert (names[past] == "calibrate").mean() == pytest.approx(0.25, abs=0.06)
    assert set(names[~past]) == {"gap", "test"}
    assert windows.explain_fallback(50) == (
        "The history before the test window is too short for windows of time and gaps of 50 days: candidates are "
        "chosen on other leads of the same days; the test window is later than all of them."
    )


@pytest.mark.parametrize(("days", "gap_days"), [(1, 0), (1, 30), (40, 60), (100, 90), (100, 400)])
def test_too_short_a_history_is_parted_by_leads_and_says_so(days, gap_days):
    rows = daily(days, per_day=-(-1200 // days))
    windows, names = cut(rows, Split(), gap_days * DAY)
    assert windows == NO_TEST
    shares = names.value_counts(normalize=True)
    assert [shares[name] for name in ("train", "calibrate", "test")] == pytest.approx([0.5, 0.25, 0.25], abs=0.05)
    assert windows.explain_fallback(gap_days) == (
        f"The history is too short for windows of time and gaps of {gap_days} days: the model is judged on other "
        "leads of the same days, so its figures say nothing of later days and are optimistic."
    )


def test_all_snapshots_of_a_lead_are_in_one_part_and_in_the_same_one_in_every_run():
    rows = daily(40, per_day=20)
    rows["lead_id"] = [f"L{i % 100}" for i in range(len(rows))]
    names = pd.Series(assign_splits(rows, NO_TEST))
    assert (names.groupby(rows["lead_id"]).nunique() == 1).all()
    again = rows.sample(frac=1, random_state=1)
    assert list(assign_splits(again, NO_TEST)) == list(names[again.index])


def test_where_there_is_room_nothing_is_said():
    windows, _ = cut(daily(1000), Split(), 30 * DAY)
    assert windows.explain_fallback(30) is None


def planted(days, wins_from, every, per_day=1):
    """Snapshots a day with one win in `every` of them, recorded from one day on."""
    moments = daily(days, per_day=per_day)["as_of"]
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
