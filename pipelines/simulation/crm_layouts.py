"""Made-up tables after the names of CRM systems: one drawn business in the dress of each."""

from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["LAYOUTS", "NIGHT", "Business", "draw_business"]

NIGHT = pd.Timestamp("2026-06-01")
CITIES = ("Germany", "Austria", "France")


class Business(NamedTuple):
    """Leads with id, created, closed (NaT: open), won, and what is known of them; activities with lead, at, kind."""

    leads: pd.DataFrame
    activities: pd.DataFrame


def draw_business(leads: int = 2000, seed: int = 5) -> Business:
    """Draw leads of two years; those of companies, and those that are called, are won more often."""
    draw = np.random.default_rng(seed)
    created = pd.Timestamp("2024-06-01") + pd.to_timedelta(np.sort(draw.integers(0, 725 * 86_400, leads)), unit="s")
    company = draw.random(leads) < 0.5
    calls = draw.poisson(0.5 + company, leads)
    won = draw.random(leads) < 1 / (1 + np.exp(2.6 - 1.2 * company - 0.5 * calls))
    closed = pd.Series(created + pd.to_timedelta(draw.integers(10 * 86_400, 80 * 86_400, leads), unit="s"))
    frame = pd.DataFrame(
        {
            "id": np.arange(1001, 1001 + leads),
            "created": created.astype("datetime64[us]"),
            "closed": closed.astype("datetime64[us]").mask(closed > NIGHT),
            "won": won,
            "email": [f"p{i}@{'firma.example' if c else 'gmail.com'}" for i, c in enumerate(company)],
            "title": np.where(company, "Head of Production", "Student"),
            "country": draw.choice(CITIES, leads),
            "revenue": np.where(company, draw.integers(5, 90, leads) * 1e6, draw.integers(1, 9, leads) * 1e5),
        }
    )
    rows = np.repeat(np.arange(leads), calls)
    at = created[rows] + pd.to_timedelta(draw.integers(3600, 9 * 86_400, len(rows)), unit="s")
    activities = pd.DataFrame({"lead": frame["id"].to_numpy()[rows], "at": at.astype("datetime64[us]")})
    return Business(frame, activities[activities["at"] < NIGHT].reset_index(drop=True))


def dress_fivetran_hubspot(business: Business) -> dict[str, pd.DataFrame]:
    leads, calls = business
    closed = leads["closed"].notna()
    number = np.arange(len(calls))
    nothing = pd.Series(pd.NaT, range(len(leads)), dtype="datetime64[us]")
    half = number % 2 == 0
    return {
        "contact": pd.DataFrame(
            {
                "id": leads["id"],
                "property_createdate": leads["created"],
                "property_email": leads["email"],
                "property_jobtitle": leads["title"],
                "property_annualrevenue": leads["revenue"],
                "property_company": "A company",
                "_fivetran_deleted": False,
                "_fivetran_synced": nothing.fillna(NIGHT),
            }
        ),
        "contact_merge_audit": pd.DataFrame({"canonical_vid": [1001], "vid_to_merge": [1]}),
        "engagement_contact": pd.DataFrame({"contact_id": calls["lead"][half], "engagement_id": number[half]}),
        "engagement_call": pd.DataFrame({"engagement_id": number[half], "property_hs_timestamp": calls["at"][half]}),
        "engagement_email": pd.DataFrame({"engagement_id": [-1], "property_hs_timestamp": [NIGHT]}),
        "engagement_meeting": pd.DataFrame({"engagement_id": [-2], "property_hs_timestamp": [NIGHT]}),
        "contact_form_submission": pd.DataFrame({"contact_id": [1001], "timestamp": [leads["created"][0]]}),
        "email_event": pd.DataFrame(
            {
                "id": number[~half],
                "type": "CLICK",
                "created": calls["at"][~half],
                "recipient": calls["lead"][~half].map(leads.set_index("id")["email"]),
                "filtered_event": False,
            }
        ),
        "deal": pd.DataFrame(
            {
                "deal_id": leads["id"] * 10,
                "property_closedate": leads["closed"].fillna(NIGHT + pd.Timedelta(days=30)),
                "property_amount": 5000.0,
                "deal_pipeline_stage_id": np.select([~closed, leads["won"]], ["s1", "s2"], "s3"),
                "is_deleted": False,
            }
        ),
        "deal_contact": pd.DataFrame({"deal_id": leads["id"] * 10, "contact_id": leads["id"]}),
        "deal_pipeline_stage": pd.DataFrame(
            {"stage_id": ["s1", "s2", "s3"], "is_closed": [False, True, True], "closed_won": [False, True, False]}
        ),
        "contact_property_history": pd.concat(
            [
                pd.DataFrame({"contact_id": leads["id"], "name": n, "value": v, "timestamp": leads["created"]})
                for n, v in (("jobtitle", leads["title"]), ("lifecyclestage", "lead"))
            ]
        ),
    }


