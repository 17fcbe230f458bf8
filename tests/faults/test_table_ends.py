"""Each table has its own end: single rows do not move it; one that ends early moves labels, or stops a night."""

import datetime as dt
import random

import pandas as pd
import pytest

from leadlight.features.errors import SourceError
from leadlight.pipelines.params import load_params
from leadlight.pipelines.sources.outcomes.lags import check_lags, find_cut_off
from leadlight.pipelines.sources.rows.table_ends import count_days, find_span
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.stages.snapshot import snapshot
from leadlight.pipelines.workspace.workdir import Workdir

SOURCE = 4
CUT = dt.datetime(2024, 8, 15)


def read(crm) -> dict:
    return ingest(load_params(crm.params), crm.folder, Workdir(crm.work))


def draw_times(gap_days: float, rows: int, seed: int = 1) -> list[pd.Timestamp]:
    draw, now, times = random.Random(seed), pd.Timestamp("2023-01-01"), []
    for _ in range(rows):
        now += pd.Timedelta(days=draw.expovariate(1 / gap_days))
        times.append(now)
    return times


@pytest.mark.parametrize(("gap_days", "rows"), [(0.01, 5000), (1, 600), (5, 120), (15, 60), (30, 25)])
@pytest.mark.parametrize("seed", range(4))
def test_the_span_of_a_sound_table_is_all_of_it(gap_days: float, rows: int, seed: int):
    times = draw_times(gap_days, rows, seed)
    span = find_span(count_days(pd.Series(times)))
    assert span is not None
    assert (span.first, span.last) == (times[0].normalize(), times[-1].normalize())


@pytest.mark.parametrize(("ahead", "found"), [(75, True), (20, True), (10, False)])
def test_a_row_far_after_the_rest_is_outlying(ahead: int, found: bool):
    times = draw_times(0.1, 3000)
    late = times[-1] + pd.Timedelta(days=ahead)
    span = find_span(count_days(pd.Series([*times, late])))
    assert span is not None
    assert (span.last == times[-1].normalize()) is found
    assert span.contains(pd.Series([late])).tolist() == [not found]


def test_many_rows_after_a_gap_are_a_part_of_the_table():
    times = draw_times(0.1, 3000)
    resumed = [times[-1] + pd.Timedelta(days=60 + n / 10) for n in range(40)]
    span = find_span(count_days(pd.Series([*times, *resumed])))
    assert span is not None
    assert span.last == resumed[-1].normalize()


@pytest.mark.parametrize(
    ("year", "rows", "first_year"), [(1970, 1, 2023), (1970, 300, 2023), (2010, 1, 2023), (2022, 1, 2022)]
)
def test_implausibly_early_rows_do_not_begin_a_table(year: int, rows: int, first_year: int):
    span = find_span(count_days(pd.Series([*[pd.Timestamp(year, 1, 1)] * rows, *draw_times(0.1, 3000)])))
    assert span is not None
    assert span.first.year == first_year


def test_a_table_whose_bulk_is_old_is_old():
    span = find_span(count_days(pd.Series([t - pd.Timedelta(days=50 * 365) for t in draw_times(1, 100)])))
    assert span is not None
    assert span.first.year == 1973


def test_one_activity_with_a_late_clock_moves_no_cut_off_and_is_named(crm):
    before = read(crm)
    snapshots = snapshot(load_params(crm.params), Workdir(crm.work))
    crm.tables["activities"][100]["at"] = dt.datetime(2025, 1, 20)
    crm.write("activities")
    report = read(crm)
    assert report["known_until"] == before["known_until"]
    assert snapshot(load_params(crm.params), Workdir(crm.work)) == snapshots
    found = pd.read_csv(crm.work / "tables" / "quarantine.csv").to_dict("records")
    assert [(e["table"], e["row"], e["code"], e["value"]) for e in found] == [
        ("activities", 101, "LL207", "2025-01-20 00:00:00")
    ]


