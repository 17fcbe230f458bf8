"""`leadlight init --template`: from the tables of a CRM to the queue, in four commands."""

import duckdb
import pandas as pd
import pytest
from sqlalchemy import create_engine
from typer.testing import CliRunner

from leadlight.pipelines.cli.main import app
from leadlight.pipelines.init.crm_templates import TEMPLATES
from leadlight.pipelines.params import load_params
from leadlight.pipelines.simulation.crm_layouts import LAYOUTS, NIGHT, draw_business
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

#: training that one candidate shows as well as five
SHORT = "training: {seed: 7, max_rounds: 20, candidates: [logistic]}"


def write_tables(tables, folder, name):
    if TEMPLATES[name].reads_files:
        (folder / "exports").mkdir()
        for table, frame in tables.items():
            frame.to_csv(folder / "exports" / f"{table}.csv", index=False)
        return []
    with duckdb.connect(str(folder / "crm.duckdb")) as connection:
        for table, frame in tables.items():
            connection.register("frame", frame)
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM frame")
    return ["--database", "duckdb:///crm.duckdb"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_four_commands_lead_to_the_queue(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    business = draw_business()
    database = write_tables(LAYOUTS[name](business), tmp_path, name)

    def run(*command):
        done = CliRunner().invoke(app, [*command])
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    assert "params.yaml" in run("init", "--template", name, *database)
    params = tmp_path / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("training: {seed: 7}", SHORT), encoding="utf-8")
    run("run")
    queue = run("score", "--as-of", str(NIGHT.date()))
    scores = pd.read_parquet(next((tmp_path / "work" / "scores").rglob("*.parquet")))
    best = str(scores.sort_values("probability")["lead_id"].iloc[-1])
    assert best in queue
    assert best in run("explain", best)
    report = Workdir(tmp_path / "work").ingest_report.read_text(encoding="utf-8")
    assert f'"leads": {len(business.leads)}' in report
    outcomes = pd.read_parquet(tmp_path / "work" / "tables" / "deals.parquet")
    closed = business.leads[business.leads["closed"].notna()]
    assert outcomes["won"].sum() == closed["won"].sum()
    assert len(outcomes) == len(closed)


def test_a_table_of_calls_has_each_call_once(tmp_path):
    """What was moved to a contact at conversion is back at its lead, through the whole template."""
    business = draw_business(400)
    for name in ("fivetran_salesforce", "fivetran_hubspot"):
        folder = tmp_path / name
        folder.mkdir()
        database = write_tables(LAYOUTS[name](business), folder, name)
        output = ["--output", str(folder / "params.yaml")]
        assert CliRunner().invoke(app, ["init", "--template", name, *database, *output]).exit_code == 0
        ingest(load_params(folder / "params.yaml"), folder, Workdir(folder / "work"))
        found = pd.read_parquet(folder / "work" / "tables" / "activities.parquet")
        assert len(found) == len(business.activities) + 1  # the meeting or form of the first lead
        by_lead = found["lead_id"].str.removeprefix("00Q").astype(int).value_counts()
        by_lead[1001] -= 1
        assert by_lead[by_lead > 0].to_dict() == business.activities["lead"].value_counts().to_dict()


@pytest.mark.parametrize("name", ["fivetran_hubspot", "dlt_salesforce"])
def test_postgresql_gives_the_same_tables_as_duckdb(name, tmp_path, postgresql_url):
    tables, found = LAYOUTS[name](draw_business(300)), []
    engine = create_engine(postgresql_url)
    for table, frame in tables.items():
        frame.to_sql(table, engine, index=False)
    engine.dispose()
    for kind in ("duckdb", "postgresql"):
        folder = tmp_path / kind
        folder.mkdir()
        options = write_tables(tables, folder, name) if kind == "duckdb" else ["--database", postgresql_url]
        command = ["init", "--template", name, *options, "--output", str(folder / "params.yaml")]
        assert CliRunner().invoke(app, command).exit_code == 0
        ingest(load_params(folder / "params.yaml"), folder, Workdir(folder / "work"))
        frames = [pd.read_parquet(path) for path in sorted((folder / "work" / "tables").glob("*.parquet"))]
        found.append([frame.sort_values(list(frame.columns)).to_csv(index=False) for frame in frames])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--template", "fivetran_hubspot"], "must have a --database"),
        (["--template", "csv_hubspot", "--database", "duckdb:///x"], "must be without --database"),
        (["--template", "dlt_hubspot", "--database", "sqlite:///x"], "must be one of duckdb, postgresql"),
        (["--template", "hubspot"], "must be one of fivetran_hubspot"),
    ],
)
def test_a_template_that_does_not_fit_is_refused(options, words, tmp_path):
    done = CliRunner().invoke(app, ["init", *options, "--output", str(tmp_path / "params.yaml")])
    assert done.exit_code != 0
    assert words in " ".join(f"{done.output} {done.exception}".replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_there_are_kept(tmp_path):
    command = ["init", "--template", "csv_hubspot", "--output", str(tmp_path / "params.yaml")]
    assert CliRunner().invoke(app, command).exit_code == 0
    (tmp_path / "params.yaml").unlink()
    (tmp_path / "sql" / "leads.sql").write_text("mine", encoding="utf-8")
    assert "which exists" in str(CliRunner().invoke(app, command).exception)
    assert (tmp_path / "sql" / "leads.sql").read_text(encoding="utf-8") == "mine"
