"""Open deals close no lead; lost leads that come back are open again, in training and at night."""

import datetime as dt

import pandas as pd
import pytest

from leadlight.pipelines.engines.engine import open_engine
from leadlight.pipelines.engines.open_leads import select_open_leads
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.stages.snapshot import snapshot
from leadlight.pipelines.workspace.workdir import Workdir

TIME = "%Y-%m-%d %H:%M:%S"
BACK = dt.datetime(2024, 10, 10, 12)


def read(crm) -> dict:
    return ingest(load_params(crm.params), crm.folder, Workdir(crm.work))


def find_open(crm, as_of: str) -> set[str]:
    table = select_open_leads(open_engine(Workdir(crm.work)), pd.Timestamp(as_of))
    return set(table.to_pyarrow().to_pandas()["lead_id"])


def find_lost(crm) -> dict:
    """The deal of a lead lost before September."""
    return next(d for d in crm.tables["deals"] if d["status"] == "lost" and d["closed"] > dt.datetime(2024, 8, 1))


@pytest.mark.parametrize("planned", ["", "2999-12-31 00:00:00", "2020-01-01 00:00:00", "2024-09-01 00:00:00"])
def test_an_open_deal_closes_no_lead_whenever_its_close_is_planned(crm, planned: str):
    before = read(crm)
    crm.set("source.deals.status.open", ["negotiation", "new"])
    closed = {deal["lead"] for deal in crm.tables["deals"]}
    waiting = [lead["lead"] for lead in crm.tables["leads"] if lead["lead"] not in closed]
    for number, lead in enumerate(waiting):
        status = ["negotiation", "New "][number % 2]
        crm.tables["deals"].append({"lead": lead, "closed": planned, "status": status, "amount": 1})
    crm.write("deals")
    report = read(crm)
    assert report["quarantine"] == []
    assert report["findings"] == []
    assert report["outcomes"] == before["outcomes"] | {"open_deals": len(waiting)}
    assert report["rows"] == before["rows"]
    assert set(waiting) <= find_open(crm, "2024-12-01")


def reopen_by_deal(crm, lead: str) -> None:
    crm.set("source.deals.status.open", ["open"])
    crm.set("source.deals.opened_at", {"column": "opened", "format": TIME})
    for deal in crm.tables["deals"]:
        deal["opened"] = deal["closed"] - dt.timedelta(days=1)
    crm.tables["deals"].append({"lead": lead, "closed": "", "status": "open", "amount": 1, "opened": BACK})
    crm.write("deals")


def reopen_by_stage(crm, lead: str) -> None:
    stages = {"path": "stages.csv", "lead_id": "lead", "stage": "stage", "reopens": ["Back"]}
    crm.set("source.stages", stages | {"entered_at": {"column": "at", "format": TIME}})
    crm.tables["stages"] = [
        {"lead": lead, "stage": "back", "at": BACK},
        {"lead": lead, "stage": "Lost", "at": BACK - dt.timedelta(days=30)},
    ]
    crm.write("stages")


def reopen_by_activity(crm, lead: str) -> None:
    crm.set("source.deals.reopen_after", 14)
    crm.tables["activities"].append({"lead": lead, "at": BACK, "what": "Demo", "pages": 1})
    crm.write("activities")


WAYS = [reopen_by_deal, reopen_by_stage, reopen_by_activity]


@pytest.mark.parametrize("reopen", WAYS)
def test_a_lost_lead_that_comes_back_is_open_from_then_on(crm, reopen):
    lost = find_lost(crm)
    before = read(crm)["outcomes"]
    reopen(crm, lost["lead"])
    outcomes = read(crm)["outcomes"]
    assert (outcomes["reopened"], outcomes["open"], outcomes["lost"]) == (1, before["open"] + 1, before["lost"] - 1)
    assert lost["lead"] not in find_open(crm, "2024-10-10 10:00:00")  # noon in Berlin, and that second too
    assert lost["lead"] in find_open(crm, "2024-10-10 10:00:01")
    assert lost["lead"] in find_open(crm, "2024-11-01")