def dress_salesforce(business: Business) -> dict[str, pd.DataFrame]:
    leads, calls = business
    closed = leads["closed"].notna()
    text = leads["id"].astype(str)
    converted = closed | (leads["id"] % 3 == 0)
    day = calls["at"].dt.normalize()
    contact = ("003" + text).where(converted)
    # what was done before a conversion was moved to the contact
    who = calls["lead"].map(contact.fillna("00Q" + text).set_axis(leads["id"]))
    return {
        "lead": pd.DataFrame(
            {
                "id": "00Q" + text,
                "created_date": leads["created"],
                "last_modified_date": leads["created"],
                "_fivetran_synced": leads["created"],
                "lead_source": np.where(leads["id"] % 2 == 0, "Web", "Fair"),
                "industry": "Steel",
                "title": leads["title"],
                "country": leads["country"],
                "company": "A company",
                "number_of_employees": (leads["revenue"] / 1e5).astype(int),
                "annual_revenue": leads["revenue"],
                "owner_id": "005A",
                "has_opted_out_of_email": leads["id"] % 5 == 0,
                "is_converted": converted,
                "is_deleted": False,
                "master_record_id": pd.Series(None, range(len(leads)), dtype="str"),
                "converted_contact_id": contact,
                "converted_opportunity_id": ("006" + text).where(converted),
            }
        ),
        "opportunity": pd.DataFrame(
            {
                "id": "006" + text,
                "close_date": leads["closed"].fillna(NIGHT + pd.Timedelta(days=30)).dt.date,
                "is_closed": closed,
                "is_won": closed & leads["won"],
                "amount": 5000.0,
            }
        )[converted],
        "task": pd.DataFrame(
            {
                "who_id": who,
                "completed_date_time": calls["at"],
                "activity_date": day.dt.date,
                "created_date": calls["at"],
                "task_subtype": "Call",
                "type": "Call",
                "is_closed": True,
            }
        ),
        "event": pd.DataFrame({"who_id": ["00Q1001"], "start_date_time": [leads["created"][0]]}),
        "campaign_member": pd.DataFrame(
            {"lead_id": "00Q" + text, "contact_id": contact, "created_date": leads["created"]}
        ),
    }


def dress_dlt_hubspot(business: Business) -> dict[str, pd.DataFrame]:
    leads, _ = business
    closed = leads["closed"].notna()
    history = pd.concat(
        [
            pd.DataFrame({"object_id": leads["id"], "property_name": n, "value": v, "timestamp": leads["created"]})
            for n, v in (("email", leads["email"]), ("lifecyclestage", "lead"))
        ]
    )
    return {
        "contacts": pd.DataFrame(
            {
                "id": leads["id"],
                "createdate": leads["created"],
                "email": leads["email"],
                "firstname": "Ada",
                "lastname": "Lovelace",
            }
        ),
        "deals": pd.DataFrame(
            {
                "id": leads["id"] * 10,
                "closedate": leads["closed"].fillna(NIGHT + pd.Timedelta(days=30)),
                "dealstage": np.select([~closed, leads["won"]], ["qualifiedtobuy", "closedwon"], "closedlost"),
                "amount": 5000.0,
            }
        ),
        "contacts__deals": pd.DataFrame({"value": leads["id"], "deals_id": leads["id"] * 10}),
        "contacts_property_history": pd.concat([history, history]),  # two loads
    }


def dress_csv_hubspot(business: Business) -> dict[str, pd.DataFrame]:
    leads, _ = business
    closed = leads["closed"].notna()
    form = "%Y-%m-%d %H:%M"
    return {
        "contacts": pd.DataFrame(
            {
                "Record ID": leads["id"],
                "First Name": "Ada",
                "Last Name": "Lovelace",
                "Email": leads["email"],
                "Contact owner": "Jo",
                "Create Date": leads["created"].dt.strftime(form),
                "Job Title": leads["title"],
                "Country/Region": leads["country"],
                "Original Traffic Source": np.where(leads["id"] % 2 == 0, "Direct Traffic", "Organic Search"),
            }
        ),
        "deals": pd.DataFrame(
            {
                "Record ID": leads["id"] * 10,
                "Deal Stage": np.select([~closed, leads["won"]], ["Contract Sent", "Closed Won"], "Closed Lost"),
                "Close Date": leads["closed"].fillna(NIGHT + pd.Timedelta(days=30)).dt.strftime(form),
                "Amount": "5000",
                # a deal may have several contacts
                "Associated Contact IDs": leads["id"]
                .astype(str)
                .where(leads["id"] % 50 > 0, leads["id"].astype(str) + "; 9"),
            }
        ),
    }


def dress_csv_salesforce(business: Business) -> dict[str, pd.DataFrame]:
    """Name the tables of Salesforce as its interface does, with times as text."""
    tables = {}
    for name, frame in dress_salesforce(business).items():
        columns = {c: "".join(w.capitalize() for w in c.split("_")) for c in frame.columns}
        named = frame.rename(columns=columns | {"who_id": "WhoId"})
        for column in named.select_dtypes("datetime").columns:
            named[column] = named[column].dt.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        tables["".join(w.capitalize() for w in name.split("_"))] = named
    return tables


LAYOUTS = {
    "fivetran_hubspot": dress_fivetran_hubspot,
    "fivetran_salesforce": dress_salesforce,
    "dlt_hubspot": dress_dlt_hubspot,
    "dlt_salesforce": dress_salesforce,
    "csv_hubspot": dress_csv_hubspot,
    "csv_salesforce": dress_csv_salesforce,
}
