"""A feature that is asked for alone says what it says among all others."""

import ibis
import pytest

from leadlight.features.catalogue import AttributeSpec, SignalSpec
from leadlight.features.feature_set import FeatureSet, Tables

DECLARED = FeatureSet(
    attributes=(
        AttributeSpec("industry", "category"),
        AttributeSpec("size", "number", has_history=True),
        AttributeSpec("email", "email"),
        AttributeSpec("title", "job_title", has_history=True),
        AttributeSpec("mailbox", "email", has_history=True),
        AttributeSpec("former", "job_title"),
    ),
    signals=(
        SignalSpec("demo", 1),
        SignalSpec("order", 1, has_value=True, has_objects=True),
        SignalSpec("page", has_objects=True),
        SignalSpec("call", by_sales=True),
        SignalSpec("mail", by_sales=True),
        SignalSpec("never", has_value=True, has_objects=True),
    ),
    has_activities=True,
    has_age=True,
    has_objects=True,
)
MOMENTS = """
    lead_id | as_of
    busy    | 2025-06-01
    busy    | 2025-06-10
    calm    | 2025-06-10
    idle    | 2025-06-10
"""


@pytest.fixture
def drawn(crm):
    """Leads of whom something is known by every feature, and one of whom nothing is."""
    return crm(
        leads="""
        lead_id | created_at
        busy    | 2025-01-01
        calm    | 2025-05-01
        idle    | 2025-06-01
        """,
        attributes="""
        lead_id | industry | email   | former
        busy    | Retail   | gmx.de  | CEO
        calm    | Energy   | acme.de | Intern
        """,
        activities="""
        lead_id | occurred_at         | type   | value | object | local_at
        busy    | 2025-02-01 09:00:00 | demo   | NULL  | NULL   | 2025-02-01 10:00:00
        busy    | 2025-05-20 12:00:00 | order  | 12.5  | a      | 2025-05-20 14:00:00
        busy    | 2025-05-30 12:00:00 | order  | -2    | b      | 2025-05-30 14:00:00
        busy    | 2025-05-31 16:00:00 | page   | 3     | a      | 2025-05-31 18:00:00
        busy    | 2025-06-04 08:00:00 | call   | NULL  | NULL   | 2025-06-04 10:00:00
        busy    | 2025-06-04 08:00:00 | walk   | NULL  | c      | 2025-06-04 10:00:00
        calm    | 2025-06-08 08:00:00 | demo   | NULL  | NULL   | 2025-06-08 10:00:00
        calm    | 2025-06-09 08:00:00 | mail   | NULL  | NULL   | 2025-06-09 10:00:00
        calm    | 2025-06-10 00:00:00 | demo   | NULL  | NULL   | 2025-06-10 02:00:00
        """,
        history="""
        lead_id | attribute | value          | changed_at
        busy    | size      | 120            | 2025-05-01
        busy    | size      | 150            | 2025-06-05
        busy    | title     | Leiter Einkauf | 2025-05-01
        calm    | title     | Intern         | 2025-05-01
        calm    | mailbox   | uni-bonn.de    | 2025-05-01
        """,
    )


def values(drawn, only=None):
    at = drawn.draw("moments", MOMENTS)
    tables = Tables(drawn.leads, drawn.attributes, drawn.activities, drawn.history)
    found = DECLARED.build_table(at, tables, columns=only).to_pyarrow()
    rows = {(row.pop("lead_id"), row.pop("as_of")): row for row in found.to_pylist()}
    assert len(rows) == found.num_rows == 4
    return rows


def of_one(whole, name):
    return {key: {name: row[name]} for key, row in whole.items()}


def test_every_feature_has_the_same_values_alone_as_in_the_whole_table(drawn):
    whole = values(drawn)
    for name in DECLARED.catalogue.names:
        assert values(drawn, only=[name]) == of_one(whole, name)
        silent = {repr(row[name]) for row in whole.values()}
        assert len(silent) > 1 or name.endswith("__never"), f"{name} says the same of everybody"


def test_several_features_come_in_the_order_of_the_catalogue(drawn):
    asked = ["age_days", "objects_90d__page", "attribute__industry", "count_7d__demo"]
    whole = values(drawn)
    found = values(drawn, only=asked)
    in_order = [name for name in DECLARED.catalogue.names if name in asked]
    assert [list(row) for row in found.values()] == 4 * [in_order]
    assert found == {key: {name: row[name] for name in in_order} for key, row in whole.items()}


@pytest.mark.usefixtures("both_engines")
def test_a_moment_that_all_share_may_be_said_once(drawn):
    at = drawn.draw("moments", MOMENTS.replace("busy    | 2025-06-01\n", "").replace("calm    | 2025-06-10\n", ""))
    tables = Tables(drawn.leads, drawn.attributes, drawn.activities, drawn.history)
    said, each = (
        DECLARED.build_table(at, tables, as_of=moment).order_by("lead_id").to_pyarrow().to_pylist()
        for moment in (ibis.timestamp("2025-06-10"), None)
    )
    assert said == each
    assert [row["lead_id"] for row in said] == ["busy", "idle"]  # not calm, who was not asked for


def test_an_activity_at_the_shared_moment_is_not_known(drawn):
    at = drawn.draw("moments", "lead_id | as_of\n calm | 2025-06-10")
    tables = Tables(drawn.leads, drawn.attributes, drawn.activities, drawn.history)
    (row,) = DECLARED.build_table(at, tables, as_of=ibis.timestamp("2025-06-10")).to_pyarrow().to_pylist()
    assert row["count_7d__demo"] == 1


def test_of_no_feature_there_are_the_moments_alone(drawn):
    assert all(row == {} for row in values(drawn, only=[]).values())


def test_a_feature_needs_no_table_that_it_does_not_read():
    snapshots = ibis.table({"lead_id": "string", "as_of": "timestamp"}, name="snapshots")
    leads = ibis.table({"lead_id": "string", "created_at": "timestamp"}, name="leads")
    plain = {"lead_id": "string", "industry": "string", "email": "string", "former": "string"}
    tables = Tables(
        leads,
        ibis.table(plain, name="attributes"),
        ibis.table({"lead_id": "string", "occurred_at": "timestamp", "type": "string"}, name="activities"),
        ibis.table(
            {"lead_id": "string", "attribute": "string", "value": "string", "number": "float64",
             "changed_at": "timestamp"}, name="history"),
    )  # fmt: skip

    def read(name):
        sql = str(ibis.to_sql(DECLARED.build_table(snapshots, tables, columns=[name]), dialect="duckdb"))
        return {table for table in ("leads", "attributes", "activities", "history") if f'"{table}"' in sql}

    assert read("attribute__industry") == {"attributes"}
    assert read("job_level__title") == {"history"}
    assert read("count_7d__demo") == read("objects_90d__page") == {"activities"}
    assert read("age_days") == {"leads"}
