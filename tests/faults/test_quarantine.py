"""Bad rows: each lands in quarantine with its place and reason, is counted, and none is lost in silence."""

import datetime as dt
import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadlight.features.errors import SourceError
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

LEFT_OUT, EMPTIED = "row left out", "value emptied"
COLUMNS = ["table", "row", "column", "code", "reason", "value", "action"]


def read(crm) -> tuple[dict, pd.DataFrame]:
    """Ingest; return the report and what stands in quarantine.csv."""
    report = ingest(load_params(crm.params), crm.folder, Workdir(crm.work))
    written = json.loads((crm.work / "tables" / "ingest.json").read_text(encoding="utf-8"))
    assert written == report
    found = pd.read_csv(crm.work / "tables" / "quarantine.csv", dtype={"value": str}, keep_default_na=False)
    assert list(found.columns) == COLUMNS
    return report, found


@pytest.mark.parametrize(
    ("table", "column", "value", "found_as"),
    [
        ("leads", "created", "31.12.2024", ("no time that fits the format", "LL204")),
        ("leads", "created", "2024-02-30 10:00:00", ("no time that fits the format", "LL204")),
        ("leads", "created", "", ("no time that fits the format", "LL204")),
        ("leads", "lead", "L0000", ("lead id comes a second time", "LL202")),
        ("leads", "lead", " L0000 ", ("lead id comes a second time", "LL202")),
        ("leads", "lead", "", ("no lead id", "LL201")),
        ("leads", "lead", "   ", ("no lead id", "LL201")),
        ("activities", "at", "soon", ("no time that fits the format", "LL204")),
        ("activities", "lead", "stranger", ("lead is not in leads", "LL208")),
        ("activities", "lead", "", ("lead is not in leads", "LL208")),
        ("activities", "what", "", ("no activity type", "LL213")),
        ("deals", "closed", "2024-13-01 00:00:00", ("no time that fits the format", "LL204")),
        ("deals", "closed", "2020-01-01 00:00:00", ("closed before the lead was created", "LL203")),
        ("deals", "lead", "stranger", ("lead is not in leads", "LL208")),
        ("deals", "status", "maybe", ("status is not one of won, lost", "LL209")),
        ("deals", "status", "", ("status is not one of won, lost", "LL209")),
    ],
)
def test_a_bad_row_is_left_out_with_its_place_and_its_reason(crm, table, column, value, found_as):
    reason, code = found_as
    row = 7  # the seventh row of the file, without the header
    crm.tables[table][row - 1][column] = value
    crm.write(table)
    report, found = read(crm)
    own = found[(found["table"] == table) & (found["row"] == row)]
    assert len(own) == 1
    assert own.iloc[0].to_dict() == {
        "table": table,
        "row": row,
        "column": column,
        "code": code,
        "reason": reason,
        "value": value,
        "action": LEFT_OUT,
    }
    counted = {"table": table, "column": column, "code": code, "reason": reason, "action": LEFT_OUT, "rows": 1}
    assert counted in report["quarantine"]
    assert report["rows"][table] == len(crm.tables[table]) - 1


@pytest.mark.parametrize(("table", "column"), [("leads", "employees"), ("activities", "pages"), ("deals", "amount")])
@pytest.mark.parametrize("value", ["many", "1.234,5", "inf", "12 €"])
def test_a_cell_that_is_no_number_is_emptied_and_its_row_stays(crm, table: str, column: str, value: str):
    crm.tables[table][4][column] = value
    crm.write(table)
    report, found = read(crm)
    assert found.to_dict("records") == [
        {
            "table": table,
            "row": 5,
            "column": column,
            "code": "LL211",
            "reason": "not a number",
            "value": value,
            "action": EMPTIED,
        }
    ]
    assert report["rows"][table] == len(crm.tables[table])
    clean = {"employees": "attributes", "pages": "activities", "amount": "deals"}[column]
    name = {"pages": "value"}.get(column, column)
    assert pd.isna(pd.read_parquet(crm.work / "tables" / f"{clean}.parquet")[name].iloc[4])


