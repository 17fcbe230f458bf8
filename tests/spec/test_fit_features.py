"""What is said of a lead's attributes, drawn as small tables."""

import pyarrow as pa
import pytest

from leadlight.features.catalogue import AttributeSpec

INDUSTRY = AttributeSpec("industry", "category")
SIZE = AttributeSpec("size", "number")
INDUSTRY_THEN = AttributeSpec("industry", "category", has_history=True)
SIZE_THEN = AttributeSpec("size", "number", has_history=True)

FOUR = """
    lead_id | created_at
    A       | 2024-01-01
    B       | 2024-01-01
    C       | 2024-01-01
    D       | 2024-01-01
"""


@pytest.mark.usefixtures("both_engines")
def test_a_category_is_the_same_however_its_case_and_blanks_are_typed(crm):
    crm(
        leads=FOUR,
        attributes="""
        lead_id | industry
        A       | machine building
        B       | Machine Building
        C       | '  MACHINE   building '
        D       | Machine-Building
        """,
    ).features("2025-06-10", attributes=[INDUSTRY]).shows(
        """
        lead_id | attribute__industry
        A       | machine building
        B       | machine building
        C       | machine building
        D       | machine-building
        """
    )


def test_tabs_and_line_breaks_within_a_category_are_blanks(crm):
    typed = {"lead_id": ["A", "B", "C", "D"], "industry": ["a\tb", "a\n b", "\ta b\n", "a \xa0\x0b b"]}
    crm(leads=FOUR, attributes=pa.table(typed)).features("2025-06-10", attributes=[INDUSTRY]).shows(
        """
        lead_id | attribute__industry
        A       | a b
        B       | a b
        C       | a b
        D       | a b
        """
    )


def test_umlauts_written_out_or_not_composed_or_not_are_one_text(crm):
    typed = ["ÖFFENTLICHER Dienst", "oeffentlicher dienst", "O\u0308ffentlicher Dienst", "Öffentlicher  Dienst"]
    crm(leads=FOUR, attributes=pa.table({"lead_id": ["A", "B", "C", "D"], "industry": typed})).features(
        "2025-06-10", attributes=[INDUSTRY]
    ).shows(
        """
        lead_id | attribute__industry
        A       | oeffentlicher dienst
        B       | oeffentlicher dienst
        C       | oeffentlicher dienst
        D       | oeffentlicher dienst
        """
    )


def test_an_empty_category_is_unknown(crm):
    crm(
        leads=FOUR,
        attributes="""
        lead_id | industry
        A       | ''
        B       | '   '
        C       | NULL
        """,
    ).features("2025-06-10", attributes=[INDUSTRY]).shows(
        """
        lead_id | attribute__industry
        A       | NULL
        B       | NULL
        C       | NULL
        D       | NULL
        """
    )


def test_a_number_that_is_one_already_stays_as_it_is(crm):
    crm(
        leads=FOUR,
        attributes="""
        lead_id | size:number
        A       | 120
        B       | -0.1
        C       | NULL
        """,
    ).features("2025-06-10", attributes=[SIZE]).shows(
        """
        lead_id | attribute__size
        A       | 120
        B       | -0.1
        C       | NULL
        D       | NULL
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_what_is_no_finite_number_is_unknown(crm):
    crm(
        leads=FOUR,
        attributes="""
        lead_id | size:number
        A       | nan
        B       | NaN
        C       | inf
        D       | -Infinity
        """,
    ).features("2025-06-10", attributes=[SIZE]).shows(
        """
        lead_id | attribute__size
        A       | NULL
        B       | NULL
        C       | NULL
        D       | NULL
        """
    )


def test_what_a_history_calls_no_number_is_an_unknown_number(crm):
    crm(
        leads=FOUR,
        history="""
        lead_id | attribute | value       | changed_at
        A       | size      | 120         | 2025-01-01
        B       | size      | about fifty | 2025-01-01
        C       | size      | NaN         | 2025-01-01
        D       | size      | NULL        | 2025-01-01
        """,
    ).features("2025-06-10", attributes=[SIZE_THEN]).shows(
        """
        lead_id | attribute__size
        A       | 120
        B       | NULL
        C       | NULL
        D       | NULL
        """
    )
