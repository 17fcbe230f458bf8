"""The same source as CSV, Parquet, Excel, JSON lines, SQLite, PostgreSQL and DuckDB: the same tables, byte for byte."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine
from typer.testing import CliRunner

from leadlight.pipelines.cli.main import app
from leadlight.pipelines.init.propose import propose
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

PARAMS = """\
source:
  timezone: Europe/Berlin
  leads:
    path: leads.csv
    lead_id: id
    created_at: {column: made, format: "%Y-%m-%d %H:%M:%S"}
    consent: {column: consent, granted: ["true"]}
    owner: owner
  activities:
    path: activities.csv
    lead_id: id
    occurred_at: {column: at, format: "%Y-%m-%d %H:%M:%S"}
    type: type
    value: minutes
  deals:
    path: deals.csv
    lead_id: id
    closed_at: {column: closed, format: "%Y-%m-%d"}
    status: {column: status, won: [won], lost: [lost]}
    amount: amount
attributes:
  trade: {kind: category}
  employees: {kind: number}
  rating: {kind: number}
  zone: {kind: category}
signals: {visit: {effect: raises}, call: {effect: raises}}
label: {horizon_days: 30}
policy: {marketing_qualified: highest recall with precision >= 0.1, sales_qualified: top 20 percent}
"""
FORMATS = ("parquet", "xlsx", "jsonl", "sqlite", "postgresql", "duckdb")


def draw_source(leads: int = 700) -> dict[str, pd.DataFrame]:
    """Typed tables, with text that is hard to keep: umlauts, ids with zeros, missing numbers, quotes."""
    draw = np.random.default_rng(11)
    made = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(draw.integers(0, 400 * 86_400, leads)), unit="s")
    ids = np.array([f"{i:06d}" for i in range(leads)])
    employees = pd.Series(draw.integers(1, 900, leads)).astype("Int64").mask(draw.random(leads) < 0.2)
    frame = pd.DataFrame(
        {
            "id": ids,
            "made": made.astype("datetime64[us]"),
            "consent": draw.random(leads) < 0.7,
            "owner": draw.choice(["Jörg", 'Ann "A" Lee', "Müller; Söhne"], leads),
            "trade": draw.choice(["Möbel", "Steel, raw", "Food"], leads),
            "employees": employees,
            "rating": pd.Series(draw.normal(3, 1, leads).round(3)).mask(draw.random(leads) < 0.1),
            "zone": draw.integers(1, 4, leads),
        }
    )
    some = np.sort(draw.integers(0, leads, 4 * leads))
    at = made[some] + pd.to_timedelta(draw.integers(0, 20 * 86_400, len(some)), unit="s")
    kinds = draw.choice(["visit", "call"], len(some))
    minutes = pd.Series(draw.gamma(2, 3, len(some)).round(1)).mask(kinds == "visit")
    activities = pd.DataFrame({"id": ids[some], "at": at.astype("datetime64[us]"), "type": kinds, "minutes": minutes})
    closes = made + pd.to_timedelta(draw.integers(3, 28, leads), unit="D")
    won = draw.random(leads) < 1 / (1 + np.exp(2.2 - 1.5 * (frame["trade"] == "Food") - 0.002 * employees.fillna(0)))
    deals = pd.DataFrame({"id": ids, "closed": closes.normalize().astype("datetime64[us]"), "status": "lost"})
    deals["status"] = np.where(won, "won", "lost")
    deals["amount"] = draw.integers(10, 99, leads) * 100.5
    known = pd.Timestamp("2026-02-01")
    return {
        "leads": frame,
        "activities": activities[activities["at"] < known].reset_index(drop=True),
        "deals": deals[closes < known].reset_index(drop=True),
    }


def write(tables: dict[str, pd.DataFrame], folder: Path, kind: str, address: str = "") -> Path:
    """Write the source in one format, and a params file that reads it."""
    folder.mkdir()
    text = PARAMS
    if kind in ("sqlite", "postgresql", "duckdb"):
        text = text.replace(".csv", "").replace("source:", f"source:\n  database: {address}", 1)
        write_database(tables, folder, kind, address)
    else:
        text = text.replace(".csv", f".{kind}")
        for name, frame in tables.items():
            write_file(frame, folder / f"{name}.{kind}")
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    return folder / "params.yaml"


def write_file(frame: pd.DataFrame, path: Path) -> None:
    match path.suffix:
        case ".csv":
            frame.to_csv(path, index=False)
        case ".parquet":
            frame.to_parquet(path, index=False)
        case ".xlsx":
            frame.to_excel(path, index=False)
        case ".jsonl":
            forms = {"made": "%Y-%m-%d %H:%M:%S", "at": "%Y-%m-%d %H:%M:%S", "closed": "%Y-%m-%d"}
            times = {name: frame[name].dt.strftime(form) for name, form in forms.items() if name in frame}
            frame.assign(**times).to_json(path, orient="records", lines=True, force_ascii=False)


def write_database(tables: dict[str, pd.DataFrame], folder: Path, kind: str, address: str) -> None:
    if kind == "duckdb":
        with duckdb.connect(str(folder / "crm.duckdb")) as connection:
            for name, frame in tables.items():
                connection.register("frame", frame)
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
        return
    engine = create_engine(address if kind == "postgresql" else f"sqlite:///{folder / 'crm.db'}")
    for name, frame in tables.items():
        frame.to_sql(name, engine, index=False)
    engine.dispose()


def read(params: Path) -> dict[str, bytes]:
    """Ingest, and return the bytes of each clean table and of the report."""
    work = Workdir(params.parent / "work")
    ingest(load_params(params), params.parent, work)
    return {path.name: path.read_bytes() for path in sorted(work.tables.iterdir())}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return draw_source()


@pytest.fixture(scope="module")
def as_csv(tables, tmp_path_factory) -> Path:
    return write(tables, tmp_path_factory.mktemp("csv") / "source", "csv")


@pytest.fixture
def source(request, tables, tmp_path) -> Path:
    address = {"sqlite": "sqlite:///crm.db", "duckdb": "duckdb:///crm.duckdb"}.get(request.param, "")
    if request.param == "postgresql":
        address = request.getfixturevalue("postgresql_url")
    return write(tables, tmp_path / "source", request.param, address)


@pytest.mark.parametrize("source", FORMATS, indirect=True)
def test_every_format_gives_the_same_tables(source, as_csv):
    expected, found = read(as_csv), read(source)
    assert set(found) == set(expected)
    assert [name for name in expected if found[name] != expected[name]] == []


def test_the_same_scores_and_reasons_from_a_workbook_as_from_a_csv(as_csv, tables, tmp_path):
    """What reads the source beside `ingest` is the audit; features, model and reasons follow from the clean tables."""
    stored = []
    for params in (as_csv, write(tables, tmp_path / "source", "xlsx")):
        for command in (["run"], ["score", "--output", str(params.parent / "scores.parquet")]):
            place = ["--params", str(params), "--workdir", str(params.parent / "work")]
            done = CliRunner().invoke(app, [*command, *place])
            assert done.exit_code == 0, done.output
        stored.append((params.parent / "scores.parquet").read_bytes())
    assert stored[0] == stored[1]


def test_a_query_in_place_of_a_table(tables, as_csv, tmp_path, postgresql_url):
    """The leads come from a query, which may hold what a driver would take for a parameter; the rest from tables."""
    params = write(tables, tmp_path / "source", "postgresql", postgresql_url)
    query = "SELECT * FROM leads WHERE id <> ':none' AND id NOT LIKE '%x' AND made > '1999-01-01 00:00'::timestamp;\n"
    (params.parent / "leads.sql").write_text(query, encoding="utf-8")
    params.write_text(params.read_text(encoding="utf-8").replace("path: leads", "path: leads.sql"), encoding="utf-8")
    assert read(params)["leads.parquet"] == read(as_csv)["leads.parquet"]


def test_a_query_over_files(as_csv, tmp_path, tables):
    params = write(tables, tmp_path / "source", "csv")
    query = "SELECT * FROM read_csv('leads.csv', all_varchar = true) -- all of them"
    (params.parent / "leads.sql").write_text(query, encoding="utf-8")
    params.write_text(
        params.read_text(encoding="utf-8").replace("path: leads.csv", "path: leads.sql"), encoding="utf-8"
    )
    assert read(params)["leads.parquet"] == read(as_csv)["leads.parquet"]


@pytest.mark.parametrize("path", ["parts", "parts/*.csv"])
def test_several_files_are_one_table(as_csv, tables, tmp_path, path):
    params = write(tables, tmp_path / "source", "csv")
    parts = params.parent / "parts"
    parts.mkdir()
    frame = tables["activities"]
    frame[:1000].to_csv(parts / "2025-1.csv", index=False)
    # columns are matched by name
    frame.loc[1000:, list(reversed(frame.columns))].to_csv(parts / "2025-2.csv", index=False)
    text = params.read_text(encoding="utf-8").replace("path: activities.csv", f"path: {path}")
    params.write_text(text, encoding="utf-8")
    assert read(params)["activities.parquet"] == read(as_csv)["activities.parquet"]


def test_a_workbook_of_all_tables_is_proposed_as_files_of_one_table_each(tables, as_csv, tmp_path):
    """A sheet is a table: leads and deals of one file are no flat export."""
    with pd.ExcelWriter(tmp_path / "crm.xlsx") as writer:
        for name in ("deals", "activities", "leads"):
            tables[name].to_excel(writer, sheet_name=f"All {name}", index=False)
    one = propose(dict.fromkeys(tables, tmp_path / "crm.xlsx"), tmp_path / "params.yaml").params
    several = {name: as_csv.parent / f"{name}.csv" for name in tables}
    other = propose(several, tmp_path / "several.yaml").params
    assert one.source.deals is not None
    assert (one.source.leads.sheet, one.source.deals.sheet) == ("All leads", "All deals")
    for section in ("attributes", "signals", "label", "snapshots", "policy"):
        assert getattr(one, section) == getattr(other, section), section
    assert one.source.leads.consent == other.source.leads.consent
