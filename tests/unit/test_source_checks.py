"""Checks of the source on profiles made by hand: what calls for action, what is looked at, what is nothing."""

import copy

import numpy as np
import pytest

from leadlight.pipelines.findings.monitoring_codes import REWRITTEN_SINCE_RUN
from leadlight.pipelines.reports.monitoring.kinds import find_kinds
from leadlight.pipelines.reports.monitoring.rewritten import compare_profiles
from leadlight.pipelines.reports.monitoring.table_rows import find_table_changes
from leadlight.pipelines.reports.monitoring.table_times import find_time_changes

WORK_HOURS = [0] * 7 + [20, 60, 80, 70, 60, 70, 80, 70, 50, 20, 10] + [0] * 6


def make_profile(as_of="2025-09-01T00:00:00", end="2025-08-31T20:00:00"):
    def table(kinds, gap=1.0):
        return {
            "rows": sum(sum(periods) for periods in kinds.values()),
            "end": end,
            "longest_gap": gap,
            "kinds": {kind: {"rows": sum(periods), "periods": periods} for kind, periods in kinds.items()},
            "hours": [list(WORK_HOURS) for _ in range(4)],
            "last_hours": [hour // 3 for hour in WORK_HOURS],
        }

    tables = {
        "leads": table({"created": [100] * 13}),
        "activities": table({"page_view": [500] * 13, "call": [40] * 13, "rare": [3] * 13}),
        "deals": table({"won": [14] * 13, "lost": [60] * 13}, gap=3.0),
        "stages": table({"new": [100] * 13}),
    }
    day = f"{end[:10]}T00:00:00"
    return {
        "as_of": as_of,
        "tables": tables,
        "ends": {name: {"end": day} for name in tables},
        "samples": {"activities": list(range(0, 1280, 10)), "attribute branch": list(range(0, 1280, 10))},
        "duplicates": {"activities": 0.001, "deals": 0.0},
        "medians": {},
        "rejected": {"deals": {"row left out": 0.01}},
        "misdated": {"leads": 2},
    }


@pytest.fixture
def then():
    return make_profile()


@pytest.fixture
def now():
    return make_profile("2025-12-01T00:00:00", "2025-11-30T20:00:00")


def seen(findings):
    return {(f.level, f.code.code, f.name) for f in findings}


def everything(then, now, again=None):
    return seen([*find_kinds(then, now, again or then), *find_table_changes(then, now), *find_time_changes(then, now)])


def test_a_night_like_all_others_has_no_finding(then, now):
    assert everything(then, now) == set()


def test_a_type_that_is_spelled_another_way_is_gone_and_its_like_is_named(then, now):
    kinds = now["tables"]["activities"]["kinds"]
    kinds["Page View"] = kinds.pop("page_view")
    findings = find_kinds(then, now, None)
    assert seen(findings) == {("act", "LL309", "page_view in activities"), ("act", "LL310", "Page View in activities")}
    assert next(f for f in findings if f.code.code == "LL309").figures == {"like": "Page View"}


def test_a_type_that_is_gone_before_the_cut_off_too_is_found_there(then, now):
    again = copy.deepcopy(then)
    del again["tables"]["activities"]["kinds"]["call"]
    assert seen(find_kinds(then, now, again)) == {("act", "LL309", "call in activities")}


@pytest.mark.parametrize(("rows", "gone"), [(3, False), (5, True)])
def test_a_type_that_always_had_a_dozen_rows_in_84_days_is_gone_without_any(then, now, rows, gone):
    then["tables"]["activities"]["kinds"]["fair"] = {"rows": 13 * rows, "periods": [rows] * 13}
    assert seen(find_kinds(then, now, None)) == ({("act", "LL309", "fair in activities")} if gone else set())


def test_a_rare_type_may_be_away_and_a_stage_is_looked_at(then, now):
    del now["tables"]["activities"]["kinds"]["rare"]
    assert find_kinds(then, now, None) == []
    del now["tables"]["stages"]["kinds"]["new"]
    assert seen(find_kinds(then, now, None)) == {("look", "LL309", "new in stages")}


@pytest.mark.parametrize(("rows", "level"), [(2, None), (15, "look"), (100, "act")])
def test_new_types_count_by_their_share(then, now, rows, level):
    now["tables"]["activities"]["kinds"]["chat"] = {"rows": rows, "periods": [rows] + [0] * 12}
    found = seen(find_kinds(then, now, None))
    assert found == ({(level, "LL310", "chat in activities")} if level else set())


@pytest.mark.parametrize(("rows", "level"), [(55, None), (30, "look"), (5, "act"), (190, "look"), (400, "act")])
def test_rows_of_a_table_count_against_the_fewest_and_most_of_the_year(then, now, rows, level):
    now["tables"]["leads"]["kinds"]["created"]["periods"][0] = rows
    then["tables"]["leads"]["kinds"]["created"]["periods"][5] = 80
    found = seen(find_table_changes(then, now))
    assert found == ({(level, "LL313", "Leads")} if level else set())


@pytest.mark.parametrize(("share", "level"), [(0.005, None), (0.03, "look"), (0.5, "act")])
def test_copies_and_quarantine_count_beyond_those_of_training(then, now, share, level):
    now["duplicates"]["activities"] = share
    now["rejected"]["deals"]["row left out"] = 0.01 + share / 3
    expected = {(level, "LL314", "Activities"), (level, "LL319", "Deals, row left out")} if level else set()
    assert seen(find_table_changes(then, now)) == expected


@pytest.mark.parametrize(("end", "level"), [("2025-11-26", None), ("2025-11-23", "act"), ("2025-09-20", "act")])
def test_a_table_may_end_early_by_twice_its_longest_gap(then, now, end, level):
    now["tables"]["deals"]["end"] = f"{end}T10:00:00"
    found = seen(find_time_changes(then, now))
    assert found == ({(level, "LL315", "Deals")} if level else set())


def test_a_table_without_a_row_ends_before_training(then, now):
    del now["tables"]["deals"]
    assert ("act", "LL315", "Deals") in seen(find_time_changes(then, now))


def test_a_table_after_all_others_and_rows_misdated_since_training_call_for_action(then, now):
    now["ends"]["activities"]["end"] = "2025-12-05T00:00:00"
    assert seen(find_time_changes(then, now)) == {("act", "LL316", "Activities")}
    now["misdated"] = {"leads": 1, "stages": 1}  # in quarantine; of leads it was so before
    assert seen(find_time_changes(then, now)) == {("act", "LL316", "Activities"), ("act", "LL316", "Stages")}


@pytest.mark.parametrize(("hours", "level"), [(0, None), (1, "look"), (2, "act"), (-3, "act")])
def test_hours_that_moved_in_every_quarter_are_found(then, now, hours, level):
    moved = np.roll(WORK_HOURS, hours).tolist()
    now["tables"]["leads"]["hours"][0] = moved
    found = find_time_changes(then, now)
    assert seen(found) == ({(level, "LL317", "Leads")} if level else set())
    assert [f.figures["hours"] for f in found] == ([hours] if level else [])
    then["tables"]["leads"]["hours"][2] = moved  # summer time, as in a quarter of the year
    assert find_time_changes(then, now) == []


def test_records_that_are_no_longer_the_same_are_found_by_sample_and_by_count(then):
    again = copy.deepcopy(then)
    again["samples"]["activities"] = list(range(5, 1280, 10))
    again["samples"]["attribute branch"] = list(range(0, 1280, 10))[:90]
    again["tables"]["deals"]["kinds"]["lost"]["periods"] = [120] * 13
    found = seen(compare_profiles(then, again, REWRITTEN_SINCE_RUN, "the last run"))
    assert found == {
        ("act", "LL322", "Activities"),
        ("look", "LL322", "Attribute branch"),
        ("act", "LL322", "lost in deals"),
    }
    assert list(compare_profiles(then, then, REWRITTEN_SINCE_RUN, "the last run")) == []
