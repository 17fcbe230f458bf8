"""What each CRM takes, held against the golden files and against rows that are harder than those."""

import csv
import datetime as dt
import io
import json
import re
from xml.etree import ElementTree

import pytest

from leadlight.pipelines.exports import hubspot, salesforce
from leadlight.pipelines.exports.dynamics import Dynamics
from leadlight.pipelines.exports.folder import open_export_folder
from leadlight.pipelines.exports.hubspot import HubSpot
from leadlight.pipelines.exports.plain_csv import PlainCsv
from leadlight.pipelines.exports.rows import ExportRow
from leadlight.pipelines.exports.salesforce import Salesforce

AS_OF = dt.datetime(2025, 8, 31, 22)
HUBSPOT = [
    *(f"leadlight_{name}" for name in ("score", "fit", "engagement", "grade", "stage", "probability", "rank")),
    *(f"leadlight_{name}" for name in ("reason_1", "reason_2", "reason_3", "scored_at")),
]
SALESFORCE = [
    "Id",
    *(f"Leadlight_{name}__c" for name in ("Score", "Fit", "Engagement", "Grade", "Stage", "Probability", "Rank")),
    *(f"Leadlight_{name}__c" for name in ("Reason_1", "Reason_2", "Reason_3", "Scored_At")),
]
STAGES = {"lead", "marketing_qualified", "sales_qualified", "closed"}
WRITERS = {"hubspot": HubSpot, "salesforce": Salesforce, "dynamics": Dynamics, "csv": PlainCsv}
IDS = {
    "hubspot": "{:08}",
    "salesforce": "00Q5e00000aB{:06}",
    "dynamics": "00000000-0000-4000-8000-00000000{:04}",
    "csv": "L-{}",
}


def make_rows(chosen, number=9):
    """Open leads with a chance, with a rank, with few reasons, and closed ones."""
    for place in range(number):
        lead_id = IDS[chosen].format(place)
        if place % 3 == 2:
            yield ExportRow(lead_id, "closed", AS_OF)
            continue
        reasons = ('=HYPERLINK("x"), "R&D" (+3)', "Ünïcode, with\u2028a line (−2)", "x" * 250 + " (+1)")
        reasons = reasons[: 3 - place % 2]
        chance = {"probability": 0.123, "rank": None} if place % 2 else {"probability": None, "rank": place + 1}
        stage, fit = ("lead", "marketing_qualified", "sales_qualified")[place % 3], "ABCD"[place % 4]
        yield ExportRow(
            lead_id, stage, AS_OF, 70 + place, fit=fit, engagement="1234"[place % 4], reasons=reasons,
            score_before=(None, 70, 70 + place, 99)[place % 4], **chance,
        )  # fmt: skip


def write(path, chosen, rows, **options):
    """Write rows; return name -> text of the files."""
    writer = WRITERS[chosen](**options)
    with open_export_folder(path, {}) as folder:
        for row in rows:
            assert writer.find_fault(row) is None
            writer.write_row(folder, row)
        writer.finish(folder, {"as_of": "2025-08-31T22:00:00Z"})
    found = {file.relative_to(path).as_posix(): file.read_bytes().decode() for file in path.rglob("*.*")}
    return {name: text for name, text in found.items() if name != "leadlight-export.json"}


@pytest.fixture(params=["golden", "fresh"])
def files(request, root, tmp_path):
    """Name -> text of the files for a CRM, as they were checked and as harder rows make them."""

    def read(chosen):
        if request.param == "fresh":
            return write(tmp_path / "out", chosen, make_rows(chosen))
        text = (root / "tests" / "behaviour" / "golden" / f"export-{chosen}.txt").read_bytes().decode()
        parts = re.split(r"^=== (.+)\n", text.replace("<CR>", "\r"), flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2], strict=True))

    return read


def read_table(text):
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_hubspot_gets_a_request_that_maps_each_column_and_definitions_of_each_property(files):
    found = files("hubspot")
    header, *rows = read_table(found["leads.csv"])
    assert header == ["Record ID", *HUBSPOT]
    assert all(row[0].isdigit() for row in rows)
    request = json.loads(found["import-request.json"])
    assert request["importOperations"] == {"0-1": "UPDATE"}
    (file,) = request["files"]
    mapped = file["fileImportPage"]["columnMappings"]
    assert [column["columnName"] for column in mapped] == header
    assert [column["propertyName"] for column in mapped[1:]] == HUBSPOT
    assert [column.get("columnType") for column in mapped] == ["HUBSPOT_OBJECT_ID", *[None] * len(HUBSPOT)]
    assert {column["columnObjectTypeId"] for column in mapped} == {"0-1"}
    defined = {each["name"]: each for each in json.loads(found["properties.json"])["inputs"]}
    assert list(defined) == HUBSPOT
    for place, name in enumerate(header[1:], start=1):
        options = [option["value"] for option in defined[name].get("options", ())]
        assert not options or {row[place] for row in rows} <= {*options, ""}, name
        if defined[name]["type"] in {"number", "datetime"}:
            assert all(float(row[place] or 0) >= 0 for row in rows), name
    grades = [option["value"] for option in defined["leadlight_grade"]["options"]]
    assert grades == [fit + engagement for fit in "ABCD" for engagement in "1234"]
    assert {option["value"] for option in defined["leadlight_stage"]["options"]} == STAGES
    assert not re.search(r"lifecyclestage|hs_predictivecontactscore", "".join(found.values()))


