"""Leads that come back after a loss, and leads of which the outcome is unknown, drawn as small tables."""

import pytest

LEADS = """
    lead_id | created_at
    A       | 2025-01-10 09:30:00
    B       | 2025-02-20
"""
BACK = """
    lead_id | closed_at  | won
    A       | 2025-03-01 | no
    A       | 2025-05-01 | no
    B       | 2025-03-01 | yes
    B       | 2025-04-01 | no
    """
RETURNS = """
    lead_id | reopened_at
    A       | 2025-02-01
    A       | 2025-04-01
    A       | 2025-04-15
    B       | 2025-04-02
    """


@pytest.mark.usefixtures("both_engines")
def test_a_lost_lead_that_comes_back_is_open_after_that_second_and_a_won_one_never_is(crm):
    crm(leads=LEADS, deals=BACK).open_at(
        """
        lead_id | as_of
        A       | 2025-03-01
        A       | 2025-03-02
        A       | 2025-04-01
        A       | 2025-04-01 00:00:01
        A       | 2025-05-01
        A       | 2025-05-02
        B       | 2025-03-01
        B       | 2025-04-03
        """,
        reopenings=RETURNS,
    ).shows(
        """
        lead_id | as_of
        A       | 2025-03-01
        A       | 2025-04-01 00:00:01
        A       | 2025-05-01
        B       | 2025-03-01
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_a_lead_of_unknown_outcome_is_open_at_no_moment(crm):
    made = crm(leads=LEADS, deals=BACK)
    moments = """
        lead_id | as_of
        A       | 2025-01-10 09:30:00
        B       | 2025-02-20
        """
    for reopenings in (None, RETURNS):
        made.open_at(moments, unknown="lead_id\n A", reopenings=reopenings).shows(
            """
            lead_id | as_of
            B       | 2025-02-20
            """
        )
