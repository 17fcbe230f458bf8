"""`leadlight init` on tables with the field names of five CRM systems, in which some opportunities are open."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from leadlight.pipelines.cli.main import app
from leadlight.pipelines.init.propose import propose
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

EXPORTED = pd.Timestamp("2025-06-30 18:00")
LEADS = 1_500


class Crm(NamedTuple):
    """Tables of an export, and what is true of them."""

    tables: dict[str, pd.DataFrame]
    key: str  # of leads
    created: str
    closed: str
    status: str
    owner: str | None
    attributes: set[str]  # that must be proposed
    leaks: set[str]  # that must not


def draw() -> pd.DataFrame:
    """Draw one deal of each lead; those not closed by the day of the export have a planned date, late or to come."""
    draw = np.random.default_rng(17)
    frame = pd.DataFrame({"number": np.arange(LEADS)})
    frame["created"] = EXPORTED - pd.to_timedelta(np.sort(draw.uniform(0, 700, LEADS))[::-1].round(4), unit="D")
    frame["source"] = draw.choice(["Organic Search", "Referral", "Paid Social", "Trade Show"], LEADS)
    frame["industry"] = draw.choice(["Retail", "Software", "Logistics"], LEADS)
    frame["country"] = draw.choice(["France", "Germany", "Spain"], LEADS)
    frame["employees"] = draw.integers(1, 900, LEADS)
    frame["views"] = draw.poisson(6, LEADS)
    frame["owner"] = draw.choice(["Ann Lee", "Bo Chan", "Cy Diaz"], LEADS)
    frame["first"] = draw.choice(["Mia", "Noah", "Lea", "Paul", "Ida"], LEADS)
    frame["last"] = [f"Name{n}" for n in draw.permutation(LEADS)]
    frame["email"] = [f"p{n}@firm{n % 400}.com" for n in draw.permutation(LEADS)]
    chance = 1 / (1 + np.exp(2 - 1.5 * (frame["source"] == "Referral") - frame["employees"] / 400))
    won = draw.random(LEADS) < chance
    frame["opened"] = frame["created"] + pd.to_timedelta(draw.uniform(0.1, 8, LEADS).round(4), unit="D")
    closes = frame["opened"] + pd.to_timedelta(draw.uniform(3, 50, LEADS).round(4), unit="D")
    frame["open"] = closes > EXPORTED
    frame["won"], frame["lost"] = won & ~frame["open"], ~won & ~frame["open"]
    planned = EXPORTED + pd.to_timedelta(draw.integers(-20, 60, LEADS), unit="D")
    frame["closed"] = closes.mask(frame["open"], planned)
    frame["amount"] = draw.integers(5, 90, LEADS) * 100
    return frame[frame["opened"] < EXPORTED].reset_index(drop=True)


def say(truth: pd.DataFrame, won: str, lost: str, *steps: str) -> np.ndarray:
    """Return the word for the outcome of each deal; steps are those of open ones."""
    step = np.array(steps)[truth["number"] % len(steps)]
    return np.where(truth["won"], won, np.where(truth["lost"], lost, step))


def hubspot(truth: pd.DataFrame) -> Crm:
    """Contacts and deals; a deal names the ids of its contacts."""
    contacts = pd.DataFrame({
        "Record ID": 80_000_001 + 7 * truth["number"], "First Name": truth["first"], "Last Name": truth["last"],
        "Email": truth["email"], "Phone Number": [f"+49 30 {555000 + n}" for n in truth["number"]],
        "Contact owner": truth["owner"] + " (" + truth["owner"].str[:2].str.lower() + "@firm.com)",
        "Lead Status": say(truth, "Connected", "Unqualified", "Open deal", "In progress"),
        "Lifecycle Stage": say(truth, "Customer", "Opportunity", "Opportunity"),
        "Create Date": truth["created"].dt.strftime("%Y-%m-%d %H:%M"),
        "Last Activity Date": truth["opened"].dt.strftime("%Y-%m-%d %H:%M"),
        "Original Source": truth["source"], "Industry": truth["industry"], "Country/Region": truth["country"],
        "Number of Employees": truth["employees"], "Number of Pageviews": truth["views"],
        "Number of Associated Deals": 1,
        "Close Date": truth["closed"].where(truth["won"]).dt.strftime("%Y-%m-%d %H:%M"),
    })  # fmt: skip
    deals = pd.DataFrame({
        "Record ID": 9_000_000_001 + 3 * truth["number"], "Deal Name": truth["last"] + " - New Deal",
        "Deal Stage": say(truth, "Closed Won", "Closed Lost", "Appointment Scheduled", "Qualified To Buy",
                          "Contract Sent", "Decision Maker Bought-In"),
        "Close Date": truth["closed"].dt.strftime("%Y-%m-%d %H:%M"), "Deal owner": truth["owner"],
        "Amount": truth["amount"], "Pipeline": "Sales Pipeline",
        "Create Date": truth["opened"].dt.strftime("%Y-%m-%d %H:%M"),
        "Associated Contact": truth["first"] + " " + truth["last"],
        "Associated Contact IDs": contacts["Record ID"],
    }).sample(frac=1, random_state=1)  # fmt: skip
    return Crm(
        {"leads": contacts, "deals": deals}, "Record ID", "Create Date", "Close Date", "Deal Stage", "Contact owner",
        {"Original Source", "Industry", "Country/Region", "Number of Employees"}, {"Lead Status", "Lifecycle Stage"},
    )  # fmt: skip


def salesforce(truth: pd.DataFrame) -> Crm:
    """A report on opportunities with month first, which is one table."""
    report = pd.DataFrame({
        "Opportunity ID": [f"0065g00000{n:05d}AAA" for n in truth["number"]], "Opportunity Name": truth["last"] + "-",
        "Account Name": truth["last"] + " Ltd", "Stage": say(truth, "Closed Won", "Closed Lost", "Prospecting",
        "Qualification", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review"),
        "Fiscal Period": "Q" + truth["closed"].dt.quarter.astype(str) + "-" + truth["closed"].dt.year.astype(str),
        "Amount": truth["amount"], "Probability (%)": say(truth, "100", "0", "10", "25", "50", "75").astype(int),
        "Closed": (~truth["open"]).astype(int), "Won": truth["won"].astype(int),
        "Age": ((truth["closed"].where(~truth["open"], EXPORTED) - truth["opened"]).dt.days),
        "Close Date": truth["closed"].dt.strftime("%-m/%-d/%Y"),
        "Created Date": truth["opened"].dt.strftime("%-m/%-d/%Y"),
        "Next Step": "", "Lead Source": truth["source"],
        "Type": np.where(truth["number"] % 3, "New Business", "Existing Business"),
        "Industry": truth["industry"], "Employees": truth["employees"],
        "Opportunity Owner": truth["owner"], "Owner Role": "Sales",
    })  # fmt: skip
    return Crm(
        {"leads": report}, "Opportunity ID", "Created Date", "Close Date", "Stage", "Opportunity Owner",
        {"Lead Source", "Type", "Industry", "Employees"},
        {"Probability (%)", "Closed", "Won", "Age", "Fiscal Period"},
    )  # fmt: skip


def pipedrive(truth: pd.DataFrame) -> Crm:
    """Persons and deals; the prefix of each name says what it is of."""
    persons = pd.DataFrame({
        "Person - ID": truth["number"] + 1, "Person - Name": truth["first"] + " " + truth["last"],
        "Person - Label": np.where(truth["number"] % 4, "Warm lead", "Hot lead"),
        "Person - Organization": truth["last"] + " Ltd",
        "Person - Email - Work": truth["email"], "Person - Owner": truth["owner"],
        "Person - Person created": truth["created"].dt.strftime("%Y-%m-%d %H:%M:%S"),
        "Person - Update time": truth["closed"].mask(truth["open"], EXPORTED).dt.strftime("%Y-%m-%d %H:%M:%S"),
        "Person - Open deals": truth["open"].astype(int), "Person - Won deals": truth["won"].astype(int),
        "Person - Lost deals": truth["lost"].astype(int), "Person - Closed deals": (~truth["open"]).astype(int),
        "Person - Source": truth["source"], "Person - Industry": truth["industry"],
        "Person - Employees": truth["employees"],
    })  # fmt: skip
    done = truth["closed"].where(~truth["open"]).dt.strftime("%Y-%m-%d %H:%M:%S")
    deals = pd.DataFrame({
        "Deal - ID": truth["number"].to_numpy()[::-1] + 1, "Deal - Title": truth["last"] + " deal",
        "Deal - Value": truth["amount"],
        "Deal - Currency": "EUR", "Deal - Status": say(truth, "Won", "Lost", "Open"),
        "Deal - Stage": np.array(["Qualified", "Proposal Made", "Negotiations Started"])[truth["number"] % 3],
        "Deal - Deal created": truth["opened"].dt.strftime("%Y-%m-%d %H:%M:%S"),
        "Deal - Expected close date": (truth["opened"] + pd.Timedelta(days=30)).dt.strftime("%Y-%m-%d"),
        "Deal - Won time": done.where(truth["won"]), "Deal - Lost time": done.where(truth["lost"]),
        "Deal - Deal closed on": done, "Deal - Lost reason": np.where(truth["lost"], "Price", ""),
        "Deal - Contact person": persons["Person - Name"], "Person - ID": persons["Person - ID"],
        "Deal - Owner": truth["owner"],
    })  # fmt: skip
    return Crm(
        {"leads": persons, "deals": deals}, "Person - ID", "Person - Person created", "Deal - Deal closed on",
        "Deal - Status", "Person - Owner", {"Person - Source", "Person - Industry", "Person - Employees"},
        {"Person - Open deals", "Person - Won deals", "Person - Lost deals", "Person - Closed deals"},
    )  # fmt: skip


def zoho(truth: pd.DataFrame) -> Crm:
    """Contacts and deals with long ids of the person, the deal and the owner."""
    owners = "zcrm_55000000" + (truth["owner"].str.len() + truth["owner"].str[0].map(ord)).astype(str)
    contacts = pd.DataFrame({
        "Record Id": [f"zcrm_487600000{n:06d}" for n in truth["number"]], "Contact Owner.id": owners,
        "Contact Owner": truth["owner"], "Lead Source": truth["source"], "First Name": truth["first"],
        "Last Name": truth["last"], "Email": truth["email"],
        "Created Time": truth["created"].dt.strftime("%Y-%m-%d %H:%M:%S"),
        "Modified Time": EXPORTED.strftime("%Y-%m-%d %H:%M:%S"),
        "Email Opt Out": np.where(truth["number"] % 9, "false", "true"),
        "Industry": truth["industry"], "No. of Employees": truth["employees"], "Tag": "",
        "Mailing Zip": [f"{10115 + n % 300}" for n in truth["number"]],
    })  # fmt: skip
    deals = pd.DataFrame({
        "Record Id": [f"zcrm_487600009{n:06d}" for n in truth["number"]], "Deal Owner.id": owners,
        "Deal Owner": truth["owner"],
        "Amount": truth["amount"], "Deal Name": truth["last"], "Closing Date": truth["closed"].dt.strftime("%Y-%m-%d"),
        "Stage": say(truth, "Closed Won", "Closed Lost to Competition", "Qualification", "Needs Analysis",
                     "Value Proposition", "Identify Decision Makers", "Negotiation/Review"),
        "Probability (%)": say(truth, "100", "0", "10", "40"), "Expected Revenue": truth["amount"],
        "Contact Name.id": contacts["Record Id"], "Contact Name": truth["first"] + " " + truth["last"],
        "Created Time": truth["opened"].dt.strftime("%Y-%m-%d %H:%M:%S"),
        "Modified Time": EXPORTED.strftime("%Y-%m-%d %H:%M:%S"),
    })  # fmt: skip
    return Crm(
        {"leads": contacts, "deals": deals}, "Record Id", "Created Time", "Closing Date", "Stage", "Contact Owner",
        {"Lead Source", "Industry", "No. of Employees"}, {"Contact Owner.id"},
    )  # fmt: skip


def dynamics(truth: pd.DataFrame) -> Crm:
    """Leads and opportunities with GUIDs; only closed ones have an actual close date."""
    day = "%m/%d/%Y"
    guids = [f"{n * 7919 % 99991:08x}-0000-4000-8000-{n:012x}" for n in truth["number"]]
    leads = pd.DataFrame({
        "(Do Not Modify) Lead": guids,
        "(Do Not Modify) Row Checksum": [f"x{n * 31 % 100003:06d}==" for n in truth["number"]],
        "(Do Not Modify) Modified On": EXPORTED.strftime(f"{day} %I:%M %p"),
        "Name": truth["first"] + " " + truth["last"],
        "Topic": "Interest of " + truth["last"], "Status Reason": say(truth, "Qualified", "Qualified", "Qualified"),
        "Created On": truth["created"].dt.strftime(f"{day} %I:%M %p"), "Owner": truth["owner"],
        "Lead Source": truth["source"], "Industry": truth["industry"], "No. of Employees": truth["employees"],
        "Email Address 1": truth["email"],
        "Do not allow Bulk Emails": np.where(truth["number"] % 9, "Allow", "Do Not Allow"),
    })  # fmt: skip
    done = truth["closed"].where(~truth["open"])
    deals = pd.DataFrame({
        "(Do Not Modify) Opportunity": [f"{n * 7907 % 99991:08x}-1111-4000-8000-{n:012x}" for n in truth["number"]],
        "(Do Not Modify) Row Checksum": [f"y{n * 37 % 100003:06d}==" for n in truth["number"]], "Topic": leads["Topic"],
        "Originating Lead": guids, "Est. close date": truth["closed"].dt.strftime(day), "Est. revenue": truth["amount"],
        "Actual Close Date": done.dt.strftime(day), "Actual Revenue": truth["amount"].where(truth["won"]),
        "Status": say(truth, "Won", "Lost", "Open"),
        "Status Reason": say(truth, "Won", "Out-Sold", "In Progress", "On Hold"),
        "Probability": say(truth, "100", "0", "10", "40"), "Created On": truth["opened"].dt.strftime(f"{day} %I:%M %p"),
    })  # fmt: skip
    return Crm(
        {"leads": leads, "deals": deals}, "(Do Not Modify) Lead", "Created On", "Actual Close Date", "Status", "Owner",
        {"Lead Source", "Industry", "No. of Employees"}, {"(Do Not Modify) Row Checksum"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def truth():
    return draw()


@pytest.fixture(scope="module", params=[hubspot, salesforce, pipedrive, zoho, dynamics], ids=lambda make: make.__name__)
def proposed(request, truth, tmp_path_factory) -> tuple[Crm, Any, Any]:
    crm, folder = request.param(truth), tmp_path_factory.mktemp(request.param.__name__)
    paths = {name: folder / f"{name}.csv" for name in crm.tables}
    for name, path in paths.items():
        crm.tables[name].to_csv(path, index=False)
    return crm, propose(paths, folder / "params.yaml"), folder


def test_columns_are_mapped_as_they_are_meant(proposed):
    crm, found, _ = proposed
    source = found.params.source
    assert (source.leads.lead_id, source.leads.created_at.column) == (crm.key, crm.created)
    assert (source.deals.closed_at.column, source.deals.status.column) == (crm.closed, crm.status)
    assert source.leads.owner == crm.owner
    assert crm.attributes <= set(found.params.attributes)
    assert not crm.leaks & set(found.params.attributes)


def test_open_deals_stay_open_whatever_date_is_planned(proposed, truth):
    _, found, folder = proposed
    report = ingest(found.params, folder, Workdir(folder / "work"))
    assert {key: report["outcomes"][key] for key in ("won", "lost", "open", "unknown")} == {
        "won": int(truth["won"].sum()), "lost": int(truth["lost"].sum()),
        "open": int(truth["open"].sum()), "unknown": 0,
    }  # fmt: skip


@pytest.mark.slow
def test_the_proposal_runs_as_it_is(proposed):
    _, _, folder = proposed
    done = CliRunner().invoke(app, ["run", "--params", str(folder / "params.yaml"), "--workdir", str(folder / "run")])
    assert done.exit_code == 0, done.output
