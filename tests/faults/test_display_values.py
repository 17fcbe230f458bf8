"""What people call a lead by is in the score store and nowhere else, and it goes with the lead."""

import gzip
import hashlib
import json
import logging
import re
import shutil
import zipfile

import pyarrow.parquet as pq
import pytest

from leadlight.serving.store import open_store

PARAMS, SOURCE = 3, 4
TONIGHT, NEXT = ("--as-of", "2024-10-20"), ("--as-of", "2024-10-21")
DISPLAY = {
    "name": ["first", "last"],
    "company": "firm",
    "phone": "tel",
    "email": "mail",
    "owner": "rep",
    "link": "https://crm.example.com/contact/{lead_id}",
}
PLANTED = ("Qvaxinda", "Zorbelius", "Wexpolium", "5550713", "wexpolium", "Krozfeld", "crm.example.com/contact/L")


def set_display(crm, display):
    """Write the section as the last line of params, whose other lines stay in their order; without one, take it out."""
    text = re.sub(r"(?m)^display: .*\n", "", crm.params.read_text(encoding="utf-8"))
    line = f"display: {json.dumps(display)}\n" if display is not None else ""
    crm.params.write_text(text + line, encoding="utf-8")


def plant(crm):
    """Give every lead of the source values that stand nowhere else."""
    for number, lead in enumerate(crm.tables["leads"]):
        lead |= {"first": "Qvaxinda", "last": f"Zorbelius-{number}", "firm": "Wexpolium <GmbH>", "rep": "U. Krozfeld"}
        lead |= {"tel": f"+49 5550713 {number:03d}", "mail": f"q{number}@wexpolium.example"}
    crm.write("leads")
    set_display(crm, DISPLAY)