def test_the_first_of_two_rows_with_one_lead_id_is_kept(crm):
    crm.tables["leads"].append({**crm.tables["leads"][0], "industry": "another"})
    crm.write("leads")
    _, found = read(crm)
    assert found["row"].tolist() == [501]
    attributes = pd.read_parquet(crm.work / "tables" / "attributes.parquet").set_index("lead_id")
    assert attributes.at["L0000", "industry"] == crm.tables["leads"][0]["industry"].lower()


def test_rows_of_a_lead_that_was_left_out_are_left_out_with_it(crm):
    crm.tables["leads"][0]["created"] = "soon"
    crm.write("leads")
    activities = [row for row in crm.tables["activities"] if row["lead"] == "L0000"]
    _, found = read(crm)
    unknown = found[found["reason"] == "lead is not in leads"]
    assert (unknown["table"] == "activities").sum() == len(activities) > 0
    assert set(unknown["value"]) == {"L0000"}


def test_a_row_with_more_cells_than_the_header_is_left_out_and_the_others_stay(crm):
    path = crm.folder / "leads.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] += ",extra"
    lines[9] = "L0008,2024-01-05 20:00:00,Steel,Gent,12"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    report, found = read(crm)
    wide = found[found["table"] == "leads"]
    assert wide["row"].tolist() == [1, 9]
    assert set(wide["reason"]) == {"more cells than the header has columns"}
    assert "L0008,2024-01-05 20:00:00,Steel,Gent" in wide["value"].tolist()
    assert report["rows"]["leads"] == 498
    leads = pd.read_parquet(crm.work / "tables" / "leads.parquet")
    assert leads["lead_id"].tolist() == [f"L{n:04d}" for n in range(500) if n not in (0, 8)]


def test_a_delimiter_at_the_end_of_every_row_shifts_nothing(crm):
    before = read(crm)[0]
    path = crm.folder / "leads.csv"
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *(line + "," for line in lines)]) + "\n", encoding="utf-8")
    assert read(crm)[0] == before


def test_a_cell_of_a_row_that_is_left_out_is_not_told_twice(crm):
    crm.tables["deals"][0].update(status="maybe", amount="much")
    crm.tables["leads"][0].update(created="soon", employees="many")
    crm.write("deals")
    crm.write("leads")
    _, found = read(crm)
    assert not found.duplicated(["table", "row"]).any()
    assert set(found["action"]) == {LEFT_OUT}


def test_an_activity_before_its_leads_creation_is_kept(crm):
    crm.tables["activities"][0]["at"] = crm.tables["leads"][0]["created"] - dt.timedelta(days=400)
    crm.write("activities")
    report, found = read(crm)
    assert found.empty
    assert report["quarantine"] == []
    kept = pd.read_parquet(crm.work / "tables" / "activities.parquet")
    assert len(kept) == len(crm.tables["activities"])


def test_a_deal_closed_at_the_very_moment_of_creation_is_kept(crm):
    deal = crm.tables["deals"][0]
    deal["closed"] = next(row["created"] for row in crm.tables["leads"] if row["lead"] == deal["lead"])
    crm.write("deals")
    assert read(crm)[1].empty


def test_a_clean_source_leaves_an_empty_quarantine_with_its_columns(crm):
    report, found = read(crm)
    assert found.empty
    assert report["quarantine"] == []


@pytest.mark.parametrize(("bad", "stops"), [(25, False), (26, True)])
def test_the_run_stops_above_the_configured_share_only(crm, refused, leadlight, bad: int, stops: bool):
    for row in crm.tables["leads"][-bad:]:  # 5 percent of 500 are 25
        row["created"] = "next week"
    crm.write("leads", crm.tables["leads"])
    crm.write("activities", [row for row in crm.tables["activities"] if row["lead"] < "L0470"])
    crm.write("deals", [row for row in crm.tables["deals"] if row["lead"] < "L0470"])
    if not stops:
        assert leadlight(crm, "ingest").code == 0
        return
    said = refused(crm, "ingest", code=4)
    assert "The share of unusable rows of leads must be at most 0.05 (source.max_bad_share)." in said
    assert "Got 26 unusable of 500, most often because in column created: no time that fits" in said
    assert "(such as 'next week' in row 475)." in said


