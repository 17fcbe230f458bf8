"""What engagement features speak of, and of which leads, drawn as small tables."""

import pytest


def test_types_that_are_not_named_are_other_activity_and_activity_as_a_whole_is_all_of_them(crm):
    crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-09  | demo
        A       | 2025-06-08  | price
        A       | 2025-06-03  | newsletter
        A       | 2025-06-03  | chat
        A       | 2025-05-20  | chat
        A       | 2025-05-20  | Demo
        """
    ).features("2025-06-10", signals=["demo", "price"]).shows(
        """
        lead_id | count_7d__demo | count_7d__price | count_7d__other_activity | count_7d__any
        A       | 1              | 1               | 2                        | 4
        """
    )


def test_every_family_speaks_of_other_activity_and_of_activity_as_a_whole(crm):
    # ages: demo 7 days, unnamed 14 and 35 days
    #   half-life  7: 1/2 | 1/4 + 1/32
    #   half-life 30: 2^(-7/30) | 2^(-14/30) + 2^(-35/30)
    found = crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-03  | demo
        A       | 2025-05-27  | newsletter
        A       | 2025-05-06  | chat
        """
    ).features("2025-06-10", signals=["demo"])
    found.shows(
        """
        lead_id | count_7d__other_activity | count_30d__other_activity
        A       | 0                        | 1
        """
    ).shows(
        """
        lead_id | count_90d__other_activity | days_since_last__other_activity
        A       | 2                         | 14
        """
    )
    found.shows(
        """
        lead_id | count_7d__any | count_30d__any | count_90d__any | days_since_last__any
        A       | 1             | 2              | 3              | 7
        """
    )
    found.shows(
        """
        lead_id | decay_7d__other_activity | decay_30d__other_activity | decay_7d__any | decay_30d__any
        A       | 0.28125                  | 1.1690839777903588        | 0.78125       | 2.0197511387412144
        """
    )


def test_without_signals_everything_is_other_activity(crm):
    found = crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-09  | demo
        A       | 2025-06-08  | price
        """
    ).features("2025-06-10")
    found.shows(
        """
        lead_id | count_7d__other_activity | count_7d__any
        A       | 2                        | 2
        """
    ).shows(
        """
        lead_id | days_since_last__other_activity | active_days_30d__any
        A       | 1                               | 2
        """
    )
    assert {name.partition("__")[2] for name in found.columns[2:]} == {"other_activity", "any"}


def test_without_an_activities_table_there_are_no_engagement_features(crm):
    found = crm().features("2025-06-10", signals=["demo"], ages=True)
    found.shows(
        """
        lead_id | as_of      | age_days
        A       | 2025-06-10 | 526
        """
    )
    assert found.columns == ["lead_id", "as_of", "age_days"]


def test_a_type_without_a_name_is_other_activity(crm):
    crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-09  | NULL
        """
    ).features("2025-06-10", signals=["demo"]).shows(
        """
        lead_id | count_7d__demo | count_7d__other_activity | count_7d__any
        A       | 0              | 1                        | 1
        """
    )


def test_signals_with_umlauts_and_odd_characters_are_counted_under_plain_names(crm):
    crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-09  | Prüfgröße (1. Öffnung)
        A       | 2025-06-09  | Peter's "100 %" \\ Rückruf; -- x
        A       | 2025-06-08  | Peter's "100 %" \\ Rückruf; -- x
        A       | 2025-06-08  | 電話
        """
    ).features("2025-06-10", signals=["Prüfgröße (1. Öffnung)", 'Peter\'s "100 %" \\ Rückruf; -- x', "電話"]).shows(
        """
        lead_id | count_7d__prufgrosse_1_offnung | count_7d__peter_s_100_ruckruf_x
        A       | 1                              | 2
        """
    ).shows(
        """
        lead_id | count_7d__x | count_7d__other_activity
        A       | 1           | 0
        """
    )


def test_signals_that_would_share_a_name_stay_apart(crm):
    crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-09  | Demo
        A       | 2025-06-08  | demo
        A       | 2025-06-08  | demo
        A       | 2025-06-01  | demo!
        A       | 2025-06-09  | any
        A       | 2025-06-09  | Other activity
        A       | 2025-06-09  | unnamed
        """
    ).features("2025-06-10", signals=["Demo", "demo", "demo!", "any", "Other activity"]).shows(
        """
        lead_id | count_30d__demo | count_30d__demo_2 | count_30d__demo_3
        A       | 1               | 2                 | 1
        """
    ).shows(
        """
        lead_id | count_30d__any_2 | count_30d__other_activity_2 | count_30d__other_activity
        A       | 1                | 1                           | 1
        """
    ).shows(
        """
        lead_id | count_30d__any
        A       | 7
        """
    )


def test_each_snapshot_of_a_lead_sees_its_own_past(crm):
    crm(
        leads="""
        lead_id | created_at
        A       | 2025-05-01
        B       | 2025-06-01 06:00:00
        """,
        activities="""
        lead_id | occurred_at | type
        A       | 2025-05-05  | demo
        A       | 2025-06-05  | demo
        B       | 2025-06-05  | demo
        """,
    ).features(
        moments="""
        lead_id | as_of
        A       | 2025-05-01
        A       | 2025-05-06
        A       | 2025-06-10
        B       | 2025-06-10
        """,
        signals=["demo"],
        ages=True,
    ).shows(
        """
        lead_id | as_of      | count_7d__demo | count_90d__demo | days_since_last__demo | age_days
        A       | 2025-05-01 | 0              | 0               | NULL                  | 0
        A       | 2025-05-06 | 1              | 1               | 1                     | 5
        A       | 2025-06-10 | 1              | 2               | 5                     | 40
        B       | 2025-06-10 | 1              | 1               | 5                     | 8.75
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_the_age_of_a_lead_is_counted_in_days_with_fractions(crm):
    crm(
        leads="""
        lead_id | created_at
        new     | 2025-06-10 12:00:00
        hour    | 2025-06-10 11:00:00
        year    | 2024-06-10 12:00:00
        """
    ).features("2025-06-10 12:00:00", ages=True).shows(
        """
        lead_id | age_days
        new     | 0
        hour    | 0.041666666666666664
        year    | 365
        """
    )
