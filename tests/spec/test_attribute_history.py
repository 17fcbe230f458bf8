"""What is said of attributes that change, drawn as small tables."""

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
def test_a_historised_attribute_has_the_last_value_set_strictly_before_the_moment(crm):
    crm(
        history="""
        lead_id | attribute | value  | changed_at
        A       | industry  | Retail | 2025-03-01
        A       | industry  | Energy | 2025-05-01 10:00:00
        A       | industry  | Health | 2025-06-01
        B       | industry  | Travel | 2025-05-15
        """
    ).features(
        attributes=[INDUSTRY_THEN],
        moments="""
        lead_id | as_of
        A       | 2025-03-01 00:00:01
        A       | 2025-05-01 10:00:00
        A       | 2025-05-01 10:00:01
        A       | 2025-06-10
        """,
    ).shows(
        """
        lead_id | as_of               | attribute__industry
        A       | 2025-03-01 00:00:01 | retail
        A       | 2025-05-01 10:00:00 | retail
        A       | 2025-05-01 10:00:01 | energy
        A       | 2025-06-10          | health
        """
    )


def test_before_the_first_change_a_historised_attribute_is_unknown_whatever_it_is_now(crm):
    crm(
        leads="""
        lead_id | created_at
        early   | 2024-01-01
        same    | 2024-01-01
        late    | 2024-01-01
        none    | 2024-01-01
        """,
        attributes="""
        lead_id | industry
        early   | Now
        same    | Now
        late    | Now
        none    | Now
        """,
        history="""
        lead_id | attribute | value | changed_at
        early   | industry  | Then  | 2025-06-09 23:59:59
        same    | industry  | Then  | 2025-06-10
        late    | industry  | Then  | 2025-06-11
        """,
    ).features("2025-06-10", attributes=[INDUSTRY_THEN]).shows(
        """
        lead_id | attribute__industry
        early   | then
        same    | NULL
        late    | NULL
        none    | NULL
        """
    )


def test_a_value_that_was_taken_away_is_unknown_from_then_on(crm):
    crm(
        history="""
        lead_id | attribute | value  | changed_at
        A       | industry  | Retail | 2025-03-01
        A       | industry  | NULL   | 2025-05-01
        """
    ).features("2025-06-10", attributes=[INDUSTRY_THEN]).shows(
        """
        lead_id | attribute__industry
        A       | NULL
        """
    )


def test_of_two_changes_in_the_same_second_the_greater_text_counts_in_whatever_order(crm):
    crm(
        leads=FOUR,
        history="""
        lead_id | attribute | value   | changed_at
        A       | industry  | zoology | 2025-03-01
        A       | industry  | retail  | 2025-05-01
        A       | industry  | energy  | 2025-05-01
        B       | industry  | energy  | 2025-05-01
        B       | industry  | retail  | 2025-05-01
        C       | industry  | NULL    | 2025-05-01
        C       | industry  | energy  | 2025-05-01
        D       | industry  | energy  | 2025-05-01
        D       | industry  | NULL    | 2025-05-01
        """,
    ).features("2025-06-10", attributes=[INDUSTRY_THEN]).shows(
        """
        lead_id | attribute__industry
        A       | retail
        B       | retail
        C       | energy
        D       | energy
        """
    )


def test_an_attribute_without_a_history_is_what_the_attributes_table_says(crm):
    crm(
        leads=FOUR,
        attributes="""
        lead_id | industry | size:number
        A       | Now      | 10
        B       | Now      | 20
        """,
        history="""
        lead_id | attribute | value | changed_at
        A       | industry  | Then  | 2025-01-01
        A       | size      | 99    | 2025-01-01
        """,
    ).features("2025-06-10", attributes=[INDUSTRY_THEN, SIZE]).shows(
        """
        lead_id | attribute__industry | attribute__size
        A       | then                | 10
        B       | NULL                | 20
        C       | NULL                | NULL
        D       | NULL                | NULL
        """
    )


def test_each_attribute_of_a_history_changes_by_itself(crm):
    crm(
        leads=FOUR,
        history="""
        lead_id | attribute | value  | changed_at
        A       | industry  | Retail | 2025-01-01
        A       | size      | 10     | 2025-02-01
        A       | size      | 20     | 2025-03-01
        A       | owner     | Kim    | 2025-04-01
        B       | size      | 30     | 2025-01-01
        C       | owner     | Kim    | 2025-01-01
        """,
    ).features("2025-06-10", attributes=[SIZE_THEN, INDUSTRY_THEN]).shows(
        """
        lead_id | attribute__size | attribute__industry
        A       | 20              | retail
        B       | 30              | NULL
        C       | NULL            | NULL
        D       | NULL            | NULL
        """
    )


def test_attributes_with_umlauts_and_colliding_names_stay_apart(crm):
    crm(
        attributes="""
        lead_id | Größe  | Grosse | größe (ca.) | 部門
        A       | umlaut | plain  | about       | sales
        """
    ).features(
        "2025-06-10",
        attributes=[AttributeSpec(name, "category") for name in ("Größe", "Grosse", "größe (ca.)", "部門")],
    ).shows(
        """
        lead_id | attribute__grosse | attribute__grosse_2 | attribute__grosse_ca | attribute__x
        A       | umlaut            | plain               | about                | sales
        """
    )


def test_a_source_without_attributes_and_activities_still_has_its_moments(crm):
    crm(leads=FOUR).features("2025-06-10").shows(
        """
        lead_id | as_of
        A       | 2025-06-10
        B       | 2025-06-10
        C       | 2025-06-10
        D       | 2025-06-10
        """
    )
