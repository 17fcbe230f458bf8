"""What each family of engagement features says, drawn as small tables."""

import pytest


@pytest.mark.usefixtures("both_engines")
def test_counts_look_back_7_30_and_90_days(crm):
    crm(
        activities="""
        lead_id | occurred_at         | type
        A       | 2025-06-09 18:00:00 | demo
        A       | 2025-06-05          | demo
        A       | 2025-05-20          | demo
        A       | 2025-04-01          | demo
        A       | 2025-01-01          | demo
        """
    ).features("2025-06-10", signals=["demo"]).shows(
        """
        lead_id | as_of      | count_7d__demo | count_30d__demo | count_90d__demo
        A       | 2025-06-10 | 2              | 3               | 4
        """
    )


@pytest.mark.parametrize(
    ("days", "exactly", "a_second_earlier"),
    [
        (7, "2025-06-03 12:00:00", "2025-06-03 11:59:59"),
        (30, "2025-05-11 12:00:00", "2025-05-11 11:59:59"),
        (90, "2025-03-12 12:00:00", "2025-03-12 11:59:59"),
    ],
)
def test_an_activity_exactly_as_old_as_the_window_counts_and_one_second_older_does_not(
    crm, days, exactly, a_second_earlier
):
    crm(
        leads="""
        lead_id | created_at
        inside  | 2024-01-01
        outside | 2024-01-01
        """,
        activities=f"""
        lead_id | occurred_at        | type
        inside  | {exactly}          | demo
        outside | {a_second_earlier} | demo
        """,
    ).features("2025-06-10 12:00:00", signals=["demo"]).shows(
        f"""
        lead_id | count_{days}d__demo | count_{days}d__any
        inside  | 1                   | 1
        outside | 0                   | 0
        """
    )


def test_an_activity_at_the_moment_itself_is_not_known_and_one_second_before_is(crm):
    crm(
        leads="""
        lead_id | created_at
        at      | 2024-01-01
        before  | 2024-01-01
        after   | 2024-01-01
        """,
        activities="""
        lead_id | occurred_at         | type
        at      | 2025-06-10 12:00:00 | demo
        before  | 2025-06-10 11:59:59 | demo
        after   | 2025-06-10 12:00:01 | demo
        """,
    ).features("2025-06-10 12:00:00", signals=["demo"]).shows(
        """
        lead_id | count_7d__demo | count_90d__any | decay_7d__demo
        at      | 0              | 0              | 0
        before  | 1              | 1              | 0.9999988539239694
        after   | 0              | 0              | 0
        """
    ).shows(
        """
        lead_id | days_since_last__demo | active_days_30d__any
        at      | NULL                  | 0
        before  | 0.000011574074074074  | 1
        after   | NULL                  | 0
        """
    )


def test_an_activity_before_the_creation_of_its_lead_counts(crm):
    crm(
        leads="""
        lead_id | created_at
        A       | 2025-06-10
        """,
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-08  | demo
        A       | 2025-05-01  | demo
        """,
    ).features("2025-06-10", signals=["demo"], ages=True).shows(
        """
        lead_id | count_7d__demo | count_90d__demo | days_since_last__demo | age_days
        A       | 1              | 2               | 2                     | 0
        """
    )


def test_the_activities_of_other_leads_do_not_count(crm):
    crm(
        leads="""
        lead_id | created_at
        A       | 2024-01-01
        B       | 2024-01-01
        """,
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-08  | demo
        A       | 2025-06-09  | demo
        B       | 2025-06-01  | demo
        stray   | 2025-06-09  | demo
        """,
    ).features("2025-06-10", signals=["demo"]).shows(
        """
        lead_id | count_7d__demo | count_30d__demo | days_since_last__demo
        A       | 2              | 2               | 1
        B       | 0              | 1               | 9
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_a_decayed_sum_halves_every_half_life(crm):
    # 2^(-age / half-life), ages 0.5, 7 and 14 days:
    #   half-life  7: 2^(-1/14) + 1/2 + 1/4
    #   half-life 30: 2^(-1/60) + 2^(-7/30) + 2^(-14/30)
    crm(
        activities="""
        lead_id | occurred_at         | type
        A       | 2025-06-09 12:00:00 | demo
        A       | 2025-06-03          | demo
        A       | 2025-05-27          | demo
        """
    ).features("2025-06-10", signals=["demo"]).shows(
        """
        lead_id | decay_7d__demo     | decay_30d__demo
        A       | 1.7016951530106196 | 2.562815800023941
        """
    )


def test_a_decayed_sum_has_no_window(crm):
    crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-03-02  | demo
        """
    ).features("2025-06-10", signals=["demo"]).shows(  # 100 days: 2^(-100/7) and 2^(-100/30)
        """
        lead_id | count_90d__demo | decay_7d__demo        | decay_30d__demo
        A       | 0               | 0.0000500692966313255 | 0.09921256574801246
        """
    )