def read_contents(path):
    """What a file holds, without the compression that would hide a text from a search."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pandas().to_csv().encode()
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as file:
            return b"\n".join(map(file.read, file.namelist()))
    return path.read_bytes()


def find_planted(crm, *but):
    files = [path for path in crm.folder.rglob("*") if path.is_file() and path.name not in ("params.yaml", *but)]
    assert len(files) > 20
    return {
        (path.relative_to(crm.folder).as_posix(), word)
        for path in files
        for word in PLANTED
        if word.encode() in read_contents(path)
    }


def list_bundle(crm):
    folder = crm.work / "bundle"
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def read_shown(crm):
    store = open_store(f"sqlite:///{crm.work / 'leadlight.db'}")
    shown = {score.lead_id: score.display for score in store.list_current(500)}
    store.close()
    return shown


@pytest.fixture
def scored(trained_crm, leadlight):
    """The trained CRM after a night with display values."""
    (trained_crm.work / "leadlight.db").unlink()
    plant(trained_crm)
    assert leadlight(trained_crm, "score", *TONIGHT).code == 0
    return trained_crm


@pytest.mark.slow
def test_no_value_is_in_bundle_features_mlflow_metrics_or_log(crm, trained_tiny, leadlight, caplog):
    caplog.set_level(logging.INFO)
    plant(crm)
    outcomes = [leadlight(crm, *words) for words in (("run",), ("score", *TONIGHT))]
    lead = next(iter(read_shown(crm)))
    outcomes.append(leadlight(crm, "explain", lead, params=False))
    assert [outcome.code for outcome in outcomes] == [0, 0, 0], outcomes
    assert read_shown(crm)[lead].name == f"Qvaxinda Zorbelius-{int(lead[1:])}"
    files = {file for file, _ in find_planted(crm)}
    assert files == {"leads.csv", "work/leadlight.db"}
    assert (crm.work / "mlflow.db").exists()
    said = "".join(outcome.out + outcome.err for outcome in outcomes) + caplog.text
    assert [word for word in PLANTED if word in said] == []
    plain = type(crm)(trained_tiny)
    assert list_bundle(crm) == list_bundle(plain)  # the bundle of a CRM without any of it


def test_values_are_shown_of_open_leads_alone(scored):
    shown = read_shown(scored)
    one = next(iter(shown.values()))
    number = one.name.rpartition("-")[2]
    assert one == (
        f"L{int(number):04d}",
        f"Qvaxinda Zorbelius-{number}",
        "Wexpolium <GmbH>",
        f"+49 5550713 {int(number):03d}",
        f"q{number}@wexpolium.example",
        "U. Krozfeld",
        f"https://crm.example.com/contact/L{int(number):04d}",
    )
    store = (scored.work / "leadlight.db").read_bytes()
    closed = {row["lead"] for row in scored.tables["leads"]} - set(shown)
    assert len(closed) > 100
    assert [lead for lead in closed if f"Zorbelius-{int(lead[1:])}\n".encode() in store] == []


def test_a_lead_that_is_gone_the_next_night_is_gone_with_its_values(scored, leadlight):
    lead = sorted(read_shown(scored))[-1]
    needle = f"q{int(lead[1:])}@wexpolium.example".encode()
    assert needle in (scored.work / "leadlight.db").read_bytes()
    scored.tables["leads"] = [row for row in scored.tables["leads"] if row["lead"] != lead]
    for name in ("leads", "activities", "deals"):
        scored.write(name, [row for row in scored.tables[name] if row["lead"] != lead])
    assert leadlight(scored, "score", *NEXT).code == 0
    assert needle not in (scored.work / "leadlight.db").read_bytes()
    assert len(read_shown(scored)) > 10


def test_names_are_printed_to_a_screen(scored, leadlight, monkeypatch):
    monkeypatch.setattr("leadlight.pipelines.workspace.console.is_read_by_person", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    said = leadlight(scored, "score", *TONIGHT).out
    lead = next(iter(read_shown(scored)))
    assert f"Zorbelius-{int(lead[1:])}" in said  # a narrow column puts it below the first name
    assert lead in said
    said = leadlight(scored, "explain", lead, params=False).out
    assert f"Qvaxinda Zorbelius-{int(lead[1:])} ({lead})" in said


@pytest.mark.parametrize("moment", [TONIGHT, NEXT])  # a rerun of the newest night is enough
def test_without_display_every_value_is_erased(scored, leadlight, moment):
    set_display(scored, None)
    assert leadlight(scored, "score", *moment).code == 0
    assert set(read_shown(scored).values()) == {None}
    assert {file for file, _ in find_planted(scored)} == {"leads.csv"}


def test_a_rerun_of_an_older_night_leaves_what_is_shown(scored, leadlight):
    assert leadlight(scored, "score", *NEXT).code == 0
    before = read_shown(scored)
    set_display(scored, {"company": "firm"})
    assert leadlight(scored, "score", *TONIGHT).code == 0
    assert read_shown(scored) == before


@pytest.mark.parametrize("key", ["name", "owner"])
def test_a_column_that_the_source_lacks_is_named_and_nothing_written(scored, refused, key):
    set_display(scored, DISPLAY | {key: "Nachname"})
    said = refused(scored, "score", *NEXT, code=SOURCE)
    assert "must have the column Nachname" in said


@pytest.mark.parametrize(
    ("display", "words"),
    [
        ({"link": "javascript:alert({lead_id})"}, "display.link of"),
        ({"link": "data:text/html,{lead_id}"}, "display.link of"),
        ({"link": "https://{lead_id}.example.com/"}, "behind the host"),
        ({"link": "https://crm.example.com/contact"}, "has {lead_id} once"),
        ({"link": "https:///{lead_id}"}, "and a host"),
        ({"link": "https://crm.example.com/{lead_id}/{owner}"}, "has {lead_id} once"),
        ({"link": "https://a@crm.example.com/{lead_id}"}, "and a host"),
        ({"link": "https://crm.example.com/ {lead_id}"}, "and a host"),
        ({}, "must name at least one column, or a link"),
        ({"name": ["first", "first"]}, "must name each column once. Got first twice"),
        ({"name": "industry"}, "attributes of"),
        ({"phone": "employees"}, "must not name the column of display.phone. Got employees"),
        ({"nickname": "first"}, "must be one of company, email, link, name, owner, phone"),
    ],
)
def test_a_display_that_cannot_be_is_refused(trained_crm, refused, display, words):
    set_display(trained_crm, display)
    assert words in refused(trained_crm, "score", *NEXT, code=PARAMS)


def test_the_owner_is_named_once(scored, refused, leadlight):
    scored.change("    lead_id: lead\n    created", "    lead_id: lead\n    owner: firm\n    created")
    said = refused(scored, "score", *NEXT, code=PARAMS)
    assert "must name the owner as source.leads.owner does, firm, or leave it out. Got rep" in said
    set_display(scored, {"name": "last"})
    assert leadlight(scored, "score", *NEXT).code == 0
    assert {lead.owner for lead in read_shown(scored).values()} == {"Wexpolium <GmbH>"}


def test_an_address_may_be_shown_and_its_domain_learned(scored, leadlight):
    scored.change("attributes:\n", "attributes:\n  mail: {kind: email}\n")
    shutil.rmtree(scored.work / "tables")
    assert leadlight(scored, "ingest").code == 0
    values = set(pq.read_table(scored.work / "tables" / "attributes.parquet")["mail"].to_pylist())
    assert values == {"wexpolium.example"}
