"""What is known by the day alone counts when the day is over, deals from its beginning; and other rules of
what activities are read into."""

from pathlib import Path

import pandas as pd
import pytest

from leadlight.features.errors import ParamsError
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.featurize import featurize_as_of
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

PARAMS = """\
source:
  timezone: {zone}
  max_bad_share: 1
  leads: {{path: leads.csv, lead_id: id, created_at: {{column: at, format: ISO8601}}}}
  activities:
    path: activities.{kind}
    lead_id: id
    occurred_at: {at}
    type: type
    value: value
  deals: {{path: deals.{kind}, lead_id: id, closed_at: {at}}}
  history: {{path: history.{kind}, lead_id: id, attribute: what, value: to, changed_at: {at}}}
attributes: {{industry: {{kind: category}}, size: {{kind: number}}}}
signals: {{demo: {{value: true}}}}
"""
BY_DAY = '{column: at, format: "%d.%m.%Y"}'


@pytest.fixture
def read(tmp_path: Path):
    """Ingest one activity, one deal and one change, all of one time; return a reader of clean tables."""

    def run(at: str, text, zone: str = "Europe/Berlin", value="1", created: str = "2020-01-01"):
        typed = not isinstance(text, str)
        kind = "parquet" if typed else "csv"
        params = PARAMS.format(zone=zone, at=at, kind=kind)
        (tmp_path / "params.yaml").write_text(params, encoding="utf-8")
        (tmp_path / "leads.csv").write_text(f"id,at,industry,size\nA,{created},x,1\n", encoding="utf-8")
        rows = {
            "activities": {"id": ["A"], "at": [text], "type": ["demo"], "value": [value]},
            "deals": {"id": ["A"], "at": [text]},
            "history": {"id": ["A"], "at": [text], "what": ["industry"], "to": ["y"]},
        }
        for name, content in rows.items():
            frame = pd.DataFrame(content)
            if typed:
                frame.to_parquet(tmp_path / f"{name}.parquet")
            else:
                frame.to_csv(tmp_path / f"{name}.csv", index=False)
        ingest(load_params(tmp_path / "params.yaml"), tmp_path, Workdir(tmp_path / "work"))
        return lambda name: pd.read_parquet(tmp_path / "work" / "tables" / f"{name}.parquet")

    return run


def times(table):
    """When the activity, the deal and the change are known."""
    columns = {"activities": "occurred_at", "deals": "closed_at", "history": "changed_at"}
    return tuple(str(table(name)[column].iloc[0]) for name, column in columns.items())


@pytest.mark.parametrize(
    ("day", "zone", "begins", "ends"),
    [
        ("10.06.2024", "UTC", "2024-06-10 00:00:00", "2024-06-10 23:59:59"),
        ("10.06.2024", "Europe/Berlin", "2024-06-09 22:00:00", "2024-06-10 21:59:59"),
        ("10.01.2024", "Europe/Berlin", "2024-01-09 23:00:00", "2024-01-10 22:59:59"),
        ("10.06.2024", "America/New_York", "2024-06-10 04:00:00", "2024-06-11 03:59:59"),
        # clocks go on by an hour: a day of 23
        ("31.03.2024", "Europe/Berlin", "2024-03-30 23:00:00", "2024-03-31 21:59:59"),
        ("30.03.2024", "Europe/Berlin", "2024-03-29 23:00:00", "2024-03-30 22:59:59"),
        # and back by one: a day of 25
        ("27.10.2024", "Europe/Berlin", "2024-10-26 22:00:00", "2024-10-27 22:59:59"),
        ("28.10.2024", "Europe/Berlin", "2024-10-27 23:00:00", "2024-10-28 22:59:59"),
        # a day that began at one o'clock, and the one before
        ("04.11.2018", "America/Sao_Paulo", "2018-11-04 03:00:00", "2018-11-05 01:59:59"),
        ("03.11.2018", "America/Sao_Paulo", "2018-11-03 03:00:00", "2018-11-04 02:59:59"),
    ],
)
def test_a_day_counts_from_its_end_for_what_is_done_and_from_its_beginning_for_deals(read, day, zone, begins, ends):
    created = "2017-01-01"
    assert times(read(BY_DAY, day, zone, created=created)) == (ends, begins, ends)


@pytest.mark.parametrize(
    ("at", "text", "moved"),
    [
        ('{column: at, format: "%d.%m.%Y"}', "10.01.2024", True),
        ('{column: at, format: "%d.%m.%Y", by_day: false}', "10.01.2024", False),
        ('{column: at, format: "%d %B %Y"}', "10 January 2024", True),
        ('{column: at, format: "%d.%m.%Y %H:%M"}', "10.01.2024 00:00", False),
        ('{column: at, format: "%d.%m.%Y %H:%M", by_day: true}', "10.01.2024 00:00", True),
        ('{column: at, format: "%d.%m.%Y %I %p"}', "10.01.2024 12 AM", False),
        ('{column: at, format: "%d.%m.%Y %H"}', "10.01.2024 00", False),
        ("{column: at, format: ISO8601}", "2024-01-10", False),
        ("{column: at, format: ISO8601, by_day: true}", "2024-01-10", True),
        ("{column: at}", pd.Timestamp("2024-01-10"), False),
        ("{column: at, by_day: true}", pd.Timestamp("2024-01-10"), True),
        ("{column: at, by_day: true}", pd.Timestamp("2024-01-10").date(), True),
    ],
)
def test_a_format_without_hours_or_by_day_says_that_only_the_day_is_known(read, at, text, moved):
    known = "2024-01-10 22:59:59" if moved else "2024-01-09 23:00:00"
    assert times(read(at, text)) == (known, "2024-01-09 23:00:00", known)


