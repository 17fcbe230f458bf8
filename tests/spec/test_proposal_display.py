"""`leadlight init` proposes to show what is clearly a name, a company, a phone number or an e-mail address."""

import random

import pandas as pd
import pytest

from leadlight.pipelines.init.attribute_detection import DetectedAttribute
from leadlight.pipelines.init.display_detection import exclude_personal, find_display
from leadlight.pipelines.init.propose import propose
from leadlight.pipelines.params.display import DisplaySettings

NAMES, FIRMS = ["Ada", "Ben", "Cy"], ["Lang AG", "Stahl GmbH", "Nord SE"]
PHONES, MAILS = ["+49 89 1234", "(0171) 55 51", "0049/89/12"], ["a@x.de", "b@y.de", "c@z.de"]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"First Name": NAMES, "last_name": NAMES}, {"name": ("First Name", "last_name")}),
        ({"Vorname": NAMES, "Nachname": NAMES, "Name": NAMES}, {"name": ("Vorname", "Nachname")}),
        ({"Name": ["Ada Lang", "Ben Ek", "Cy Ash"], "Vorname": NAMES}, {"name": ("Name",)}),
        ({"Name": ["Lang", "Ek", "Ash"], "Vorname": NAMES}, {"name": ("Vorname", "Name")}),
        (
            {"Firma": FIRMS, "Telefon": PHONES, "E-Mail": MAILS},
            {"company": "Firma", "phone": "Telefon", "email": "E-Mail"},
        ),
        (
            {"contactEmail": MAILS, "Lead Company Name": FIRMS},
            {"email": "contactEmail", "company": "Lead Company Name"},
        ),
        ({"Name": ["1", "2", "3"], "Phone": NAMES, "Email": NAMES}, None),  # other values than the names say
        ({"product name": NAMES, "campaign": FIRMS, "phone calls": ["5", "7", "1"]}, None),
        ({"Name": [None, "", None]}, None),
    ],
)
def test_columns_are_found_by_name_and_values(columns, found):
    assert find_display(pd.DataFrame(columns), set()) == (DisplaySettings(**found) if found else None)


def test_a_column_with_a_role_is_left_alone():
    assert find_display(pd.DataFrame({"email": MAILS, "firma": FIRMS}), {"email"}) == DisplaySettings(company="firma")


def test_no_personal_column_is_an_attribute_but_the_domain_of_an_address():
    display = DisplaySettings(name="n", phone="p", email="m", company="c")
    proposed = [
        DetectedAttribute(name, kind, "fit", name, "")
        for name, kind in (("n", "category"), ("p", "number"), ("m", "email"), ("c", "category"), ("o", "number"))
    ]
    kept, gone = exclude_personal(proposed, [], display)
    assert [attribute.name for attribute in kept] == ["m", "c", "o"]
    assert [(column.name, column.reason) for column in gone] == [
        ("n", "the name of a person"),
        ("p", "the phone of a person"),
    ]
    assert exclude_personal(proposed, [], None) == (proposed, [])


def test_a_proposal_shows_people_and_can_be_read_back(tmp_path):
    draw = random.Random(5)
    rows = [
        {
            "id": f"K{number}", "created": f"2024-{1 + number % 12:02d}-{1 + number % 28:02d}",
            "Vorname": draw.choice(NAMES), "Nachname": draw.choice(FIRMS), "Firma": draw.choice(FIRMS),
            "Telefon": f"+49 89 {number:05d}", "industry": draw.choice(["Steel", "Food", "Paper"]),
            "converted": draw.choice(["yes", "no", "no"]),
        }
        for number in range(400)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "leads.csv", index=False)
    found = propose({"leads": tmp_path / "leads.csv"}, tmp_path / "params.yaml")
    assert found.params.display == DisplaySettings(name=("Vorname", "Nachname"), company="Firma", phone="Telefon")
    assert sorted(found.params.attributes) == ["Firma", "industry"]
    assert "# Vorname: left out: the name of a person" in found.text
    assert '# link: "https://app.example.com/contact/{lead_id}"' in found.text
