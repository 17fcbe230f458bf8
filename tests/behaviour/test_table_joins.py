"""Accounts joined to leads, and records that find their leads through a table of associations."""

import pandas as pd
import pytest

from leadlight.features.errors import SourceError
from leadlight.pipelines.params import load_params
from leadlight.pipelines.project.dvc_pipeline import build_dvc_pipeline
from leadlight.pipelines.sources.files import database
from leadlight.pipelines.sources.files.database import open_database
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

PARAMS = """\
source:
  leads:
    path: contacts.csv
    lead_id: id
    created_at: {column: made, format: "%Y-%m-%d"}
    attributes_from: {path: companies.csv, key: company_id, other_key: id, prefix: company_}
  deals:
    path: deals.csv
    lead_id: contact_id
    through: {path: deal_contact.csv, key: deal_id}
    closed_at: {column: closed, format: "%Y-%m-%d"}
attributes: {title: {kind: category}, company_size: {kind: number}, company_trade: {kind: category}}
"""
FILES = {
    "contacts": "id,made,company_id,title\n1,2024-01-01,7,CEO\n2,2024-01-02,7.0,CTO\n3,2024-01-03,,CEO\n"
    "4,2024-01-04,9,\n",
    "companies": "id,size,trade,made\n8,50,Food,2020\n7,120,Steel,2021\n",
    # a deal of two contacts, one of a contact, one of none
    "deals": "deal_id,closed\n10,2024-02-01\n11,2024-02-05\n12,2024-02-07\n",
    "deal_contact": "contact_id,deal_id\n1,10\n2,10\n3,11\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    limits = "source:\n  max_bad_share: 0.5\n  max_lost_win_share: 0.5"
    (tmp_path / "params.yaml").write_text(PARAMS.replace("source:", limits, 1), encoding="utf-8")
    return tmp_path


def read(folder):
    return ingest(load_params(folder / "params.yaml"), folder, Workdir(folder / "work"))


def table(folder, name):
    frame = pd.read_parquet(folder / "work" / "tables" / f"{name}.parquet").astype("object")
    return [[None if pd.isna(cell) else cell for cell in row] for row in frame.to_numpy()]


def test_leads_have_the_attributes_of_their_account(folder):
    report = read(folder)
    assert table(folder, "attributes") == [
        ["1", "ceo", 120.0, "steel"],
        ["2", "cto", None, None],  # 7.0 is no 7, and counted
        ["3", "ceo", None, None],
        ["4", None, None, None],
    ]
    (finding,) = [entry for entry in report["findings"] if entry["code"] == "LL221"]
    assert "2 of 3 leads that name an account name one that is not in the accounts, such as 7.0" in finding["sentence"]


def test_accounts_without_a_row_are_all_unknown(folder):
    (folder / "companies.csv").write_text("id,size,trade,made\n", encoding="utf-8")
    report = read(folder)
    assert [row[2:] for row in table(folder, "attributes")] == [[None, None]] * 4
    assert report["accounts"]["unknown"] == 3


def test_a_deal_closes_each_of_its_leads_and_one_without_a_lead_is_left_out_and_counted(folder):
    report = read(folder)
    assert [row[:2] for row in table(folder, "deals")] == [
        ["1", pd.Timestamp("2024-02-01")],
        ["2", pd.Timestamp("2024-02-01")],
        ["3", pd.Timestamp("2024-02-05")],
    ]
    (entry,) = [entry for entry in report["quarantine"] if entry["table"] == "deals"]
    assert (entry["rows"], entry["reason"]) == (1, "lead is not in leads")


def test_an_account_that_comes_twice_is_refused(folder):
    (folder / "companies.csv").write_text(FILES["companies"] + "7,1,Food,2022\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"leads\.attributes_from must have each id once. Got 7 again"):
        read(folder)


def test_a_key_that_is_not_there_is_named(folder):
    text = (folder / "params.yaml").read_text(encoding="utf-8")
    (folder / "params.yaml").write_text(text.replace("key: deal_id", "key: deal"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"table deals \(deals\.csv\) must have the column deal\."):
        read(folder)


def test_a_column_of_both_tables_is_refused_without_a_prefix(folder):
    text = (folder / "params.yaml").read_text(encoding="utf-8").replace(", prefix: company_", "")
    text = text.replace(
        "{title: {kind: category}, company_size: {kind: number}, company_trade: {kind: category}}",
        "{made: {kind: category}}",
    )
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="must have the column made once"):
        read(folder)


def test_a_row_of_another_width_among_the_accounts_is_refused(folder):
    (folder / "companies.csv").write_text(FILES["companies"] + "9,1,Food,2022,extra\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"leads\.attributes_from must have as many cells as the header.* row 3"):
        read(folder)


def test_dvc_watches_the_joined_files_too():
    content = {
        "source": {
            "leads": {"path": "in/leads_*.csv", "attributes_from": {"path": "companies.xlsx", "key": "c"}},
            "deals": {"path": "deals.csv", "through": {"path": "links.csv", "key": "d"}},
        }
    }
    stage = build_dvc_pipeline(content)["stages"]["ingest"]
    assert stage["deps"][:4] == ["in", "deals.csv", "companies.xlsx", "links.csv"]
    assert "always_changed" not in stage
    # what a query reads is not known to DVC, nor can it watch the folder that the stages write into
    for path in ("leads.sql", "leads_*.csv"):
        content["source"]["leads"]["path"] = path
        assert build_dvc_pipeline(content)["stages"]["ingest"]["always_changed"]


def test_a_warehouse_is_read_through_ibis(tmp_path, monkeypatch):
    """DuckDB stands in for the warehouses, whose drivers are extras."""
    import duckdb

    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        connection.execute("CREATE SCHEMA sales")
        connection.execute(
            "CREATE TABLE sales.leads AS SELECT 1::DECIMAL(18, 0) AS id, 1.5::DECIMAL(9, 2) AS size, [1] AS tags"
        )
    monkeypatch.setattr(database, "WAREHOUSES", ("duckdb",))
    address = f"duckdb://{tmp_path / 'crm.duckdb'}"
    for source in ({"table": "sales.leads"}, {"query": "SELECT * FROM sales.leads;"}):
        raw = open_database(address, tmp_path, **source)
        assert raw.columns == ("id", "size", "tags")
        assert list(raw.nested) == ["tags"]
        (part,) = raw.scan(["id", "size"])
        assert part.to_pylist() == [{"id": 1, "size": 1.5}]