@pytest.mark.parametrize(
    ("created", "code"),
    [("1970-01-01 00:00:00", "LL206"), ("0001-01-01 00:00:00", "LL206"), ("2009-05-05 00:00:00", "LL207")],
)
def test_a_lead_of_an_implausible_time_goes_to_quarantine(crm, created: str, code: str):
    before = read(crm)
    lead = crm.tables["leads"][3]
    lead["created"] = created
    crm.write("leads")
    report = read(crm)
    assert report["first_lead"] == before["first_lead"]
    assert [(e["table"], e["code"]) for e in report["quarantine"] if e["table"] == "leads"] == [("leads", code)]
    assert report["rows"]["leads"] == 499


def cut_deals(crm) -> None:
    crm.write("deals", [deal for deal in crm.tables["deals"] if deal["closed"] < CUT])


def test_labels_end_where_deals_end_and_it_is_printed(crm, leadlight):
    cut_deals(crm)
    said = leadlight(crm, "ingest")
    assert said.code == 0
    assert "LL218 deals end on 2024-08-1" in said.out
    known_until = pd.Timestamp(read(crm)["known_until"])
    assert pd.Timestamp("2024-08-10") < known_until <= CUT
    snapshot(load_params(crm.params), Workdir(crm.work))
    drawn = pd.read_parquet(crm.work / "snapshots" / "snapshots.parquet")
    assert drawn["as_of"].max() < known_until
    assert drawn.loc[drawn["won"].notna(), "as_of"].max() + pd.Timedelta(days=20) <= known_until


def test_deals_that_end_a_little_earlier_move_nothing(crm):
    newest = max(lead["created"] for lead in crm.tables["leads"])
    crm.write("deals", [deal for deal in crm.tables["deals"] if deal["closed"] < newest - dt.timedelta(days=1)])
    report = read(crm)
    assert report["findings"] == []
    in_utc = newest - dt.timedelta(hours=2)  # Berlin in summer
    assert pd.Timestamp(report["known_until"]) == in_utc + dt.timedelta(seconds=1)


@pytest.mark.parametrize("table", ["deals", "activities"])
def test_a_night_on_stale_deals_or_activities_is_refused(trained_crm, refused, leadlight, table: str):
    column = {"deals": "closed", "activities": "at"}[table]
    trained_crm.write(table, [row for row in trained_crm.tables[table] if row[column] < CUT])
    said = refused(trained_crm, "score", "--as-of", "2024-10-21", code=SOURCE, scratch="night/score.lock")
    assert f"The table {table} must reach to 14 days before the end of the other tables (source.max_lag_days)." in said
    trained_crm.change("  timezone:", "  max_lag_days: 90\n  timezone:")
    # the leads that look open now are more than a night may bring
    assert leadlight(trained_crm, "score", "--as-of", "2024-10-21", "--force", "a test").code == 0


def test_a_night_before_the_end_of_deals_misses_none_of_them():
    ends = {
        "leads": {"end": "2024-10-26T00:00:00", "usual_gap_days": 1.0},
        "deals": {"end": "2024-08-15T00:00:00", "usual_gap_days": 2.0},
    }
    check_lags(ends, pd.Timestamp("2024-08-20"), None)
    with pytest.raises(SourceError, match=r"Got deals until 2024-08-15, 36 days before"):
        check_lags(ends, pd.Timestamp("2024-09-20"), None)
    assert find_cut_off(ends, dated=True) == pd.Timestamp("2024-08-15")


def test_a_sparse_table_may_end_as_much_earlier_as_its_gaps_are_long():
    ends = {
        "leads": {"end": "2024-10-26T00:00:00", "usual_gap_days": 1.0},
        "deals": {"end": "2024-09-15T00:00:00", "usual_gap_days": 25.0},
    }
    check_lags(ends, pd.Timestamp("2024-10-26"), None)
    assert find_cut_off(ends, dated=True) == pd.Timestamp("2024-10-26")
    with pytest.raises(SourceError):
        check_lags(ends, pd.Timestamp("2024-10-26"), 14)