def test_hubspot_is_told_what_an_import_cannot_clear(files):
    found = files("hubspot")
    cleared = {}
    for line in found["clear.jsonl"].splitlines():
        inputs = json.loads(line)["inputs"]
        assert len(inputs) <= 100
        cleared |= {entry["id"]: entry["properties"] for entry in inputs}
    for row in csv.DictReader(io.StringIO(found["leads.csv"], newline="")):
        if row["leadlight_stage"] == "closed":
            assert cleared[row["Record ID"]] == {name: "" for name in HUBSPOT if not row[name]}
            assert row["leadlight_scored_at"]


def test_a_call_of_hubspot_takes_a_hundred_records(tmp_path):
    rows = [ExportRow(str(number), "closed", AS_OF) for number in range(250)]
    lines = write(tmp_path / "out", "hubspot", rows)["clear.jsonl"].splitlines()
    assert [len(json.loads(line)["inputs"]) for line in lines] == [100, 100, 50]


def test_leads_of_hubspot_are_another_object(tmp_path):
    request = write(tmp_path / "out", "hubspot", make_rows("hubspot"), object_name="leads")["import-request.json"]
    assert json.loads(request)["importOperations"] == {"0-136": "UPDATE"}
    assert '"0-1"' not in request
    row = ExportRow("L-1", "lead", AS_OF, 10, email="a@example.com")
    assert "no record id" in HubSpot("leads").find_fault(row)


def test_contacts_without_record_ids_go_by_their_e_mail_address(tmp_path):
    rows = [ExportRow(f"L-{n}", "lead", AS_OF, 10, email=f"{n}@example.com", is_known=n > 1) for n in range(3)]
    found = write(tmp_path / "out", "hubspot", rows)
    assert [row[0] for row in read_table(found["leads.csv"])] == ["Email", *(row.email for row in rows)]
    key = json.loads(found["import-request.json"])["files"][0]["fileImportPage"]["columnMappings"][0]
    assert (key["propertyName"], key["columnType"]) == ("email", "HUBSPOT_ALTERNATE_ID")
    cleared = json.loads(found["clear.jsonl"])["inputs"]
    assert [(entry["id"], entry["idProperty"]) for entry in cleared] == [("2@example.com", "email")]


@pytest.mark.parametrize(
    ("email", "why"),
    [
        (None, "no e-mail address is stored"),
        ("=a@example.com", "none that can be imported"),
        ("nothing", "none that can be imported"),
        ("FIRST@example.com", "the lead L-0 has the same"),
    ],
)
def test_a_contact_that_cannot_be_found_is_told_with_the_reason(email, why):
    writer = HubSpot()
    assert writer.find_fault(ExportRow("L-0", "lead", AS_OF, 10, email="first@example.com")) is None
    assert why in writer.find_fault(ExportRow("L-1", "lead", AS_OF, 10, email=email))


def test_salesforce_gets_line_feeds_no_empty_cell_and_ids_first(files):
    found = files("salesforce")
    tables = {name: read_table(text) for name, text in found.items() if name.endswith(".csv")}
    assert "\r" not in "".join(found.values())
    for name, (header, *rows) in tables.items():
        assert header == SALESFORCE
        assert all(re.fullmatch("00Q.{12,15}" if name.startswith("lead") else "003.{12,15}", row[0]) for row in rows)
        assert "" not in {cell for row in rows for cell in row}, "an empty cell leaves the old value"
        assert all((row[5] == "closed") == (name == "lead_closed.csv") for row in rows)
        assert all({row[place] for place in (1, 2, 3, 4, 6, 7)} == {"#N/A"} for row in rows if row[5] == "closed")
        assert all(len(cell) <= 255 for row in rows for cell in row)


