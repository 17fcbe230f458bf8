"""The first screen of the audit: outcomes, spans, what quarantine took, what to look at first, what changed."""

import json

import pytest


@pytest.fixture
def audited(crm):
    """Run ingest and audit on the source as it is now, and return the report."""

    def run():
        crm.has_run("ingest", "audit")
        return json.loads((crm.work / "audit" / "audit.json").read_text(encoding="utf-8"))

    return run


def test_a_sound_source_is_counted_by_outcome_and_table(crm, audited):
    overview = audited()["overview"]
    by_status = {status: sum(row["status"] == status for row in crm.tables["deals"]) for status in ("won", "lost")}
    assert {name: overview[name] for name in by_status} == by_status
    assert overview["open"] + overview["unknown"] + sum(by_status.values()) == overview["leads"] == 500
    spans = {span["table"]: (span["rows"], span["first"]) for span in overview["tables"]}
    assert spans["leads"] == (500, "2024-01-01")
    last = max(row["closed"] for row in crm.tables["deals"])
    assert next(s["last"] for s in overview["tables"] if s["table"] == "deals") == f"{last:%Y-%m-%d}"
    assert overview["quarantine"] == []


def test_wins_that_quarantine_took_are_counted_named_first_and_compared_with_the_run_before(crm, audited):
    first = audited()
    assert first["compared"] is None
    assert audited() == first
    wins = [row for row in crm.tables["deals"] if row["status"] == "won"][:4]
    for row in wins:
        row["closed"] = row["closed"].replace(year=2023)
    crm.write("deals")
    report = audited()
    (taken,) = report["overview"]["quarantine"]
    assert (taken["table"], taken["code"], taken["rows"], taken["wins"]) == ("deals", "LL203", 4, 4)
    assert report["overview"]["unknown"] == 4
    assert report["first_looks"][0]["code"].startswith("LL2")
    compared = report["compared"]
    assert compared["figures"]["won"] == [first["overview"]["won"], first["overview"]["won"] - 4]
    assert [(entry["before"], entry["now"]) for entry in compared["quarantine"]] == [(0, 4)]
    assert "LL203" in {finding["code"] for finding in compared["new"]}
    page = (crm.work / "audit" / "audit.html").read_text(encoding="utf-8")
    assert page.index("Since the audit before") < page.index("500 leads: ") < page.index("Look at first")
    assert 'href="../tables/quarantine.csv"' in page


def test_wins_within_a_day_of_creation_are_a_finding(crm, audited):
    created = {row["lead"]: row["created"] for row in crm.tables["leads"]}
    wins = [row for row in crm.tables["deals"] if row["status"] == "won"]
    for row in wins[:20]:
        row["closed"] = created[row["lead"]].replace(minute=59)
    crm.write("deals")
    report = audited()
    assert report["overview"]["instant_wins"] == 20
    assert report["overview"]["instant_win_share"] == pytest.approx(20 / len(wins), abs=1e-6)
    (finding,) = [f for f in report["findings"] if f["code"] == "LL123"]
    assert finding["figures"]["wins"] == 20
    assert "LL123" in {look["code"] for look in report["first_looks"]}


def test_numbers_are_read_as_params_say(crm, audited):
    crm.set("source.leads.decimal", ",")
    for row in crm.tables["leads"]:
        row["employees"] = f"{row['employees']},5"
    crm.write("leads")
    (column,) = [c for c in audited()["columns"] if c["column"] == "employees"]
    assert column["kind"] == "number"
    assert column["auc"] is not None
