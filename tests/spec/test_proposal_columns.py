"""Keys, roles and attributes, as `leadlight init` finds them in small tables."""

import pandas as pd
import pytest

from leadlight.features.catalogue import ACTIVITY
from leadlight.pipelines.init.attribute_detection import find_attributes, find_missing
from leadlight.pipelines.init.column_roles import find_roles
from leadlight.pipelines.init.key_detection import find_keys
from leadlight.pipelines.init.leakage_suspects import LeakageSuspects, find_suspects
from leadlight.pipelines.init.source_tables import read_tables


@pytest.fixture
def sheets(tmp_path):
    def read(**tables: dict[str, list]):
        for name, columns in tables.items():
            pd.DataFrame(columns).to_csv(tmp_path / f"{name}.csv", index=False)
        return read_tables({name: tmp_path / f"{name}.csv" for name in tables})

    return read


def looked_at(columns: dict[str, list], used=(), times=(), missing=(), leaks=None):
    suspects = LeakageSuspects(leaks or {}, {}, {}, {})
    proposed, left = find_attributes(
        pd.DataFrame(columns), set(used), set(times), tuple(missing), suspects, left_out={}
    )
    return {a.name: a.kind for a in proposed}, {entry.name: entry for entry in left}


N = 200
MANY = [f"{n % 7} items" for n in range(N)]


def test_the_key_is_unique_in_leads_and_comes_again_elsewhere(sheets):
    found = find_keys(
        sheets(
            leads={"no": range(1, 101), "crm": [f"K{n}" for n in range(100)], "size": [n % 9 for n in range(100)]},
            deals={"amount": [n % 50 for n in range(80)], "contact": [f"K{n}" for n in range(80)]},
            activities={"seen": range(1, 301), "who": [f"K{n % 100}" for n in range(300)]},
        )
    )
    assert found.columns == {"leads": "crm", "deals": "contact", "activities": "who"}
    assert found.known == {"deals": 1.0, "activities": 1.0}


def test_a_few_repeated_keys_are_counted_and_kept(sheets):
    found = find_keys(sheets(leads={"id": [*range(99), 98], "size": [1, 2] * 50}))
    assert (found.columns, found.repeated) == ({"leads": "id"}, 1)


def test_creation_is_the_time_before_the_close_and_not_the_last_change(sheets):
    read = sheets(
        leads={
            "id": range(30),
            "last_modified": ["2024-06-30"] * 30,
            "angelegt_am": [f"2024-01-{n + 1:02d}" for n in range(30)],
        },
        deals={
            "id": range(30),
            "created": ["2023-12-01"] * 30,
            "abschluss": [f"2024-02-{n % 28 + 1:02d}" for n in range(30)],
        },
    )
    roles = find_roles(read, find_keys(read))
    assert roles["leads"].time.column == "angelegt_am"
    assert roles["deals"].time.column == "abschluss"
    assert roles["leads"].other_times == ("last_modified",)


def test_where_names_do_not_tell_creation_is_the_time_before_the_close(sheets):
    days = [f"2024-03-{n + 1:02d}" for n in range(30)]
    read = sheets(
        leads={"id": range(30), "moment a": ["2024-05-01"] * 30, "moment b": days},
        deals={"id": range(30), "moment c": [day.replace("-03-", "-04-") for day in days]},
    )
    roles = find_roles(read, find_keys(read))
    assert roles["leads"].time.column == "moment b"


def test_columns_of_activities_consent_and_owner_are_found_by_name_and_values(sheets):
    day = ["2024-01-01"] * 60
    read = sheets(
        leads={
            "id": range(60),
            "created": day,
            "DSGVO-Einwilligung": ["ja", "nein"] * 30,
            "Betreuer": [f"Team {n % 3}" for n in range(60)],
        },
        deals={"id": range(60), "closed": day, "status": ["won", "lost"] * 30},
        activities={
            "id": range(60),
            "zeitpunkt": day,
            "kanal": ["web", "mail"] * 30,
            "Aktion": ["Demo", "Anruf"] * 30,
            "Dauer": [n % 30 for n in range(60)],
            "Seite": ["/a", "/b", "/c"] * 20,
        },
    )
    roles = find_roles(read, find_keys(read))
    assert roles["leads"].columns == {"consent": "DSGVO-Einwilligung", "owner": "Betreuer"}
    assert roles["leads"].granted == ("ja",)
    assert roles["activities"].columns == {"type": "Aktion", "value": "Dauer", "object": "Seite"}