@pytest.mark.parametrize("created", ["2024-06-09", "2024-06-10", "2024-06-10T09:00:00"])
def test_an_activity_of_the_day_of_the_deal_is_never_seen_while_the_lead_is_open(read, created):
    table = read(BY_DAY, "10.06.2024", created=created)
    (done, closed, changed), (born,) = times(table), table("leads")["created_at"].astype(str)
    assert born <= closed < min(done, changed)  # an open lead is looked at up to the moment of its close
    if created == "2024-06-10T09:00:00":
        assert closed == born == "2024-06-10 07:00:00"


def test_features_at_the_close_do_not_know_the_day_of_the_deal(read, tmp_path):
    read(BY_DAY, "10.06.2024")
    params, work = load_params(tmp_path / "params.yaml"), Workdir(tmp_path / "work")
    output = tmp_path / "features.parquet"
    assert featurize_as_of(params, work, pd.Timestamp("2024-06-09 22:00:00"), output) == 1
    (row,) = pd.read_parquet(output).to_dict("records")
    assert row["count_90d__demo"] == 0
    assert row["attribute__industry"] is None or pd.isna(row["attribute__industry"])


@pytest.mark.parametrize(
    ("text", "zone", "local"),
    [
        ("2024-06-10T10:00:00Z", "Europe/Berlin", "2024-06-10 12:00:00"),
        ("2024-01-10T10:00:00Z", "Europe/Berlin", "2024-01-10 11:00:00"),
        ("2024-06-10T10:00:00", "Europe/Berlin", "2024-06-10 10:00:00"),
        ("2024-06-10T23:30:00Z", "Europe/Berlin", "2024-06-11 01:30:00"),
        ("2024-06-10T02:00:00Z", "America/New_York", "2024-06-09 22:00:00"),
        # either side of the change of clocks in Berlin
        ("2024-03-31T00:59:59Z", "Europe/Berlin", "2024-03-31 01:59:59"),
        ("2024-03-31T01:00:00Z", "Europe/Berlin", "2024-03-31 03:00:00"),
        ("2024-10-27T00:59:59Z", "Europe/Berlin", "2024-10-27 02:59:59"),
        ("2024-10-27T01:00:00Z", "Europe/Berlin", "2024-10-27 02:00:00"),
        ("2024-06-10T10:00:00Z", "Asia/Kolkata", "2024-06-10 15:30:00"),
    ],
)
def test_local_times_are_those_of_the_clocks_of_the_source(read, text, zone, local):
    activities = read("{column: at, format: ISO8601}", text, zone)("activities")
    assert str(activities["local_at"].iloc[0]) == local


def test_the_local_day_of_what_is_known_by_the_day_is_that_day(read):
    activities = read(BY_DAY, "10.06.2024", "America/New_York")("activities")
    assert str(activities["local_at"].iloc[0].date()) == "2024-06-10"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("1000000000", 1e9),
        ("-1000000000", -1e9),
        ("999999999.5", 999999999.5),
        ("1000000000.1", None),
        ("-1000000001", None),
        ("1e300", None),
        ("inf", None),
        ("much", None),
        ("", None),
    ],
)
def test_a_value_beyond_a_thousand_millions_is_emptied_and_told(read, tmp_path, value, kept):
    (found,) = read(BY_DAY, "10.06.2024", value=value)("activities")["value"]
    assert (None if pd.isna(found) else found) == kept
    told = pd.read_csv(tmp_path / "work" / "tables" / "quarantine.csv", dtype=str)
    shown = f"'{value}" if value.startswith("-") else value  # a spreadsheet would take it for a formula
    expected = [] if kept is not None or not value else [("activities", "1", "value", shown, "value emptied")]
    columns = ["table", "row", "column", "value", "action"]
    assert list(told[columns].itertuples(index=False, name=None)) == expected


def test_values_that_were_emptied_say_nothing(read, tmp_path):
    read("{column: at, format: ISO8601}", "2024-06-10T10:00:00", value="2e9")
    params, output = load_params(tmp_path / "params.yaml"), tmp_path / "features.parquet"
    at_the_close = pd.Timestamp("2024-06-10 08:00:00")
    featurize_as_of(params, Workdir(tmp_path / "work"), at_the_close, output)
    (row,) = pd.read_parquet(output).to_dict("records")
    assert row["value_sum_90d__demo"] == 0
    assert pd.isna(row["value_mean_90d__demo"])


@pytest.mark.parametrize(("wish", "column"), [("value", "value"), ("objects", "object")])
@pytest.mark.parametrize("activities", [True, False], ids=["not mapped", "no activities"])
def test_a_signal_with_values_or_objects_needs_their_column(tmp_path, wish, column, activities):
    table = "  activities: {path: a.csv, lead_id: id, occurred_at: at, type: type}\n" if activities else ""
    (tmp_path / "params.yaml").write_text(
        "source:\n  leads: {path: l.csv, lead_id: id, created_at: at}\n"
        f"{table}  deals: {{path: d.csv, lead_id: id, closed_at: at}}\n"
        f"attributes: {{size: {{kind: number}}}}\nsignals: {{demo: {{{wish}: true}}, plain: }}\n",
        encoding="utf-8",
    )
    with pytest.raises(ParamsError) as caught:
        load_params(tmp_path / "params.yaml")
    assert str(caught.value) == (
        f"The section signals.demo.{wish} of {tmp_path / 'params.yaml'} must have "
        f"source.activities.{column} beside it. Got none."
    )
