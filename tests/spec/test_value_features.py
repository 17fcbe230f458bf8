"""What is said of the values and the objects of activities, drawn as small tables."""

import pytest

from leadlight.features.catalogue import SignalSpec

ORDER = SignalSpec("order", has_value=True)
CALL = SignalSpec("call", has_value=True)
PAGE = SignalSpec("page", has_objects=True)
PAPER = SignalSpec("paper", has_objects=True)

THREE = """
    lead_id | created_at
    A       | 2024-01-01
    B       | 2024-01-01
    C       | 2024-01-01
"""


def families(found, topic):
    """Families that a topic has, but for those that every topic has."""
    everywhere = ("count", "decay", "days_since_last")
    names = [name.rpartition("__") for name in found.columns]
    return {family for family, _, named in names if named == topic and not family.startswith(everywhere) and family}


@pytest.mark.usefixtures("both_engines")
def test_values_of_a_signal_are_added_up_and_averaged_over_90_days(crm):
    crm(
        activities="""
        lead_id | occurred_at         | type  | value
        A       | 2025-06-09          | order | 100
        A       | 2025-05-01          | order | 0.25
        A       | 2025-03-12 12:00:00 | order | 10
        A       | 2025-03-12 11:59:59 | order | 7000
        A       | 2025-06-10 12:00:00 | order | 9000
        A       | 2025-06-09          | call  | 30
        """
    ).features("2025-06-10 12:00:00", signals=[ORDER, CALL]).shows(
        """
        lead_id | value_sum_90d__order | value_mean_90d__order | value_sum_90d__call | value_mean_90d__call
        A       | 110.25               | 36.75                 | 30                  | 30
        """
    )


def test_an_unknown_value_is_left_out_of_sum_and_mean(crm):
    crm(
        leads=THREE,
        activities="""
        lead_id | occurred_at | type  | value
        A       | 2025-06-09  | order | 10
        A       | 2025-06-08  | order | NULL
        B       | 2025-06-08  | order | NULL
        C       | 2025-06-08  | page  | 5
        """,
    ).features("2025-06-10", signals=[ORDER]).shows(
        """
        lead_id | value_sum_90d__order | value_mean_90d__order | count_7d__order
        A       | 10                   | 10                    | 2
        B       | 0                    | NULL                  | 1
        C       | 0                    | NULL                  | 0
        """
    )


def test_a_value_of_nought_counts_in_the_mean(crm):
    crm(
        leads=THREE,
        activities="""
        lead_id | occurred_at | type  | value
        A       | 2025-06-09  | order | 10
        A       | 2025-06-08  | order | 0
        B       | 2025-06-08  | order | 0
        """,
    ).features("2025-06-10", signals=[ORDER]).shows(
        """
        lead_id | value_sum_90d__order | value_mean_90d__order
        A       | 10                   | 5
        B       | 0                    | 0
        C       | 0                    | NULL
        """
    )


def test_negative_values_are_taken_off(crm):
    crm(
        leads=THREE,
        activities="""
        lead_id | occurred_at | type  | value
        A       | 2025-06-09  | order | 10
        A       | 2025-06-08  | order | -12.5
        B       | 2025-06-08  | order | -1
        C       | 2025-06-08  | order | 4
        C       | 2025-06-08  | order | -4
        """,
    ).features("2025-06-10", signals=[ORDER]).shows(
        """
        lead_id | value_sum_90d__order | value_mean_90d__order
        A       | -2.5                 | -1.25
        B       | -1                   | -1
        C       | 0                    | 0
        """
    )


def test_values_are_added_up_in_millionths(crm):
    crm(
        leads=THREE,
        activities="""
        lead_id | occurred_at | type  | value
        A       | 2025-06-09  | order | 0.1
        A       | 2025-06-08  | order | 0.2
        B       | 2025-06-08  | order | 0.0000004
        C       | 2025-06-08  | order | 1000000000
        C       | 2025-06-07  | order | -1000000000
        C       | 2025-06-06  | order | 0.000001
        """,
    ).features("2025-06-10", signals=[ORDER]).shows(
        """
        lead_id | value_sum_90d__order | value_mean_90d__order
        A       | 0.3                  | 0.15
        B       | 0                    | 0
        C       | 0.000001             | 0.0000003333333333333333
        """
    )