def test_every_column_is_proposed_or_named_with_its_reason():
    columns = {
        "id": range(N),
        "items": MANY,
        "staff": [n % 90 for n in range(N)],
        "zip": [f"0{n % 60:04d}" for n in range(N)],
        "e-mail": [f"p{n}@firm{n}.com" for n in range(N)],
        "fax": [None] * N,
        "always": ["x"] * N,
        "hardly": ["no"] * (N - 1) + ["yes"],
        "uuid": [f"{n:08x}" for n in range(N)],
        "remark": [f"we spoke about item {n} and will call again" for n in range(N)],
        "birthday": ["1980-01-01", "1990-05-05"] * (N // 2),
        "Items": MANY,
        ACTIVITY: MANY,
        "lost_reason": ["price", "time"] * (N // 2),
        "Converted": ["yes", "no"] * (N // 2),
        "tag": ["a", "b"] * (N // 2),
    }
    proposed, left = looked_at(columns, used={"id"}, times={"birthday"}, leaks={"tag": "tells the end"})
    assert proposed == {"items": "category", "staff": "number", "zip": "category", "e-mail": "email"}
    assert set(proposed) | set(left) | {"id"} == set(columns)
    assert {name for name, entry in left.items() if entry.suspect} == {"lost_reason", "Converted", "tag"}
    assert left["always"].reason == "the same in all rows that have a value: x"
    assert left["fax"].reason == "no row has a value"
    assert left["hardly"].reason == "hardly varies: 99.50% are no"
    assert left["uuid"].reason.startswith("an identifier: 200 distinct")
    assert left["remark"].reason == "free text"
    assert left["Items"].reason == left[ACTIVITY].reason


@pytest.mark.parametrize(
    ("example", "words"),
    [
        ("{}.234,50", "a decimal comma, such as"),
        ("{},5", "a decimal comma, such as"),
        ("{},234.00", "thousands separators, such as"),
        ("{} €", "a unit or sign, such as"),
        ("{}5 %", "a unit or sign, such as"),
        ("{}.500", "ambiguous: does 10.500 mean thousands?"),
    ],
)
def test_numbers_that_the_reader_does_not_read_are_said_and_not_proposed(example, words):
    proposed, left = looked_at({"umsatz": [example.format(n % 40 + 10) for n in range(N)]})
    assert proposed == {}
    assert words in left["umsatz"].reason
    assert "1234.5" in left["umsatz"].reason


def test_placeholders_count_everywhere_but_a_number_only_where_no_column_means_it():
    frame = pd.DataFrame(
        {
            "city": ["Select", "Rom", "Bonn", "Ulm"] * 50,
            "job": ["Select", "unbekannt", "Koch", "Maurer"] * 50,
            "score": [-1, 3, 4, 5] * 50,
            "change": [-1, 0, 1, -2] * 50,
        }
    )
    assert find_missing(frame, frame.columns) == ({"Select": ["city", "job"], "unbekannt": ["job"]}, {})
    without = frame.drop(columns="change")
    assert find_missing(without, without.columns)[0]["-1"] == ["score"]


def test_a_word_that_is_an_answer_or_a_value_elsewhere_is_not_missing():
    last_call = ["No Answer", "Reached", "Voicemail", "Busy"] * 50
    frame = pd.DataFrame({"Last call": last_call, "dog": ["None", "Poodle", "Boxer", "Collie"] * 50})
    assert find_missing(frame, frame.columns) == ({"None": ["dog"]}, {"No Answer": ["Last call"]})
    kept = {"No Answer": ["Last call"], "None": ["dog"]}
    assert find_missing(frame, frame.columns, {"None"}) == ({}, kept)


def test_whole_numbers_that_name_something_are_categories_and_asked_about():
    ids = [(n * 37) % 299 + 1 for n in range(900)]
    columns = dict.fromkeys(("owner_id", "campaign_id", "Kunden-Nr.", "Postal Code", "Account Number"), ids)
    numbers = dict.fromkeys(
        ("employees", "No. of Employees", "Number of Employees", "revenue", "age", "idle_days"), ids
    )
    proposed, _ = looked_at(columns | numbers)
    assert proposed == dict.fromkeys(columns, "category") | dict.fromkeys(numbers, "number")


def test_the_address_of_an_owner_is_no_key_and_another_column_names_the_owner(sheets):
    day, reps = ["2024-01-01"] * 60, [f"rep{n}@us.com" for n in range(60)]
    people, teams = [f"p{n}@firm.com" for n in range(60)], [f"Team {n % 3}" for n in range(60)]
    read = sheets(
        leads={"owner_email": reps, "mail": people, "created": day, "assigned_id": [n % 3 for n in range(60)],
               "assigned_to": teams},
        deals={"owner_email": reps, "contact": people, "closed": day, "status": ["won", "lost"] * 30},
    )  # fmt: skip
    keys = find_keys(read)
    assert keys.columns == {"leads": "mail", "deals": "contact"}
    assert find_roles(read, keys)["leads"].columns["owner"] == "assigned_to"


def test_a_name_that_the_header_has_twice_is_left_out(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("id,size,size\n" + "".join(f"{n},{n % 7},{n % 5}\n" for n in range(N)), encoding="utf-8")
    sheet = read_tables({"leads": path})["leads"]
    assert list(sheet.frame.columns) == ["id"]
    assert sheet.left_out == {"size": "the header has this name more than once"}


def test_what_is_only_to_be_looked_at_is_left_out_but_for_minor_evidence_and_columns_with_a_history():
    found = [
        ("leads", "visit", "LL104", "suspect"),
        ("leads", "amount", "LL105", "suspect"),
        ("leads", "source", "LL106", "suspect"),  # one value of many
        ("leads", "both", "LL104", "suspect"),
        ("leads", "both", "LL106", "suspect"),
        ("leads", "stage", "LL110", "suspect"),  # training reads the history
        ("leads", "budget", "LL105", "suspect"),  # so do features of this one
        ("leads", "status", "LL103", "leak"),
        ("leads", "status", "LL104", "suspect"),
        ("leads", "old_score", "LL130", "suspect"),
        ("leads", "size", "LL130", "note"),
        ("activities", "onboarding", "LL114", "leak"),
        ("activities", "call", "LL114", "suspect"),
    ]
    keys = ("table", "column", "code", "severity")
    findings = [dict(zip(keys, entry, strict=True)) | {"sentence": f"is {entry[2]}"} for entry in found]
    suspects = find_suspects({"findings": findings}, ["stage", "budget", "old_score"])
    assert suspects.leaks == {"visit": "is LL104", "amount": "is LL105", "both": "is LL104", "status": "is LL103"}
    assert suspects.frozen == {"old_score": "is LL130"}
    assert {"source", "stage", "budget"} <= set(suspects.doubts) <= {"source", "stage", "budget", "both"}
    assert suspects.types == {"onboarding": "is LL114"}


def test_a_frozen_column_is_left_out_and_not_called_a_leak():
    frame = pd.DataFrame({"points": [n % 50 for n in range(N)]})
    suspects = LeakageSuspects({}, {"points": "has not changed since May"}, {}, {})
    proposed, (left,) = find_attributes(frame, set(), set(), (), suspects, left_out={})
    assert proposed == []
    assert (left.name, left.reason, left.suspect) == ("points", "has not changed since May", False)
