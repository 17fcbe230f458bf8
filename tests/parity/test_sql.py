"""The SQL that `leadlight sql` prints gives, run by hand on the clean tables, what the product computed."""

import duckdb
import pandas as pd
import pytest

from features.errors import ParamsError
from pipelines.outputs import Workdir, read_json
from pipelines.params import load_params
from pipelines.sql import feature_sql

FEATURES = [
    "attribute__industry",
    "attribute__employees",
    "count_30d__demo_request",
    "decay_7d__any",
    "days_since_last__pricing_page",
    "active_days_30d__any",
    "trend__any",
    "age_days",
]


@pytest.fixture(scope="module")
def world(trained):
    """Clean tables and snapshots in a DuckDB of our own, the params, and the features as computed."""
    workdir = Workdir(trained / "work")
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    for name in ("leads", "attributes", "activities", "history"):
        connection.read_parquet(str(workdir.tables / f"{name}.parquet")).create_view(name)
    connection.read_parquet(str(workdir.snapshots)).create_view("snapshots")
    expected = pd.read_parquet(workdir.features).sort_values(["lead_id", "as_of"], ignore_index=True)
    return connection, load_params(trained / "params.yaml"), read_json(workdir.ingest_report), expected


@pytest.mark.parametrize("name", FEATURES)
def test_the_sql_of_a_feature_gives_the_feature(world, name):
    connection, params, report, expected = world
    found = connection.sql(feature_sql(params, report, name)).df()
    found = found.sort_values(["lead_id", "as_of"], ignore_index=True)
    assert list(found.columns) == ["lead_id", "as_of", name]
    pd.testing.assert_series_equal(found[name], expected[name], check_dtype=False, rtol=0, atol=1e-9)


def test_the_sql_of_all_features_gives_the_feature_table(world):
    connection, params, report, expected = world
    found = connection.sql(feature_sql(params, report, None)).df()
    found = found.sort_values(["lead_id", "as_of"], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=1e-9)


def test_a_feature_joins_only_the_tables_that_it_needs(world):
    _, params, report, _ = world
    assert '"activities"' not in feature_sql(params, report, "attribute__industry")
    assert '"history"' not in feature_sql(params, report, "count_30d__demo_request")


def test_without_ingested_tables_the_mapping_says_what_there_is(world):
    _, params, report, _ = world
    for name in FEATURES:
        assert feature_sql(params, None, name) == feature_sql(params, report, name)


def test_an_unknown_feature_is_refused_with_those_that_are_near(world):
    _, params, report, _ = world
    with pytest.raises(ParamsError, match=r"Got count_30d__demo\. Did you mean count_30d__demo_request"):
        feature_sql(params, report, "count_30d__demo")
