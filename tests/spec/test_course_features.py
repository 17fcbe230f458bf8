"""The course that activity takes: touches, gaps, working hours; drawn as small tables."""

import pytest

FOUR = """
    lead_id | created_at
    A       | 2024-01-01
    B       | 2024-01-01
    C       | 2024-01-01
    D       | 2024-01-01
"""


@pytest.mark.usefixtures("both_engines")
def test_days_since_the_first_and_the_mean_gap_look_at_everything_known(crm):
    crm(
        leads=FOUR,
        activities="""
        lead_id | occurred_at         | type
        A       | 2025-06-08 12:00:00 | demo
        B       | 2025-06-01          | demo
        B       | 2025-06-03 12:00:00 | newsletter
        C       | 2024-06-10          | demo
        C       | 2025-06-08          | newsletter
        C       | 2025-06-09          | demo
        C       | 2025-06-10          | demo
        """,
    ).features("2025-06-10", signals=["demo"]).shows(
        """
        lead_id | days_since_first__any | mean_gap__any
        A       | 1.5                   | 1.5
        B       | 9                     | 4.5
        C       | 365                   | 121.66666666666667
        D       | NULL                  | NULL
        """
    )


def test_one_more_activity_never_widens_the_mean_gap(crm):
    crm(
        activities="""
        lead_id | occurred_at         | type
        A       | 2025-06-02 00:00:00 | demo
        B       | 2025-06-02 00:00:00 | demo
        B       | 2025-06-02 00:00:00 | newsletter
        C       | 2025-06-02 00:00:00 | demo
        C       | 2025-06-09 23:00:00 | demo
        """,
        leads="""
        lead_id | created_at
        A       | 2024-01-01
        B       | 2024-01-01
        C       | 2024-01-01
        """,
    ).features("2025-06-10", signals=["demo"]).shows(
        """
        lead_id | mean_gap__any | days_since_first__any
        A       | 8             | 8
        B       | 4             | 8
        C       | 4             | 8
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_working_hours_are_from_9_to_17_by_the_clocks_of_the_business(crm):
    # 9 June 2025 was a Monday; half of what each lead did is at work, but for D
    crm(
        leads=FOUR,
        activities="""
        lead_id | occurred_at         | type | local_at
        A       | 2025-06-09 06:59:59 | demo | 2025-06-09 08:59:59
        A       | 2025-06-09 07:00:00 | demo | 2025-06-09 09:00:00
        B       | 2025-06-09 14:59:59 | demo | 2025-06-09 16:59:59
        B       | 2025-06-09 15:00:00 | demo | 2025-06-09 17:00:00
        C       | 2025-06-06 10:00:00 | demo | 2025-06-06 12:00:00
        C       | 2025-06-07 10:00:00 | demo | 2025-06-07 12:00:00
        D       | 2025-06-08 10:00:00 | demo | 2025-06-08 12:00:00
        D       | 2025-06-09 02:00:00 | demo | 2025-06-08 21:00:00
        """,
    ).features("2025-06-10", signals=["demo"]).shows(
        """
        lead_id | working_hours__any
        A       | 0.5
        B       | 0.5
        C       | 0.5
        D       | 0
        """
    )


def test_every_weekday_is_a_working_day_and_saturday_and_sunday_are_none(crm):
    days = {"Mon": 2, "Tue": 3, "Wed": 4, "Thu": 5, "Fri": 6, "Sat": 7, "Sun": 8}
    born = "\n".join(f"{day} | 2024-01-01" for day in days)
    done = "\n".join(f"{day} | 2025-06-0{number} 12:00:00 | demo" for day, number in days.items())
    crm(leads=f"lead_id | created_at\n{born}", activities=f"lead_id | occurred_at | type\n{done}").features(
        "2025-06-10", signals=["demo"]
    ).shows(
        """
        lead_id | working_hours__any
        Mon     | 1
        Tue     | 1
        Wed     | 1
        Thu     | 1
        Fri     | 1
        Sat     | 0
        Sun     | 0
        """
    )


def test_working_hours_look_back_90_days_over_all_types(crm):
    # 12 March and 9 June 2025: a Wednesday and a Monday
    crm(
        leads=FOUR,
        activities="""
        lead_id | occurred_at         | type
        A       | 2025-03-12 12:00:00 | demo
        A       | 2025-03-12 11:59:59 | demo
        A       | 2025-06-09 20:00:00 | newsletter
        B       | 2025-03-12 11:59:59 | demo
        C       | 2025-06-09 10:00:00 | demo
        C       | 2025-06-09 11:00:00 | newsletter
        C       | 2025-06-09 12:00:00 | newsletter
        C       | 2025-06-09 20:00:00 | demo
        """,
    ).features("2025-06-10 12:00:00", signals=["demo"]).shows(
        """
        lead_id | working_hours__any
        A       | 0.5
        B       | NULL
        C       | 0.75
        D       | NULL
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_active_days_are_days_by_the_clocks_of_the_business(crm):
    crm(
        leads=FOUR,
        activities="""
        lead_id | occurred_at         | type | local_at
        A       | 2025-06-08 22:00:00 | demo | 2025-06-09 00:00:00
        A       | 2025-06-09 21:59:59 | demo | 2025-06-09 23:59:59
        B       | 2025-06-09 21:59:59 | demo | 2025-06-09 23:59:59
        B       | 2025-06-09 22:00:00 | demo | 2025-06-10 00:00:00
        """,
    ).features("2025-06-10", signals=["demo"]).shows(
        """
        lead_id | active_days_30d__any
        A       | 1
        B       | 2
        C       | 0
        D       | 0
        """
    )


def test_the_first_touch_and_the_last_are_types_of_activities(crm):
    crm(
        leads=FOUR,
        activities="""
        lead_id | occurred_at         | type
        A       | 2022-01-01          | price
        A       | 2025-06-01          | demo
        A       | 2025-06-02          | price
        A       | 2025-06-03          | demo
        A       | 2025-06-10          | price
        B       | 2025-06-01          | Demo
        B       | 2025-06-02          | demo
        C       | 2025-06-02          | price
        """,
    ).features("2025-06-10", signals=["demo", "price"]).shows(
        """
        lead_id | first_touch__any | last_touch__any
        A       | price            | demo
        B       | (other)          | demo
        C       | price            | price
        D       | NULL             | NULL
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_of_two_types_in_one_second_the_signal_that_is_declared_earlier_is_named(crm):
    drawn = crm(
        leads=FOUR,
        activities="""
        lead_id | occurred_at         | type
        A       | 2025-06-01 10:00:00 | zebra
        A       | 2025-06-01 10:00:00 | ant
        A       | 2025-06-02 10:00:00 | ant
        A       | 2025-06-02 10:00:00 | zebra
        B       | 2025-06-01 10:00:00 | aardvark
        B       | 2025-06-01 10:00:00 | ant
        C       | 2025-06-01 10:00:00 | aardvark
        C       | 2025-06-01 10:00:00 | zebra
        C       | 2025-06-01 10:00:01 | aardvark
        D       | 2025-06-01 10:00:00 | aardvark
        D       | 2025-06-01 10:00:00 | buffalo
        """,
    )
    drawn.features("2025-06-10", signals=["zebra", "ant"]).shows(
        """
        lead_id | first_touch__any | last_touch__any
        A       | zebra            | zebra
        B       | ant              | ant
        C       | zebra            | (other)
        D       | (other)          | (other)
        """
    )
    drawn.features("2025-06-10", signals=["ant", "zebra"]).shows(
        """
        lead_id | first_touch__any | last_touch__any
        A       | ant              | ant
        B       | ant              | ant
        C       | zebra            | (other)
        D       | (other)          | (other)
        """
    )


def test_without_signals_every_touch_is_another(crm):
    crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-01  | demo
        """
    ).features("2025-06-10").shows(
        """
        lead_id | first_touch__any | last_touch__any | days_since_first__any
        A       | (other)          | (other)         | 9
        """
    )