def test_the_sentence_names_the_most_frequent_reason_and_empty_cells_in_words(crm, refused):
    for row in crm.tables["leads"][:40]:
        row["lead"] = ""
    for row in crm.tables["leads"][50:60]:
        row["created"] = "?"
    crm.write("leads")
    said = refused(crm, "ingest", code=4)
    assert "Got 50 unusable of 500, most often because in column lead: no lead id" in said
    assert "(such as an empty cell in row 1)." in said


def test_a_share_of_one_lets_everything_pass_but_an_empty_table(crm, refused):
    crm.set("source.max_bad_share", 1)
    for row in crm.tables["leads"]:
        row["lead"] = ""
    crm.write("leads")
    assert "must have at least one usable row" in refused(crm, "ingest", code=4)


IDS = st.sampled_from(["A", "B", "C", " A", "", "?"])
TIMES = st.sampled_from(["2024-05-01", "2024-05-02", "2023-01-01", "01.05.2024", ""])
NUMBERS = st.sampled_from(["1", "2.5", "", "x", "inf"])
LEADS = st.lists(st.tuples(IDS, TIMES, NUMBERS), min_size=1, max_size=8)
EVENTS = st.lists(st.tuples(IDS, TIMES, st.sampled_from(["a", "won", ""]), NUMBERS), min_size=1, max_size=8)

TINY = """\
source:
  max_bad_share: 1
  max_lost_win_share: 1
  missing: ["?"]
  leads: {path: leads.csv, lead_id: lead, created_at: {column: time, format: "%Y-%m-%d"}}
  activities:
    path: activities.csv
    lead_id: lead
    occurred_at: {column: time, format: "%Y-%m-%d"}
    type: what
    value: number
  deals:
    path: deals.csv
    lead_id: lead
    closed_at: {column: time, format: "%Y-%m-%d"}
    status: {column: what, won: [won], lost: [a]}
    amount: number
attributes: {number: {kind: number}}
"""


@given(leads=LEADS, activities=EVENTS, deals=EVENTS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_in_are_rows_out_plus_rows_left_out(tmp_path_factory, leads, activities, deals):
    folder = tmp_path_factory.mktemp("dirty")
    (folder / "params.yaml").write_text(TINY, encoding="utf-8")
    events = ["lead", "time", "what", "number"]
    tables = {
        "leads": pd.DataFrame(leads, columns=["lead", "time", "number"]),
        "activities": pd.DataFrame(activities, columns=events),
        "deals": pd.DataFrame(deals, columns=events),
    }
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    try:
        report = ingest(load_params(folder / "params.yaml"), folder, Workdir(folder / "work"))
    except SourceError:  # nothing usable at all: said, not swallowed
        assert not (folder / "work").exists()
        return
    found = pd.read_csv(folder / "work" / "tables" / "quarantine.csv")
    left_out = found[found["action"] == LEFT_OUT]
    assert not left_out.duplicated(["table", "row"]).any()
    for name, frame in tables.items():
        assert report["rows"][name] + (left_out["table"] == name).sum() == len(frame)
        clean = pd.read_parquet(folder / "work" / "tables" / f"{name}.parquet")
        assert len(clean) == report["rows"][name]
        gone = set(left_out.loc[left_out["table"] == name, "row"])
        kept = [row for n, row in enumerate(frame["lead"].str.strip(), start=1) if n not in gone]
        assert clean["lead_id"].tolist() == kept
    assert sum(entry["rows"] for entry in report["quarantine"]) == len(found)
    assert report["rows"]["attributes"] == report["rows"]["leads"]
