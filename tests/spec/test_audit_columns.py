"""What a column of raw values is taken for, and which of its values only look like values: drawn lists."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.pipelines.profile.columns import list_placeholders, profile_column

KINDS = {
    "empty": ["", " ", ""],
    "constant": ["No", "No", ""],
    "number": ["1", "2.5", "-3", "12", "1"],
    "time": ["2024-01-31", "2024-02-01 10:15", "2023-12-24T08:00:00Z"],
    "email": ["a@b.de", "c.d@e.com", "f@g.org", "info@h.co.uk"],
    "category": ["Web", "Fair", "Partner", "Web", "Web"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind):
    assert profile_column(pd.Series(KINDS[kind], dtype="str")).kind == kind


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("time", ["31.01.2024", "01.02.2024", "24.12.2023"]),
        ("time", ["1/31/2024 9:15 PM", "2/1/2024 10:00 AM", "12/24/2023 1:00 PM"]),
        ("time", ["24-Dec-2023", "31 Jan 2024", "Feb 1, 2024"]),
        ("time", ["20240131", "20240201", "20231224"]),
        ("identifier", [f"{i:032x}" for i in range(40)]),
        ("identifier", [str(660000 + 7 * i) for i in range(40)]),
        ("number", [str(i * i * 3) for i in range(40)]),
        ("category", ["0", "1", "1", "0"]),
        ("text", [f"called on day {i} and spoke of the offer {i}" for i in range(40)]),
        ("category", ["Head of Sales", "Head of IT", "Managing Director"] * 20),
    ],
)
def test_kinds_that_are_easily_mistaken(kind, values):
    assert profile_column(pd.Series(values)).kind == kind


def test_typed_columns_are_told_by_what_they_hold():
    assert profile_column(pd.Series(pd.date_range("2024-01-01", periods=5))).kind == "time"
    assert profile_column(pd.Series([True, False, None, True])).kind == "category"
    assert profile_column(pd.Series([1.5, np.nan, 2.0, 7.25])).kind == "number"
    assert profile_column(pd.Series([1.0, np.nan, 2.0])).top == (("1", 1), ("2", 1))


def test_counts():
    values = pd.Series([*["Web"] * 12, *["Fair"] * 3, "", " ", "unbekannt", "Messe"])
    found = profile_column(values, missing=["unbekannt"])
    assert (found.rows, found.missing, found.distinct, found.rare) == (19, 3, 3, 2)
    assert found.missing_share == pytest.approx(3 / 19)
    assert found.top == (("Web", 12), ("Fair", 3), ("Messe", 1))
    assert found.mostly_constant_share == 12 / 16
    assert found.placeholders == ()


@pytest.mark.parametrize(
    "text",
    [
        *["Select", "-- please select --", "unknown", "<Unknown>", "n/a", "N/A", "NULL", "NaN", "-", "--", "?"],
        *[".", "not specified", "unbekannt", "Keine Angabe", "k.A.", "N/D", "(blank)", "#N/A", "undefined"],
        *["tbd", "(not set)", "Bitte wählen", "Não informado", "Non renseigné", "Sin especificar", "None"],
    ],
)
def test_texts_that_mean_missing_stand_out_among_plausible_options(text):
    (found,) = list_placeholders(pd.Series(["Finance", "HR", text, "Marketing", text, "Supply chain"]))
    assert (found.text, found.rows, found.share) == (text, 2, 1 / 3)


@pytest.mark.parametrize(
    "values",
    [
        ["Yes", "No", "No"],
        ["yes", "no", "none"],
        ["None", "1-10", "11-50"],
        ["keine", "wenige", "viele"],
        ["DE", "US", "NA", "FR"],
        ["Selected partner", "Unknown Worlds GmbH", "Natal", "Nina"],
        ["-1", "0", "3", "-7", "12"],
        ["9999", "8000", "12000", "9999", "9999"],
        ["99", "98", "97", "99", "99"],
    ],
)
def test_real_values_that_resemble_them_do_not(values):
    assert list_placeholders(pd.Series(values)) == ()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([*map(str, range(1, 40)), *["999"] * 5], {"999"}),
        ([*map(str, range(40)), *["-1"] * 5], {"-1"}),
        (["1", "2", "5", "None", "8", "9"], {"None"}),
        ([1.0, 2.0, 3.0, 4.0, -999.0, -999.0, -999.0], {"-999"}),
        (["2024-01-01", "2023-04-05", "1900-01-01", "1900-01-01"], {"1900-01-01"}),
        (["01.02.2024", "05.04.2023", "31.12.9999", "31.12.9999"], {"31.12.9999"}),
    ],
)
def test_numbers_and_days_that_stand_far_off_and_come_often(values, expected):
    assert {found.text for found in list_placeholders(pd.Series(values))} == expected


@given(st.lists(st.one_of(st.none(), st.text(max_size=12), st.integers().map(str)), max_size=40))
def test_any_text_can_be_described(values):
    found = profile_column(pd.Series(values, dtype="str"))
    assert found.rows == len(values)
    assert 0 <= found.missing <= found.rows
    assert found.rare <= found.distinct <= found.rows - found.missing
    assert sum(p.rows for p in found.placeholders) <= found.rows - found.missing
    assert (found.kind == "empty") == (found.missing == found.rows)


@given(st.lists(st.sampled_from(["a", "b", "n/a", "", "7"]), min_size=1, max_size=30), st.randoms())
def test_the_order_of_rows_changes_nothing(values, random):
    shuffled = random.sample(values, len(values))
    assert profile_column(pd.Series(values)) == profile_column(pd.Series(shuffled))