@pytest.mark.parametrize("signals", [[ORDER], [ORDER, SignalSpec("page")]], ids=["alone", "beside another"])
def test_where_activities_lack_a_column_of_values_none_is_known(crm, signals):
    crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-09  | order
        """
    ).features("2025-06-10", signals=signals).shows(
        """
        lead_id | value_sum_90d__order | value_mean_90d__order
        A       | 0                    | NULL
        """
    )


def test_signals_that_are_not_said_to_have_values_or_objects_have_no_such_feature(crm):
    found = crm(
        activities="""
        lead_id | occurred_at | type  | value | object
        A       | 2025-06-09  | order | 10    | a
        A       | 2025-06-09  | page  | 20    | b
        A       | 2025-06-09  | demo  | 30    | c
        A       | 2025-06-09  | other | 40    | d
        """
    ).features("2025-06-10", signals=[ORDER, PAGE, SignalSpec("demo")], objects=True)
    assert families(found, "order") == {"value_sum_90d", "value_mean_90d"}
    assert families(found, "page") == {"objects_90d"}
    assert families(found, "demo") == families(found, "other_activity") == set()
    assert "objects_90d" in families(found, "any")
    assert not families(found, "any") & {"value_sum_90d", "value_mean_90d"}


def test_where_activities_have_no_objects_nothing_is_said_of_them(crm):
    found = crm(
        activities="""
        lead_id | occurred_at | type
        A       | 2025-06-09  | page
        """
    ).features("2025-06-10", signals=[PAGE], objects=False)
    assert not [name for name in found.columns if name.startswith("objects")]


@pytest.mark.usefixtures("both_engines")
def test_different_objects_of_90_days_are_counted_once_each(crm):
    crm(
        activities="""
        lead_id | occurred_at         | type | object
        A       | 2025-06-10 11:59:59 | page | /price
        A       | 2025-06-09          | page | /price
        A       | 2025-06-08          | page | /home
        A       | 2025-03-12 12:00:00 | page | /edge
        A       | 2025-03-12 11:59:59 | page | /too-old
        A       | 2025-06-10 12:00:00 | page | /too-new
        """
    ).features("2025-06-10 12:00:00", signals=[PAGE], objects=True).shows(
        """
        lead_id | objects_90d__page | objects_90d__any
        A       | 3                 | 3
        """
    )


def test_the_same_object_of_two_types_is_two_in_activity_as_a_whole(crm):
    crm(
        activities="""
        lead_id | occurred_at | type  | object
        A       | 2025-06-09  | page  | catalogue
        A       | 2025-06-08  | paper | catalogue
        A       | 2025-06-07  | paper | catalogue
        """
    ).features("2025-06-10", signals=[PAGE, PAPER], objects=True).shows(
        """
        lead_id | objects_90d__page | objects_90d__paper | objects_90d__any
        A       | 1                 | 1                  | 2
        """
    )


def test_objects_of_unnamed_types_and_of_signals_without_the_flag_count_in_activity_as_a_whole(crm):
    # c twice, of two types
    crm(
        activities="""
        lead_id | occurred_at | type       | object
        A       | 2025-06-09  | page       | a
        A       | 2025-06-08  | demo       | b
        A       | 2025-06-07  | newsletter | c
        A       | 2025-06-07  | chat       | c
        A       | 2025-06-07  | chat       | d
        """
    ).features("2025-06-10", signals=[PAGE, SignalSpec("demo")], objects=True).shows(
        """
        lead_id | objects_90d__page | objects_90d__any
        A       | 1                 | 5
        """
    )


def test_an_activity_about_nothing_has_no_object(crm):
    crm(
        leads=THREE,
        activities="""
        lead_id | occurred_at | type | object
        A       | 2025-06-09  | page | NULL
        A       | 2025-06-08  | page | /price
        B       | 2025-06-08  | page | NULL
        """,
    ).features("2025-06-10", signals=[PAGE], objects=True).shows(
        """
        lead_id | objects_90d__page | objects_90d__any | count_7d__page
        A       | 1                 | 1                | 2
        B       | 0                 | 0                | 1
        C       | 0                 | 0                | 0
        """
    )


def test_each_moment_has_its_own_values_and_objects(crm):
    crm(
        activities="""
        lead_id | occurred_at | type  | value | object
        A       | 2025-01-01  | order | 1     | a
        A       | 2025-02-01  | order | 2     | b
        A       | 2025-05-01  | order | 4     | a
        """
    ).features(
        moments="""
        lead_id | as_of
        A       | 2025-01-01
        A       | 2025-01-02
        A       | 2025-02-02
        A       | 2025-05-02
        """,
        signals=[SignalSpec("order", has_value=True, has_objects=True)],
        objects=True,
    ).shows(
        """
        lead_id | as_of      | value_sum_90d__order | value_mean_90d__order | objects_90d__order
        A       | 2025-01-01 | 0                    | NULL                  | 0
        A       | 2025-01-02 | 1                    | 1                     | 1
        A       | 2025-02-02 | 3                    | 1.5                   | 2
        A       | 2025-05-02 | 6                    | 3                     | 2
        """
    )
