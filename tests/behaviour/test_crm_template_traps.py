"""Traps of CRM tables, each planted into made-up tables and read through the query of the template."""

import duckdb
import pandas as pd
import pytest

from leadlight.pipelines.init.crm_templates import write_template
from leadlight.pipelines.params import load_params
from leadlight.pipelines.simulation.crm_layouts import LAYOUTS, NIGHT, draw_business
from leadlight.pipelines.sources.files.read import read_all_columns

BUSINESS = draw_business(60)
#: of the first lead that was closed, and of the first that is open
CLOSED = int(BUSINESS.leads.loc[BUSINESS.leads["closed"].notna(), "id"].iloc[0])
OPEN = int(BUSINESS.leads.loc[BUSINESS.leads["closed"].isna(), "id"].iloc[0])
LATER = NIGHT - pd.Timedelta(days=1)


@pytest.fixture
def read(tmp_path):
    """Read a table of a template, with rows added to the tables of the CRM or cells of them changed."""

    def read_table(template, name, added=None, changed=None):
        tables = LAYOUTS[template](BUSINESS)
        for table, row in added or []:
            tables[table] = pd.concat([tables[table], pd.DataFrame([row])], ignore_index=True)
        for table, key, value, column, cell in changed or []:
            tables[table].loc[tables[table][key] == value, column] = cell
        with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
            for table, frame in tables.items():
                connection.register("frame", frame)
                connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM frame")
        write_template(template, tmp_path / "params.yaml", database="duckdb:///crm.duckdb", force=True)
        source = load_params(tmp_path / "params.yaml").source
        return read_all_columns(name, getattr(source, name), tmp_path, source.database)

    return read_table


def test_hubspot_what_belongs_to_a_merged_contact_belongs_to_the_one_that_was_kept(read):
    chain = [
        ("contact_merge_audit", {"canonical_vid": 2, "vid_to_merge": 3}),
        ("contact_merge_audit", {"canonical_vid": OPEN, "vid_to_merge": 2}),
    ]
    form = ("contact_form_submission", {"contact_id": 3, "timestamp": LATER})
    deal = ("deal_contact", {"contact_id": 3, "deal_id": CLOSED * 10})
    forms = read("fivetran_hubspot", "activities", [*chain, form])
    assert OPEN in set(forms.loc[forms["occurred_at"] == LATER, "lead_id"])
    assert OPEN in set(read("fivetran_hubspot", "deals", [*chain, deal])["lead_id"])
    merged = {"id": 3, "property_createdate": LATER, "property_email": "x@y.example", "_fivetran_deleted": True}
    assert 3 not in set(read("fivetran_hubspot", "leads", [*chain, ("contact", merged)])["id"])
    # a merged contact was deleted, and is no loss
    assert 3 not in set(read("fivetran_hubspot", "deals", [*chain, ("contact", merged)])["lead_id"])


def test_hubspot_an_address_of_two_contacts_counts_once(read):
    address = BUSINESS.leads.set_index("id")["email"][OPEN]
    event = {"id": 99, "type": "OPEN", "created": LATER, "recipient": address.upper(), "filtered_event": False}
    twin = {"id": 999_999, "property_createdate": LATER, "property_email": address, "_fivetran_deleted": False}
    found = read("fivetran_hubspot", "activities", [("email_event", event), ("contact", twin)])
    assert found.loc[found["occurred_at"] == LATER, "lead_id"].tolist() == [OPEN]
    robot = event | {"filtered_event": True}
    found = read("fivetran_hubspot", "activities", [("email_event", robot)])
    assert LATER not in set(found["occurred_at"])


def test_hubspot_an_open_deal_and_one_of_a_deleted_stage_close_nothing(read):
    deals = read("fivetran_hubspot", "deals")
    assert OPEN not in set(deals["lead_id"])
    assert CLOSED in set(deals["lead_id"])
    gone = [("deal", "deal_id", CLOSED * 10, "deal_pipeline_stage_id", "deleted")]
    assert CLOSED not in set(read("fivetran_hubspot", "deals", changed=gone)["lead_id"])


def test_deleted_leads_are_lost_and_stay_in_the_source(read):
    deleted = [("contact", "id", OPEN, "_fivetran_deleted", True), ("contact", "id", OPEN, "_fivetran_synced", LATER)]
    deals = read("fivetran_hubspot", "deals", changed=deleted).set_index("lead_id")
    assert deals.loc[OPEN, ["status", "closed_at"]].tolist() == ["lost", LATER]
    assert OPEN in set(read("fivetran_hubspot", "leads", changed=deleted)["id"])
    lead = f"00Q{OPEN}"
    deleted = [("lead", "id", lead, column, value) for column, value in (("is_deleted", True), ("is_converted", False))]
    deals = read("fivetran_salesforce", "deals", changed=deleted).set_index("lead_id")
    assert deals.loc[lead, "status"] == "lost"


def test_dlt_a_history_that_was_loaded_twice_is_kept_once(read):
    history = read("dlt_hubspot", "history")
    assert len(history) == len(BUSINESS.leads)
    assert not history.duplicated().any()
    assert len(read("dlt_hubspot", "stages")) == len(BUSINESS.leads)


def test_dlt_a_stage_that_params_do_not_name_is_no_silent_open_deal(read):
    own = [("deals", "id", CLOSED * 10, "dealstage", "23456789")]
    deals = read("dlt_hubspot", "deals", changed=own).set_index("lead_id")
    assert deals.loc[CLOSED, "status"] == "23456789"  # which ingest puts into quarantine


def test_salesforce_an_open_task_is_planned_and_counts_as_nothing(read):
    task = {"who_id": f"00Q{OPEN}", "created_date": LATER, "activity_date": NIGHT.date(), "type": "Call"}
    for closed, expected in ((False, 0), (True, 1)):
        found = read("fivetran_salesforce", "activities", [("task", task | {"is_closed": closed})])
        assert (found["occurred_at"] == NIGHT).sum() == expected


def test_salesforce_what_belongs_to_a_merged_lead_belongs_to_the_one_that_was_kept(read):
    merged = {"id": "00Qmerged", "created_date": NIGHT - pd.Timedelta(days=90), "master_record_id": f"00Q{OPEN}"}
    rows = [
        ("lead", merged | {"is_deleted": True, "is_converted": False}),
        ("task", {"who_id": "00Qmerged", "completed_date_time": LATER, "type": "Email", "is_closed": True}),
    ]
    found = read("fivetran_salesforce", "activities", rows)
    assert found.loc[found["occurred_at"] == LATER, "lead_id"].tolist() == [f"00Q{OPEN}"]
    assert "00Qmerged" not in set(read("fivetran_salesforce", "leads", rows)["id"])
    assert "00Qmerged" not in set(read("fivetran_salesforce", "deals", rows)["lead_id"])


def test_salesforce_a_contact_that_was_there_before_brings_nothing_from_before_the_lead(read):
    lead = BUSINESS.leads.set_index("id").loc[CLOSED]
    task = {"who_id": f"003{CLOSED}", "completed_date_time": lead["created"] - pd.Timedelta(days=9), "is_closed": True}
    found = read("fivetran_salesforce", "activities", [("task", task)])
    assert (found["occurred_at"] < lead["created"])[found["lead_id"] == f"00Q{CLOSED}"].sum() == 0
