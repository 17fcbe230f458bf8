"""No query over leads compares each row of one table with each row of another: DuckDB joins by hash of the key."""

import ibis
import pandas as pd
import pytest

from leadlight.features.catalogue import AttributeSpec
from leadlight.features.feature_set import FeatureSet, Tables
from leadlight.features.labels import find_closed_periods, find_first_closes, label_snapshots
from leadlight.features.point_in_time import filter_open_leads

TIME = pd.Timestamp("2025-03-01")
COLUMNS = {
    "leads": {"lead_id": "L1", "created_at": TIME},
    "moments": {"lead_id": "L1", "as_of": TIME},
    "deals": {"lead_id": "L1", "closed_at": TIME, "won": True},
    "reopenings": {"lead_id": "L1", "reopened_at": TIME, "closes_before": TIME},
    "unknown": {"lead_id": "L1"},
    "activities": {"lead_id": "L1", "occurred_at": TIME, "type": "visit"},
    "attributes": {"lead_id": "L1", "trade": "food"},
    "history": {"lead_id": "L1", "attribute": "trade", "value": "steel", "number": 1.0, "changed_at": TIME},
}


@pytest.fixture(scope="module")
def tables():
    connection = ibis.duckdb.connect()
    return {
        name: connection.create_table(name, pd.concat([pd.DataFrame([row])] * 100)) for name, row in COLUMNS.items()
    }


def open_moments(tables):
    closings = find_closed_periods(tables["deals"], tables["reopenings"], tables["unknown"])
    return filter_open_leads(tables["moments"], tables["leads"], closings)


def outcomes(tables):
    closings = find_first_closes(tables["deals"])
    return label_snapshots(tables["moments"], closings, 30, ibis.timestamp("2025-06-01"))


def features(tables):
    declared = FeatureSet((AttributeSpec("trade", "category"),), (), True, True)
    given = Tables(*(tables[name] for name in ("leads", "attributes", "activities", "history")))
    return declared.build_table(tables["moments"], given)


@pytest.mark.parametrize("query", [open_moments, outcomes, features])
def test_joins_by_hash(tables, query):
    found = query(tables)
    ((_, plan),) = found.get_backend().raw_sql(f"EXPLAIN {ibis.to_sql(found)}").fetchall()
    assert "HASH_JOIN" in plan
    assert "NL_JOIN" not in plan
    assert "NESTED_LOOP_JOIN" not in plan
    assert "CROSS_PRODUCT" not in plan