@pytest.mark.parametrize("reopen", WAYS)
def test_snapshots_of_a_reopened_lead_are_labelled_by_its_next_close(crm, reopen):
    lost = find_lost(crm)
    reopen(crm, lost["lead"])
    won_at = BACK + dt.timedelta(days=5)
    again = dict.fromkeys(crm.tables["deals"][0], "") | {"lead": lost["lead"], "closed": won_at, "status": "won"}
    crm.tables["deals"].append(again)
    crm.write("deals")
    crm.set("snapshots.every_days", 2)
    read(crm)
    snapshot(load_params(crm.params), Workdir(crm.work))
    drawn = pd.read_parquet(crm.work / "snapshots" / "snapshots.parquet")
    own = drawn[drawn["lead_id"] == lost["lead"]].set_index("as_of")["won"]
    closed = pd.Timestamp(lost["closed"])
    after = own[own.index > closed]
    assert set(own[own.index < closed - pd.Timedelta(days=1)]) == {0}
    assert set(after) == {1}
    assert after.index.min() > pd.Timestamp(BACK) - pd.Timedelta(hours=2)
    assert after.index.max() < pd.Timestamp(won_at)


def test_a_won_lead_never_comes_back(crm):
    won = next(deal for deal in crm.tables["deals"] if deal["status"] == "won")
    reopen_by_activity(crm, won["lead"])
    assert read(crm)["outcomes"]["reopened"] == 0
    assert won["lead"] not in find_open(crm, "2024-11-01")


@pytest.mark.parametrize(("days", "what", "back"), [(14, "Demo", 1), (13, "Demo", 0), (20, "Page", 0)])
def test_activity_reopens_from_the_stated_day_on_and_by_raising_signals(crm, days: int, what: str, back: int):
    lost = find_lost(crm)
    crm.set("source.deals.reopen_after", 14)
    at = lost["closed"] + dt.timedelta(days=days, hours=1)
    crm.tables["activities"].append({"lead": lost["lead"], "at": at, "what": what, "pages": 1})
    crm.write("activities")
    assert read(crm)["outcomes"]["reopened"] == back
    if what == "Page":
        crm.set("source.deals.reopen_by", ["Page"])
        assert read(crm)["outcomes"]["reopened"] == 1


def test_activity_soon_after_a_second_loss_does_not_reopen_it(crm):
    lost = find_lost(crm)
    reopen_by_activity(crm, lost["lead"])
    crm.tables["deals"].append({**lost, "closed": BACK - dt.timedelta(days=3)})
    crm.write("deals")
    assert read(crm)["outcomes"]["reopened"] == 0
    assert lost["lead"] not in find_open(crm, "2024-11-01")


def test_lost_leads_with_a_fresh_request_are_reported_where_params_reopen_none(crm, leadlight):
    demos = [row for row in crm.tables["activities"] if row["what"] == "Demo"]
    crm.tables["activities"] += [{**row, "what": "Page"} for row in demos for _ in range(12)]
    crm.write("activities")
    assert read(crm)["findings"] == []
    lost = find_lost(crm)
    crm.tables["activities"].append({"lead": lost["lead"], "at": BACK, "what": "Demo", "pages": 1})
    crm.write("activities")
    said = leadlight(crm, "ingest")
    assert "LL219 Lost leads with a fresh request after their loss: 1 (such as Demo)" in said.out


def test_lost_leads_with_an_open_deal_of_unknown_opening_are_reported(crm):
    crm.set("source.deals.status.open", ["open"])
    crm.tables["deals"].append({"lead": find_lost(crm)["lead"], "closed": "", "status": "open", "amount": 1})
    crm.write("deals")
    assert [finding["code"] for finding in read(crm)["findings"]] == ["LL219"]


def test_a_reopened_lead_is_scored_at_night(trained_crm, leadlight):
    lost = find_lost(trained_crm)
    trained_crm.change("  deals:\n", "  deals:\n    reopen_after: 14\n")
    trained_crm.tables["activities"].append({"lead": lost["lead"], "at": BACK, "what": "Demo", "pages": 1})
    trained_crm.write("activities")
    assert leadlight(trained_crm, "score", "--as-of", "2024-10-21").code == 0
    scored = pd.read_parquet(trained_crm.work / "scores" / "scores-2024-10-20T220000Z.parquet")
    assert lost["lead"] in set(scored["lead_id"])
