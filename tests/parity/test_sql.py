"""The SQL of `leadlight sql`, run on the clean tables, gives the features that the product computed.

``LEADLIGHT_UPDATE_RESULTS=1`` overwrites the files of the folder sql instead of comparing with them.
"""

import datetime as dt
import os

import duckdb
import pandas as pd
import pytest

from leadlight.features.errors import ParamsError
from leadlight.pipelines.engines.engine import build_feature_set
from leadlight.pipelines.engines.sql import compile_feature_sql
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.featurize import featurize
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir, read_json, write_frame

FEATURES = [
    "attribute__industry",
    "attribute__employees",
    "count_30d__demo_request",
    "decay_7d__any",
    "days_since_last__pricing_page",
    "active_days_30d__any",
    "objects_90d__page_view",
    "objects_90d__any",
    "trend__any",
    "days_since_first__any",
    "mean_gap__any",
    "working_hours__any",
    "first_touch__any",
    "last_touch__any",
    "silence__sales",
    "age_days",
]
#: one from the history and one from activities, whose SQL is in the folder sql
WRITTEN_DOWN = ["attribute__industry", "count_30d__demo_request"]


def by_hand(folder, snapshots, tables):
    """Return a DuckDB of our own that shows the clean tables."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    for name in tables:
        connection.read_parquet(str(folder / f"{name}.parquet")).create_view(name)
    connection.read_parquet(str(snapshots)).create_view("snapshots")
    return connection


def in_order(frame):
    return frame.sort_values(["lead_id", "as_of"], ignore_index=True)


@pytest.fixture(scope="module")
def world(trained):
    """Clean tables and snapshots in a DuckDB of our own, the params, and the features as computed."""
    workdir = Workdir(trained / "work")
    tables = ("leads", "attributes", "activities", "history")
    connection = by_hand(workdir.tables, workdir.snapshots, tables)
    expected = in_order(pd.read_parquet(workdir.features))
    return connection, load_params(trained / "params.yaml"), read_json(workdir.ingest_report), expected


@pytest.mark.parametrize("name", FEATURES)
def test_the_sql_of_a_feature_gives_the_feature(world, name):
    connection, params, report, expected = world
    found = in_order(connection.sql(compile_feature_sql(params, report, name)).df())
    assert list(found.columns) == ["lead_id", "as_of", name]
    assert expected[name].notna().any()
    pd.testing.assert_series_equal(found[name], expected[name], check_dtype=False, rtol=0, atol=1e-9)


def test_the_sql_of_all_features_gives_the_feature_table(world):
    connection, params, report, expected = world
    found = in_order(connection.sql(compile_feature_sql(params, report, None)).df())
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=1e-9)


def test_a_feature_joins_only_the_tables_that_it_needs(world):
    _, params, report, _ = world
    assert '"activities"' not in compile_feature_sql(params, report, "attribute__industry")
    assert '"history"' not in compile_feature_sql(params, report, "count_30d__demo_request")


def test_without_ingested_tables_the_mapping_says_what_there_is(world):
    _, params, report, _ = world
    for name in FEATURES:
        assert compile_feature_sql(params, None, name) == compile_feature_sql(params, report, name)


def test_an_unknown_feature_is_refused_with_those_that_are_near(world):
    _, params, report, _ = world
    with pytest.raises(ParamsError, match=r"Got count_30d__demo\. Did you mean count_30d__demo_request"):
        compile_feature_sql(params, report, "count_30d__demo")


@pytest.mark.parametrize("name", WRITTEN_DOWN)
def test_the_sql_of_a_feature_is_what_is_written_down(root, name):
    path = root / "tests" / "parity" / "sql" / f"{name}.sql"
    sql = compile_feature_sql(load_params(root / "params.yaml"), None, name) + "\n"
    if os.environ.get("LEADLIGHT_UPDATE_RESULTS") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(sql, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == sql


EVERY_KIND = """\
source:
  timezone: Europe/Berlin
  leads: {path: leads.csv, lead_id: id, created_at: {column: at, format: ISO8601}}
  activities:
    path: activities.csv
    lead_id: id
    occurred_at: {column: at, format: ISO8601}
    type: type
    value: value
    object: object
  deals: {path: deals.csv, lead_id: id, closed_at: {column: at, format: ISO8601}}
  history:
    path: history.csv
    lead_id: id
    attribute: what
    value: to
    changed_at: {column: at, format: ISO8601}
attributes:
  email: {kind: email}
  Position: {kind: job_title}
  Größe: {kind: number}
signals:
  Bestellung: {value: true, objects: true}
  Anruf: {by_sales: true}
  "it's \\"mail\\"": {by_sales: true}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small source with a feature of every family: as `world`."""
    folder = tmp_path_factory.mktemp("small")
    start = dt.datetime(2025, 1, 1)
    types = ["Bestellung", "Anruf", 'it\'s "mail"', "Besuch"]
    leads = [(f"L{n}", start, f"a@{('gmx.de', 'acme.com', 'tu-berlin.de', '')[n % 4]}") for n in range(12)]
    done = [
        (f"L{n % 11}", start + dt.timedelta(hours=37 * n), types[n % 9 % 4], n % 5 - 1.5, f"p{n % 3}")
        for n in range(80)
    ]
    titles = ["CEO", "Leiter Einkauf", "Praktikant", "Werkstudent IT"]
    changes = [
        (f"L{n % 10}", *(("Position", titles[n % 4]) if n % 3 else ("Größe", n)), start + dt.timedelta(days=n))
        for n in range(60)
    ]
    frames = {
        "leads": pd.DataFrame(leads, columns=["id", "at", "email"]).assign(Position="", Größe=7),
        "activities": pd.DataFrame(done, columns=["id", "at", "type", "value", "object"]),
        "deals": pd.DataFrame({"id": ["L3"], "at": ["2025-05-01T10:00:00"]}),
        "history": pd.DataFrame(changes, columns=["id", "what", "to", "at"]),
    }
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "params.yaml").write_text(EVERY_KIND, encoding="utf-8")
    params, workdir = load_params(folder / "params.yaml"), Workdir(folder / "work")
    report = ingest(params, folder, workdir)
    moments = [(lead, start + dt.timedelta(days=day, hours=9)) for lead, *_ in leads for day in (1, 40, 95)]
    snapshots = pd.DataFrame(moments, columns=["lead_id", "as_of"]).astype({"as_of": "datetime64[us]"})
    write_frame(workdir.snapshots, snapshots)
    assert featurize(params, workdir) == len(moments)
    connection = by_hand(workdir.tables, workdir.snapshots, frames.keys() - {"deals"} | {"attributes"})
    return connection, params, report, in_order(pd.read_parquet(workdir.features))


def test_the_sql_of_every_feature_of_every_family_gives_the_feature(small):
    connection, params, report, expected = small
    names = build_feature_set(params, report).catalogue.names
    families = {name.partition("__")[0] for name in names}
    assert {"email_domain", "job_level", "job_department", "value_sum_90d", "value_mean_90d", "objects_90d",
            "working_hours", "silence", "days_since_sales", "age_days"} <= families  # fmt: skip
    for name in names:
        found = in_order(connection.sql(compile_feature_sql(params, report, name)).df())
        assert expected[name].nunique(dropna=False) > 1, name
        pd.testing.assert_series_equal(found[name], expected[name], check_dtype=False, rtol=0, atol=1e-9)


def test_the_sql_of_the_whole_table_of_every_family_gives_the_table(small):
    connection, params, report, expected = small
    found = in_order(connection.sql(compile_feature_sql(params, report, None)).df())
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=1e-9)
