"""Tables beside the leads, files or a database: history, stages, deals, and what an earlier mapping left."""

import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

PARAMS = """\
source:
  timezone: Europe/Berlin
  leads: {path: leads.csv, lead_id: id, created_at: {column: made, format: "%Y-%m-%d"}}
  deals:
    path: deals.csv
    lead_id: id
    closed_at: {column: at, format: "%Y-%m-%d"}
    status: {column: state, won: [1], lost: [0, -1]}
  history:
    path: history.csv
    lead_id: id
    attribute: what
    value: value
    changed_at: {column: at, format: "%Y-%m-%d"}
  stages: {path: stages.csv, lead_id: id, stage: stage, entered_at: {column: at, format: "%Y-%m-%d"}}
attributes: {trade: {kind: category}, size: {kind: number}}
"""
FILES = {
    "leads": "id,made,trade,size\nA,2024-01-01,Steel,5\nB,2024-01-02,Food,6\n",
    "deals": "id,at,state\nA,2024-02-01,1\nB,2024-02-02,-1\n",
    "history": "id,what,value,at\nA,trade,,2024-01-01\nA,trade,Steel,2024-01-05\nB,colour,red,2024-01-05\n",
    "stages": "id,stage,at\nA,MQL,2024-01-03\nA,,2024-01-04\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "params.yaml").write_text(PARAMS.replace("source:", "source:\n  max_bad_share: 0.6"), encoding="utf-8")
    return tmp_path


def read(folder: Path) -> dict:
    return ingest(load_params(folder / "params.yaml"), folder, Workdir(folder / "work"))


def table(folder: Path, name: str) -> list[list]:
    frame = pd.read_parquet(folder / "work" / "tables" / f"{name}.parquet").astype("object")
    return [[None if pd.isna(cell) else str(cell) for cell in row] for row in frame.to_numpy()]


def test_history_and_stages_are_read_beside_leads_and_deals(folder):
    report = read(folder)
    assert table(folder, "history") == [
        # an attribute may have been emptied: that is knowledge; what is known by the day counts from its end
        ["A", "trade", None, None, "2024-01-01 22:59:59"],
        ["A", "trade", "steel", None, "2024-01-05 22:59:59"],
        ["B", "colour", "red", None, "2024-01-05 22:59:59"],
    ]
    assert table(folder, "stages") == [["A", "MQL", "2024-01-02 23:00:00"]]
    assert table(folder, "deals") == [
        ["A", "2024-01-31 23:00:00", "True", None],
        ["B", "2024-02-01 23:00:00", "False", None],
    ]
    assert report["historised"] == ["trade"]  # of declared attributes only
    assert report["rows"] == {"leads": 2, "attributes": 2, "deals": 2, "history": 3, "stages": 1}
    assert report["quarantine"] == [
        {
            "table": "stages",
            "column": "stage",
            "code": "LL213",
            "reason": "no stage",
            "action": "row left out",
            "rows": 1,
        }
    ]
    assert report["first_lead"] == "2023-12-31T23:00:00"
    assert report["known_until"] == "2024-02-01T23:00:01"  # one second after the newest record of any table


def test_a_history_row_without_an_attribute_is_left_out(folder):
    (folder / "history.csv").write_text(FILES["history"] + "B,,x,2024-01-09\n", encoding="utf-8")
    entry = read(folder)["quarantine"][0]
    assert (entry["column"], entry["reason"], entry["rows"]) == ("what", "no attribute name", 1)


def test_a_table_that_is_no_longer_mapped_does_not_linger(folder):
    read(folder)
    text = (folder / "params.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("  stages:")]
    (folder / "params.yaml").write_text("".join(lines), encoding="utf-8")
    assert "stages" not in read(folder)["rows"]
    assert not (folder / "work" / "tables" / "stages.parquet").exists()


def test_a_database_gives_the_same_tables_as_files(folder):
    from_files = read(folder)
    clean = {name: table(folder, name) for name in from_files["rows"]}
    with sqlite3.connect(folder / "crm.db") as connection:
        for name in FILES:
            frame = pd.read_csv(folder / f"{name}.csv")
            frame.to_sql(name, connection, index=False)
    connection.close()
    text = (folder / "params.yaml").read_text(encoding="utf-8").replace(".csv", "")
    text = text.replace("source:", f"source:\n  database: sqlite:///{folder / 'crm.db'}", 1)
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    assert read(folder) == from_files
    assert {name: table(folder, name) for name in from_files["rows"]} == clean


def test_typed_dates_of_a_database_need_no_format(folder):
    with sqlite3.connect(folder / "crm.db") as connection:
        connection.execute("CREATE TABLE leads (id INTEGER, made TIMESTAMP, day DATE, won BOOLEAN, size REAL)")
        connection.execute("INSERT INTO leads VALUES (1, '2024-07-01 10:00:00.5', '2024-07-01', 1, 5)")
        connection.execute("INSERT INTO leads VALUES (2, '2024-07-02 10:00:00', '2024-07-02', 0, NULL)")
    connection.close()
    for column, first in (("made", "2024-07-01 08:00:00"), ("day", "2024-06-30 22:00:00")):
        (folder / "params.yaml").write_text(
            f"""\
source:
  timezone: Europe/Berlin
  database: sqlite:///{folder / "crm.db"}
  leads: {{path: leads, lead_id: id, created_at: {column}, outcome: {{column: won, won: [true]}}}}
attributes: {{size: {{kind: number}}}}
""",
            encoding="utf-8",
        )
        read(folder)
        assert table(folder, "leads")[0][:2] == ["1", first]
        assert [row[0] for row in table(folder, "deals")] == ["1"]
        assert table(folder, "attributes") == [["1", "5.0"], ["2", None]]
