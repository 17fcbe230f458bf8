"""Tables that are read in batches: the result is that of one batch, whatever is wrong and wherever it stands."""

import json
import sqlite3

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadlight.pipelines.params import load_params
from leadlight.pipelines.sources.files import csv_file
from leadlight.pipelines.sources.files.csv_file import open_csv
from leadlight.pipelines.sources.files.raw_table import PROBLEM
from leadlight.pipelines.sources.rows import table_reader
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

SOURCE = 4
TYPED = {"leads": ("created", "created_at"), "activities": ("at", "occurred_at"), "deals": ("closed", "closed_at")}


def read(crm) -> dict[str, object]:
    """Ingest; return every table, the report and the quarantine by row."""
    ingest(load_params(crm.params), crm.folder, Workdir(crm.work))
    folder = crm.work / "tables"
    found = {path.name: pd.read_parquet(path).to_dict("records") for path in sorted(folder.glob("*.parquet"))}
    quarantine = pd.read_csv(folder / "quarantine.csv").sort_values(["table", "row"])
    report = json.loads((folder / "ingest.json").read_text(encoding="utf-8"))
    return found | {"quarantine": quarantine.to_dict("records"), "report": report}


def make_typed(crm, write) -> None:
    """Map all tables as typed ones, written by `write`."""
    for name, (column, key) in TYPED.items():
        write(name, pd.DataFrame(crm.tables[name]))
        crm.set(f"source.{name}.{key}", column)


@pytest.mark.parametrize("rows", [1, 7, 100, 652])
def test_the_size_of_batches_changes_nothing(crm, monkeypatch, rows):
    for number, row in enumerate(crm.tables["activities"]):
        if number % 60 == 5:
            row["lead" if number % 2 else "at"] = "stranger"
        if number % 70 == 3:
            row["pages"] = "many"
    crm.write("activities")
    before = read(crm)
    monkeypatch.setattr(table_reader, "BATCH_ROWS", rows)
    after = read(crm)
    assert json.dumps(after, default=str, sort_keys=True) == json.dumps(before, default=str, sort_keys=True)


def test_limits_hold_for_the_whole_table(crm, refused, monkeypatch):
    monkeypatch.setattr(table_reader, "BATCH_ROWS", 10)
    for row in crm.tables["activities"][-25:]:  # of 664: below the limit, but above it in the last batches
        row["at"] = "soon"
    crm.write("activities")
    assert len(read(crm)["quarantine"]) == 25
    for row in crm.tables["activities"][:40]:
        row["lead"] = "stranger"
    crm.write("activities")
    said = refused(crm, "ingest", code=SOURCE)
    assert f"Got 65 unusable of {len(crm.tables['activities'])}, most often because in column lead" in said


def test_numbers_are_judged_by_the_whole_column(crm, refused, monkeypatch):
    monkeypatch.setattr(table_reader, "BATCH_ROWS", 50)
    for row in crm.tables["activities"]:
        row["pages"] = "4.917"
    crm.write("activities")
    assert "must have a known decimal mark" in refused(crm, "ingest", code=SOURCE)
    crm.tables["activities"][-1]["pages"] = "1234.5"
    crm.write("activities")
    assert read(crm)["quarantine"] == []


def test_float_ids_are_whole_numbers_only_if_all_of_them_are(crm, monkeypatch):
    def write(name: str, frame: pd.DataFrame) -> None:
        frame["lead"] = frame["lead"].str[1:].astype("float64")
        if name == "activities":
            frame.loc[frame.index[-1], "lead"] = 0.5
        frame.to_parquet(crm.folder / f"{name}.parquet")
        crm.set(f"source.{name}.path", f"{name}.parquet")

    make_typed(crm, write)
    crm.set("source.max_bad_share", 1)
    before = read(crm)
    assert len(before["activities.parquet"]) == 0  # 7.0 is no 7 beside 0.5
    monkeypatch.setattr(table_reader, "BATCH_ROWS", 50)
    assert json.dumps(read(crm), default=str, sort_keys=True) == json.dumps(before, default=str, sort_keys=True)


def test_csv_parquet_folders_and_databases_give_the_same_tables(crm, monkeypatch):
    for row in crm.tables["leads"]:
        row["industry"] = "" if row["lead"].endswith("7") else row["industry"]
    crm.write("leads")
    before = read(crm)
    monkeypatch.setattr(table_reader, "BATCH_ROWS", 100)

    def write_parquet(name: str, frame: pd.DataFrame) -> None:
        if name == "leads":
            frame["industry"] = frame["industry"].mask(frame["industry"] == "")
        frame.to_parquet(crm.folder / f"{name}.parquet", row_group_size=77)
        crm.set(f"source.{name}.path", f"{name}.parquet")

    def write_folder(name: str, frame: pd.DataFrame) -> None:
        folder = crm.folder / f"{name}.parts"
        folder.mkdir()
        for number, part in enumerate(np.array_split(np.arange(len(frame)), 3)):
            table = pa.Table.from_pandas(frame.iloc[part], preserve_index=False)
            pq.write_table(table, folder / f"{number}.parquet")
        crm.set(f"source.{name}.path", folder.name)

    def write_database(name: str, frame: pd.DataFrame) -> None:
        with sqlite3.connect(crm.folder / "crm.db") as connection:
            frame.to_sql(name, connection, index=False)
        crm.set(f"source.{name}.path", name)
        crm.set("source.database", f"sqlite:///{crm.folder / 'crm.db'}")

    for write in (write_parquet, write_folder, write_database):
        make_typed(crm, write)
        assert json.dumps(read(crm), default=str, sort_keys=True) == json.dumps(before, default=str, sort_keys=True), (
            write.__name__
        )


@pytest.mark.parametrize("text", [
    "a,b,c\n1,2,3\n4,5,6\n",
    'a,b,c\n"1","2, x","3"\n4,"5 ""y""",6',
    'a,b,c\n1,2" pipe,3\n4,5,6\n',
    'a,b,c\r\n1,"two\r\nlines",3\r\n\r\n4,5,6\r\n',
    "a,b,c\n\n  \n1,2,3\n1,2\n1,2,3,\n1,2,3,4\nTotal\n",
    'a,b,c\n"1"x,2,3\n,,\n"",2,"é"\n',
])  # fmt: skip
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_blocks_are_parsed_as_lines_are(tmp_path, monkeypatch, text, size):
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode("utf-8"))

    def scan() -> list[dict]:
        raw = open_csv(path, ",", "utf-8")
        tables = list(raw.scan(list(raw.columns)))
        assert all(table.column_names == ["a", "b", "c", PROBLEM] for table in tables)
        return [row for table in tables for row in table.to_pylist()]

    monkeypatch.setattr(csv_file, "BLOCK_CHARACTERS", size)
    blocks = scan()
    monkeypatch.setattr(csv_file._BlockParser, "parse_fast", lambda self, block: None)
    assert scan() == blocks
