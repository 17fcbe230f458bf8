"""``deals.unit: deal``: each deal is a lead of its own, drawn as small tables."""

from pathlib import Path

import pandas as pd
import pytest

from leadlight.features.errors import ParamsError, SourceError
from leadlight.pipelines.audit.dataset import read_audit_dataset
from leadlight.pipelines.engines.engine import open_engine
from leadlight.pipelines.engines.open_leads import select_open_leads
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.featurize import featurize_as_of
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

PARAMS = """\
source:
  max_bad_share: 1
  leads:
    {path: leads.csv, lead_id: id, created_at: {column: made, format: ISO8601}, owner: who,
     consent: {column: mail, granted: [yes]}}
  deals:
    path: deals.csv
    unit: deal
    deal_id: deal
    lead_id: id
    opened_at: {column: opened, format: ISO8601}
    closed_at: {column: closed, format: ISO8601}
    status: {column: status, won: [won], lost: [lost], open: [open]}
  activities: {path: activities.csv, lead_id: id, occurred_at: {column: at, format: ISO8601}, type: what}
  history:
    {path: history.csv, lead_id: id, attribute: what, value: new, old_value: old,
     changed_at: {column: at, format: ISO8601}}
attributes: {trade: {kind: category}}
signals: {Demo: {effect: raises}}
"""
FILES = {
    "leads": """\
id,made,trade,who,mail
A,2024-01-01T08:00:00,Steel,Ann,yes
B,2024-01-02T08:00:00,Food,Bob,no
C,2024-01-03T08:00:00,Wood,Cem,yes
""",
    "deals": """\
deal,id,opened,closed,status
D1,A,2024-01-05T08:00:00,2024-02-01T08:00:00,won
D2,A,2024-03-01T08:00:00,2024-04-01T08:00:00,lost
D3,A,2024-03-10T08:00:00,,open
D4,B,2023-12-30T08:00:00,2024-02-10T08:00:00,lost
""",
    "activities": """\
id,at,what
A,2024-01-06T08:00:00,Demo
A,2024-03-05T08:00:00,Page
B,2024-01-07T08:00:00,Page
C,2024-01-08T08:00:00,Page
""",
    "history": "id,what,old,new,at\nA,trade,Glass,Steel,2024-02-15T08:00:00\n",
}


class Read:
    """A source written to a folder, and what ingest makes of it."""

    def __init__(self, folder: Path):
        self.folder, self.work = folder, Workdir(folder / "work")

    def __call__(self, params: str = PARAMS, **files: str) -> dict:
        for name, text in (FILES | files).items():
            (self.folder / f"{name}.csv").write_text(text, encoding="utf-8")
        (self.folder / "params.yaml").write_text(params, encoding="utf-8")
        self.params = load_params(self.folder / "params.yaml")
        return ingest(self.params, self.folder, self.work)

    def table(self, name: str, *columns: str) -> list[tuple]:
        frame = pd.read_parquet(self.work.tables / f"{name}.parquet")[list(columns)].astype("object")
        return [tuple(None if pd.isna(cell) else str(cell) for cell in row) for row in frame.itertuples(index=False)]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return Read(tmp_path)


def test_each_deal_begins_when_it_was_opened_and_has_what_its_lead_has(read):
    report = read()
    assert read.table("leads", "lead_id", "created_at", "owner", "consent") == [
        ("D1", "2024-01-05 08:00:00", "Ann", "True"),
        ("D2", "2024-03-01 08:00:00", "Ann", "True"),
        ("D3", "2024-03-10 08:00:00", "Ann", "True"),
        ("D4", "2024-01-02 08:00:00", "Bob", "False"),  # its lead was recorded after the deal
    ]
    assert read.table("attributes", "lead_id", "trade") == [
        ("D1", "steel"), ("D2", "steel"), ("D3", "steel"), ("D4", "food"),
    ]  # fmt: skip
    assert read.table("deals", "lead_id", "closed_at", "won") == [
        ("D1", "2024-02-01 08:00:00", "True"),
        ("D2", "2024-04-01 08:00:00", "False"),
        ("D4", "2024-02-10 08:00:00", "False"),
    ]
    outcomes = {name: report["outcomes"][name] for name in ("won", "lost", "open", "unknown", "open_deals")}
    assert outcomes == {"won": 1, "lost": 2, "open": 1, "unknown": 0, "open_deals": 1}


def test_the_records_of_a_lead_are_those_of_each_of_its_deals(read):
    read()
    assert read.table("activities", "lead_id", "occurred_at", "type") == [
        ("D1", "2024-01-06 08:00:00", "Demo"),
        ("D2", "2024-01-06 08:00:00", "Demo"),
        ("D3", "2024-01-06 08:00:00", "Demo"),
        ("D1", "2024-03-05 08:00:00", "Page"),
        ("D2", "2024-03-05 08:00:00", "Page"),
        ("D3", "2024-03-05 08:00:00", "Page"),
        ("D4", "2024-01-07 08:00:00", "Page"),
    ]
    output = read.folder / "features.parquet"
    featurize_as_of(read.params, read.work, pd.Timestamp("2024-01-20"), output)
    frame = pd.read_parquet(output).set_index("lead_id")
    assert frame["attribute__trade"].to_dict() == {"D1": "glass", "D4": "food"}


