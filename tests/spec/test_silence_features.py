"""How long a lead has been silent since sales touched it, drawn as small tables."""

import pytest

from leadlight.features.catalogue import SignalSpec

CALL = SignalSpec("call", by_sales=True)
MAIL = SignalSpec("mail", by_sales=True)

FOUR = """
    lead_id | created_at
    A       | 2024-01-01
    B       | 2024-01-01
    C       | 2024-01-01
    D       | 2024-01-01
"""


def of_sales(found):
    return [name for name in found.columns if name.endswith("__sales")]


def test_nothing_is_said_of_sales_where_no_signal_is_by_sales(crm):
    found = crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-01  | call
        """
    ).features("2025-06-10", signals=["call", "demo"])
    assert of_sales(found) == []


@pytest.mark.usefixtures("both_engines")
def test_silence_counts_the_days_since_sales_in_which_nothing_came_from_the_lead(crm):
    found = crm(
        leads="""
        lead_id    | created_at
        silent     | 2024-01-01
        reacted    | 2024-01-01
        before     | 2024-01-01
        same       | 2024-01-01
        unnamed    | 2024-01-01
        again      | 2024-01-01
        untouched  | 2024-01-01
        idle       | 2024-01-01
        """,
        activities="""
        lead_id   | occurred_at         | type
        silent    | 2025-06-01 12:00:00 | call
        reacted   | 2025-06-01          | call
        reacted   | 2025-06-01 00:00:01 | demo
        before    | 2025-05-31 23:59:59 | demo
        before    | 2025-06-01          | call
        same      | 2025-06-01          | demo
        same      | 2025-06-01          | call
        unnamed   | 2025-06-01          | call
        unnamed   | 2025-06-02          | newsletter
        again     | 2025-06-01          | call
        again     | 2025-06-02          | demo
        again     | 2025-06-03          | call
        untouched | 2025-06-02          | demo
        """,
    ).features("2025-06-10", signals=["demo", CALL])
    assert of_sales(found) == ["silence__sales"]  # days since the one signal are a feature of its own
    found.shows(
        """
        lead_id   | silence__sales | days_since_last__call
        silent    | 8.5            | 8.5
        reacted   | 0              | 9
        before    | 9              | 9
        same      | 9              | 9
        unnamed   | 0              | 9
        again     | 7              | 7
        untouched | NULL           | NULL
        idle      | NULL           | NULL
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_two_signals_by_sales_are_one_silence_and_one_last_touch(crm):
    found = crm(
        leads=FOUR,
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-01  | call
        A       | 2025-06-02  | demo
        A       | 2025-06-03  | mail
        B       | 2025-06-04  | mail
        B       | 2025-06-05  | call
        B       | 2025-06-06  | newsletter
        C       | 2025-06-05  | demo
        """,
    ).features("2025-06-10", signals=[CALL, "demo", MAIL])
    assert of_sales(found) == ["silence__sales", "days_since_sales__sales"]
    found.shows(
        """
        lead_id | silence__sales | days_since_sales__sales
        A       | 7              | 7
        B       | 0              | 5
        C       | NULL           | NULL
        D       | NULL           | NULL
        """
    )


def test_a_reaction_after_the_moment_is_not_known(crm):
    crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-01  | call
        A       | 2025-06-05  | demo
        """
    ).features(
        moments="""
        lead_id | as_of
        A       | 2025-06-01
        A       | 2025-06-05
        A       | 2025-06-06
        """,
        signals=["demo", CALL],
    ).shows(
        """
        lead_id | as_of      | silence__sales | last_touch__any | first_touch__any
        A       | 2025-06-01 | NULL           | NULL            | NULL
        A       | 2025-06-05 | 4              | call            | call
        A       | 2025-06-06 | 0              | demo            | call
        """
    )