def test_salesforce_gets_definitions_of_both_objects(files):
    found = files("salesforce")
    members = ElementTree.fromstring(found["metadata/package.xml"]).findall(".//{*}members")
    named = sorted(member.text for member in members)
    assert named == sorted(f"{kind}.{field}" for kind in ("Lead", "Contact") for field in SALESFORCE[1:])
    for kind in ("Lead", "Contact"):
        names = ElementTree.fromstring(found[f"metadata/objects/{kind}.object"]).findall(".//{*}fullName")
        assert [name.text for name in names] == SALESFORCE[1:]


def test_a_closed_contact_of_salesforce_is_written_as_any_other(tmp_path):
    found = write(tmp_path / "out", "salesforce", [ExportRow("0035e00000aBcDe", "closed", AS_OF)])
    assert read_table(found["contact.csv"])[1][5] == "closed"


def test_dynamics_gets_whole_scores_grades_and_trends(files):
    rows = [json.loads(line) for line in files("dynamics")["msdyn_predictivescores.jsonl"].splitlines()]
    for row in rows:
        assert list(row) == [
            "msdyn_entityid", "msdyn_entitytype", "msdyn_score", "msdyn_grade", "msdyn_scoretrend", "msdyn_ScoredOn"
        ]  # fmt: skip
        assert row["msdyn_entitytype"] == "lead"
        assert (row["msdyn_score"] is None) == (row["msdyn_grade"] is None)
        assert row["msdyn_score"] is None or isinstance(row["msdyn_score"], int)
        assert row["msdyn_grade"] in {None, 0, 1, 2, 3}
        assert row["msdyn_scoretrend"] == 3 or row["msdyn_score"] is not None


@pytest.mark.parametrize(("before", "trend"), [(None, 3), (60, 0), (70, 1), (80, 2)])
def test_the_trend_is_that_since_the_night_before(tmp_path, before, trend):
    row = ExportRow(IDS["dynamics"].format(1), "lead", AS_OF, 70, fit="D", engagement="1", score_before=before)
    written = json.loads(write(tmp_path / "out", "dynamics", [row])["msdyn_predictivescores.jsonl"])
    assert (written["msdyn_scoretrend"], written["msdyn_grade"]) == (trend, 3)


@pytest.mark.parametrize("chosen", ["hubspot", "salesforce", "dynamics"])
def test_ids_that_a_crm_does_not_have_are_refused(chosen):
    for lead_id in ("L-1", "=1", "", "00Q", "1; DROP", "٣", "00Q5e00000aBcDeX", "5F0c1a2e-0000-4000-8000"):
        assert WRITERS[chosen]().find_fault(ExportRow(lead_id, "lead", AS_OF, 10)), lead_id


@pytest.mark.parametrize("limit", ["rows", "bytes"])
def test_hubspot_files_are_split_at_a_limit_with_a_request_each(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(
        hubspot, "MAX_FILE_ROWS" if limit == "rows" else "MAX_FILE_BYTES", 4 if limit == "rows" else 900
    )
    found = write(tmp_path / "out", "hubspot", make_rows("hubspot"))
    names = ["leads.csv", *(f"leads-{n}.csv" for n in range(2, 20) if f"leads-{n}.csv" in found)]
    assert len(names) >= 3
    tables = [read_table(found[name]) for name in names]
    assert {tuple(table[0]) for table in tables} == {("Record ID", *HUBSPOT)}
    assert [row[0] for table in tables for row in table[1:]] == [IDS["hubspot"].format(n) for n in range(9)]
    assert all(len(table) <= 4 for table in tables) or limit == "bytes"
    assert all(len(found[name].encode()) <= 900 for name in names) or limit == "rows"
    requests = ["import-request.json", *(f"import-request-{n}.json" for n in range(2, len(names) + 1))]
    assert [json.loads(found[request])["files"][0]["fileName"] for request in requests] == names


def test_salesforce_files_are_split_at_their_size(tmp_path, monkeypatch):
    monkeypatch.setattr(salesforce, "MAX_FILE_BYTES", 900)
    found = write(tmp_path / "out", "salesforce", make_rows("salesforce"))
    names = [name for name in found if re.fullmatch(r"lead(-\d)?\.csv", name)]
    assert len(names) >= 2
    assert all(len(found[name].encode()) <= 900 for name in names)
    assert sum(len(read_table(found[name])) - 1 for name in names) == 6


def test_the_limits_are_those_of_the_crms():
    assert (hubspot.MAX_FILE_ROWS, hubspot.MAX_FILE_BYTES) == (1_048_576, 20_000_000)
    assert (salesforce.MAX_FILE_BYTES, hubspot.MAX_CALL_RECORDS) == (100_000_000, 100)


def test_csv_has_the_line_ends_of_its_standard(files):
    text = files("csv")["leads.csv"]
    assert text.count("\n") == text.count("\r\n")
    assert read_table(text)[0][:6] == ["lead_id", "score", "stage", "probability", "rank", "grade"]