def test_days_since_the_last_are_counted_with_fractions_from_the_newest(crm):
    crm(
        activities="""
        lead_id | occurred_at         | type
        A       | 2025-05-01          | demo
        A       | 2025-06-07 18:00:00 | demo
        A       | 2025-06-09 23:00:00 | price
        """
    ).features("2025-06-10", signals=["demo", "price"]).shows(
        """
        lead_id | days_since_last__demo | days_since_last__price | days_since_last__any
        A       | 2.25                  | 0.041666666666666664   | 0.041666666666666664
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_days_since_the_last_are_unknown_where_there_was_none(crm):
    crm(
        leads="""
        lead_id | created_at
        idle    | 2024-01-01
        other   | 2024-01-01
        """,
        activities="""
        lead_id | occurred_at | type
        other   | 2025-06-09  | price
        """,
    ).features("2025-06-10", signals=["demo", "price"]).shows(
        """
        lead_id | days_since_last__demo | days_since_last__price
        idle    | NULL                  | NULL
        other   | NULL                  | 1
        """
    ).shows(
        """
        lead_id | days_since_last__other_activity | days_since_last__any
        idle    | NULL                            | NULL
        other   | NULL                            | 1
        """
    )


def test_a_lead_without_activities_has_counts_and_sums_of_nought(crm):
    crm(
        activities="""
        lead_id | occurred_at | type
        """
    ).features("2025-06-10", signals=["demo"]).shows(
        """
        lead_id | count_7d__demo | count_30d__any | decay_7d__demo
        A       | 0              | 0              | 0
        """
    ).shows(
        """
        lead_id | decay_30d__any | active_days_30d__any | active_days_90d__any
        A       | 0              | 0                    | 0
        """
    )


def test_active_days_are_different_days_with_any_activity(crm):
    crm(
        activities="""
        lead_id | occurred_at         | type
        A       | 2025-06-09 08:00:00 | demo
        A       | 2025-06-09 23:59:59 | price
        A       | 2025-06-08 23:59:59 | something
        A       | 2025-05-01          | demo
        A       | 2025-03-12          | demo
        A       | 2025-03-11 23:59:59 | demo
        """
    ).features("2025-06-10", signals=["demo", "price"]).shows(
        """
        lead_id | active_days_30d__any | active_days_90d__any
        A       | 2                    | 4
        """
    )


@pytest.mark.parametrize(
    ("recent", "before", "trend"),
    [
        (2, 1, "1.9661128563728327"),  # ln((2.5 / 7) / (1.5 / 30))
        (0, 3, "-0.4906229164484714"),  # ln((0.5 / 7) / (3.5 / 30))
        (1, 0, "2.5538995212749516"),  # ln((1.5 / 7) / (0.5 / 30))
        (7, 30, "0.052463569535740946"),  # ln((7.5 / 7) / (30.5 / 30))
    ],
)
def test_the_trend_is_the_log_of_the_daily_rate_of_7_days_over_that_of_the_30_before(crm, recent, before, trend):
    rows = [f"A | 2025-06-0{3 + i % 7} 00:00:00 | demo" for i in range(recent)]
    rows += [f"A | 2025-05-{4 + i % 28:02d} | other" for i in range(before)]
    crm(activities="lead_id | occurred_at | type\n" + "\n".join(rows)).features("2025-06-10", signals=["demo"]).shows(
        f"""
        lead_id | trend__any
        A       | {trend}
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_the_trend_looks_back_37_days_and_is_unknown_without_any_activity_in_them(crm):
    crm(
        leads="""
        lead_id | created_at
        at37    | 2024-01-01
        older   | 2024-01-01
        at7     | 2024-01-01
        over7   | 2024-01-01
        never   | 2024-01-01
        """,
        activities="""
        lead_id | occurred_at         | type
        at37    | 2025-05-04          | demo
        older   | 2025-05-03 23:59:59 | demo
        at7     | 2025-06-03          | demo
        over7   | 2025-06-02 23:59:59 | demo
        """,
    ).features("2025-06-10", signals=["demo"]).shows(
        """
        lead_id | trend__any
        at37    | 0.3566749439387324
        older   | NULL
        at7     | 2.5538995212749516
        over7   | 0.3566749439387324
        never   | NULL
        """
    )
