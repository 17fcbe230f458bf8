"""Workbooks, JSON lines, sets of files and databases that cannot be read as they are mapped."""

import json
import sqlite3

import duckdb
import pandas as pd
import pytest

from leadlight.features.errors import ParamsError, SourceError
from leadlight.pipelines.params import load_params
from leadlight.pipelines.sources.files import workbook
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

PARAMS = """\
source:
  leads: {{path: {path}, lead_id: id, created_at: {{column: made, format: "%Y-%m-%d"}},
    outcome: {{column: won, won: [1]}}}}
attributes: {{size: {{kind: number}}}}
"""
LEADS = pd.DataFrame({"id": ["A", "B"], "made": ["2024-01-01", "2024-01-02"], "won": [1, 0], "size": [4, 5]})


def read(folder, path, database=None):
    text = PARAMS.format(path=path)
    if database:
        text = text.replace("source:\n", f"source:\n  database: {database}\n", 1)
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    return ingest(load_params(folder / "params.yaml"), folder, Workdir(folder / "work"))


def refuse(folder, path, words, database=None):
    with pytest.raises(SourceError, match=words):
        read(folder, path, database)
    assert not (folder / "work" / "tables").exists()


def write_lines(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"id": "C", "made"', "line 3, which is no JSON object"),
        ('["C", "2024-01-03"]', "line 3, which holds a list in place of an object"),
        ('{"id": "C", "id": "D"}', "the key id twice in line 3"),
        ('{"id": "C", "size": NaN}', "NaN, which is no JSON in line 3"),
    ],
)
def test_a_line_that_is_no_object_is_named(tmp_path, line, words):
    write_lines(tmp_path / "leads.jsonl", *map(json.dumps, LEADS.to_dict("records")), line)
    refuse(tmp_path, "leads.jsonl", words)


def test_a_record_in_a_cell_is_refused_and_a_key_may_be_left_out(tmp_path):
    rows = LEADS.to_dict("records")
    del rows[0]["size"]
    write_lines(tmp_path / "leads.jsonl", *map(json.dumps, rows))
    read(tmp_path, "leads.jsonl")
    sizes = pd.read_parquet(tmp_path / "work" / "tables" / "attributes.parquet")["size"]
    assert sizes.isna().tolist() == [True, False]
    rows[1]["size"] = {"people": 5}
    write_lines(tmp_path / "more.jsonl", *map(json.dumps, rows))
    with pytest.raises(SourceError, match=r"column size of leads .* one text, number or time.* Got a record"):
        read(tmp_path, "more.jsonl")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"id": "A", "made": "2024-01-01", "won": 1}\n', "JSON: name it .jsonl"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        (b"SQLite format 3\0", "a SQLite database"),
        (b"PAR1rest", "a Parquet file"),
    ],
)
def test_another_kind_of_file_is_not_read_as_csv(tmp_path, content, words):
    (tmp_path / "leads.csv").write_bytes(content)
    refuse(tmp_path, "leads.csv", words)


def test_a_workbook_of_several_sheets_needs_a_name(tmp_path):
    with pd.ExcelWriter(tmp_path / "leads.xlsx") as file:
        LEADS.to_excel(file, sheet_name="Leads", index=False)
        LEADS.to_excel(file, sheet_name="Old", index=False)
    refuse(tmp_path, "leads.xlsx", "the sheets Leads, Old: name one as sheet")
    refuse(tmp_path, "leads.xlsx, sheet: New", "no sheet New among Leads, Old")
    assert read(tmp_path, "leads.xlsx, sheet: Leads")["rows"]["leads"] == 2


def test_a_sheet_of_a_csv_and_a_text_that_is_no_workbook(tmp_path):
    LEADS.to_csv(tmp_path / "leads.csv", index=False)
    refuse(tmp_path, "leads.csv, sheet: Leads", r"must be \.xlsx where a sheet is named")
    (tmp_path / "leads.xlsx").write_text("id,made\n", encoding="utf-8")
    refuse(tmp_path, "leads.xlsx", "readable as Excel")


def test_a_full_sheet_may_be_cut_off(tmp_path, monkeypatch):
    LEADS.to_excel(tmp_path / "leads.xlsx", index=False)
    monkeypatch.setattr(workbook, "MAX_SHEET_ROWS", 3)
    refuse(tmp_path, "leads.xlsx", "a full sheet of 3 rows, the rest of which may be cut off")


def test_a_pattern_needs_a_match_and_each_file_the_columns(tmp_path):
    refuse(tmp_path, '"leads_*.csv"', "must exist")
    LEADS.to_csv(tmp_path / "leads_1.csv", index=False)
    LEADS.drop(columns="won").to_csv(tmp_path / "leads_2.csv", index=False)
    refuse(tmp_path, '"leads_*.csv"', r"Each file of leads .* column won. Got none in .*leads_2.csv")


def test_a_folder_holds_one_kind_of_file(tmp_path):
    (tmp_path / "leads").mkdir()
    LEADS.to_csv(tmp_path / "leads" / "1.csv", index=False)
    LEADS.to_excel(tmp_path / "leads" / "2.xlsx", index=False)
    refuse(tmp_path, "leads", r"one kind of file. Got CSV \(1.csv\) and Excel \(2.xlsx\)")


@pytest.mark.parametrize("address", ["sqlite:///crm.db", "duckdb:///crm.duckdb"])
def test_a_database_that_is_not_there_is_not_made(tmp_path, address):
    refuse(tmp_path, "leads", "The file of source.database must exist", address)
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def test_a_table_or_query_that_fails(tmp_path):
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        connection.execute("CREATE TABLE leads (id VARCHAR)")
    refuse(
        tmp_path, "contacts", "readable as contacts of source.database.*contacts does not exist", "duckdb:///crm.duckdb"
    )
    write_lines(tmp_path / "leads.sql", "SELECT idd FROM leads")
    refuse(tmp_path, "leads.sql", "leads.sql of source.database.*idd", "duckdb:///crm.duckdb")
    sqlite3.connect(tmp_path / "crm.db").close()
    refuse(tmp_path, "leads.sql", "leads.sql of source.database", "sqlite:///crm.db")


def test_a_query_cannot_change_a_database(tmp_path):
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        connection.execute("CREATE TABLE leads (id VARCHAR)")
    write_lines(tmp_path / "leads.sql", "SELECT 1); DROP TABLE leads; SELECT (1")
    refuse(tmp_path, "leads.sql", "read-only", "duckdb:///crm.duckdb")


def test_a_secret_comes_from_the_environment_and_is_not_printed(tmp_path, monkeypatch):
    address = "postgresql+psycopg://sales:${CRM_SECRET}@127.0.0.1:1/crm"
    refuse(tmp_path, "leads", "The variable CRM_SECRET of the environment must be set", address)
    monkeypatch.setenv("CRM_SECRET", "hunter2")
    with pytest.raises(SourceError) as raised:
        read(tmp_path, "leads", address)
    assert "hunter2" not in str(raised.value)
    with pytest.raises(ParamsError, match="must be without a password"):
        read(tmp_path, "leads", address.replace("${CRM_SECRET}", "hunter2"))