def test_a_deal_is_open_from_its_opening_to_its_own_close(read):
    read()
    engine = open_engine(read.work)
    open_at = {
        moment: set(select_open_leads(engine, pd.Timestamp(moment)).to_pyarrow().to_pandas()["lead_id"])
        for moment in ("2024-01-20", "2024-02-05", "2024-03-20", "2024-05-01")
    }
    assert open_at == {
        "2024-01-20": {"D1", "D4"}, "2024-02-05": {"D4"}, "2024-03-20": {"D2", "D3"}, "2024-05-01": {"D3"},
    }  # fmt: skip


def test_leads_without_a_deal_are_counted(read):
    (finding,) = read()["findings"]
    assert (finding["code"], finding["table"]) == ("LL220", "deals")
    assert finding["sentence"] == "1 of 3 leads has no deal and is not scored (source.deals.unit: deal)."


@pytest.mark.parametrize(
    ("row", "code", "reason"),
    [
        (",A,2024-01-05T08:00:00,2024-02-01T08:00:00,won", "LL201", "no deal id"),
        ("D1,B,2024-01-05T08:00:00,2024-02-01T08:00:00,won", "LL202", "deal id comes a second time"),
        ("D9,A,2024-01-05T08:00:00,2024-01-04T08:00:00,won", "LL203", "closed before it was opened"),
        ("D9,A,,2024-02-01T08:00:00,won", "LL204", "no time that fits the format"),
        ("D9,A,,,open", "LL204", "no time that fits the format"),
        ("D9,X,2024-01-05T08:00:00,2024-02-01T08:00:00,won", "LL208", "lead is not in leads"),
        ("D9,A,2024-01-05T08:00:00,2024-02-01T08:00:00,Won?", "LL209", "status is not one of won, lost, open"),
    ],
)
def test_a_deal_that_cannot_be_used_is_no_lead_and_changes_no_other_deal(read, row: str, code: str, reason: str):
    read()
    before = read.table("leads", "lead_id", "created_at"), read.table("deals", "lead_id", "won")
    report = read(deals=FILES["deals"] + row + "\n")
    assert [(e["table"], e["code"], e["reason"]) for e in report["quarantine"]] == [("deals", code, reason)]
    assert (read.table("leads", "lead_id", "created_at"), read.table("deals", "lead_id", "won")) == before


def test_a_deal_id_is_unique_whatever_its_case_only_where_params_say_so(read):
    again = FILES["deals"] + "d1,B,2024-01-05T08:00:00,2024-02-01T08:00:00,won\n"
    assert read(deals=again)["rows"]["leads"] == 5
    assert read(PARAMS.replace("  leads:", "  match_ids: [case]\n  leads:"), deals=again)["rows"]["leads"] == 4


@pytest.mark.parametrize(
    ("old", "new", "got"),
    [
        ("    deal_id: deal\n", "", "Got unit: deal without deal_id"),
        ("    opened_at: {column: opened, format: ISO8601}\n", "", "Got unit: deal without opened_at"),
        ("    status: {column: status, won: [won], lost: [lost], open: [open]}\n", "", "without status"),
        ("    unit: deal\n", "    unit: deal\n    reopen_after: 3\n", "Got unit: deal with reopen_after"),
        (
            "  activities:",
            "  stages: {path: s.csv, lead_id: id, stage: s, entered_at: at, reopens: [Back]}\n  activities:",
            "Got unit: deal with stages.reopens",
        ),
    ],
)
def test_what_a_deal_as_a_lead_needs_is_asked_for(read, old: str, new: str, got: str):
    assert old in PARAMS
    with pytest.raises(ParamsError, match=got):
        read(PARAMS.replace(old, new))


def test_no_deal_that_can_be_used_is_refused(read):
    with pytest.raises(SourceError, match="The table deals must have at least one usable row"):
        read(deals="deal,id,opened,closed,status\n,A,,,open\n")


def test_the_audit_sees_the_columns_of_the_lead_for_each_of_its_deals(read):
    read()
    dataset = read_audit_dataset(read.params, read.folder, read.work)
    assert dataset.leads["lead_id"].tolist() == ["D1", "D2", "D3", "D4"]
    assert dataset.columns["trade"].tolist() == ["Steel", "Steel", "Steel", "Food"]
    assert dataset.deal_columns.index.tolist() == ["D1", "D2", "D3", "D4"]


def test_unit_lead_is_the_default(read):
    read(PARAMS.replace("    unit: deal\n", ""))
    tables = {path.name: path.read_bytes() for path in read.work.tables.glob("*.parquet")}
    assert read.table("leads", "lead_id") == [("A",), ("B",), ("C",)]
    read(PARAMS.replace("unit: deal", "unit: lead"))
    assert {path.name: path.read_bytes() for path in read.work.tables.glob("*.parquet")} == tables
