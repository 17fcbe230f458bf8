"""What came of a lead from a moment on, drawn as small tables."""

import pytest

FOUR = """
    lead_id | created_at
    A       | 2025-01-01
    B       | 2025-01-01
    C       | 2025-01-01
    D       | 2025-01-01
"""
ALL_AT_NOON = """
    lead_id | as_of
    A       | 2025-03-01 12:00:00
    B       | 2025-03-01 12:00:00
    C       | 2025-03-01 12:00:00
    D       | 2025-03-01 12:00:00
"""


@pytest.mark.usefixtures("both_engines")
def test_a_win_counts_from_the_moment_on_until_the_horizon_has_passed(crm):
    crm(
        leads=FOUR,
        deals="""
        lead_id | closed_at           | won
        A       | 2025-03-01 12:00:00 | yes
        B       | 2025-03-31 11:59:59 | yes
        C       | 2025-03-31 12:00:00 | yes
        D       | 2025-03-01 11:59:59 | yes
        """,
    ).labels(ALL_AT_NOON, horizon_days=30, cut_off="2026-01-01").shows(
        """
        lead_id | as_of               | won
        A       | 2025-03-01 12:00:00 | 1
        B       | 2025-03-01 12:00:00 | 1
        C       | 2025-03-01 12:00:00 | 0
        D       | 2025-03-01 12:00:00 | 0
        """
    )


def test_a_loss_and_no_deal_at_all_are_no_win(crm):
    crm(
        leads=FOUR,
        deals="""
        lead_id | closed_at  | won
        A       | 2025-03-05 | no
        stray   | 2025-03-05 | yes
        """,
    ).labels(ALL_AT_NOON, horizon_days=30, cut_off="2026-01-01").shows(
        """
        lead_id | won
        A       | 0
        B       | 0
        C       | 0
        D       | 0
        """
    )


def test_only_the_first_win_counts_for_later_ones_are_renewals(crm):
    crm(
        deals="""
        lead_id | closed_at  | won
        A       | 2025-06-10 | yes
        A       | 2025-03-10 | yes
        """
    ).labels(
        """
        lead_id | as_of
        A       | 2025-03-01
        A       | 2025-03-10
        A       | 2025-06-01
        """,
        horizon_days=30,
        cut_off="2026-01-01",
    ).shows(
        """
        lead_id | as_of      | won
        A       | 2025-03-01 | 1
        A       | 2025-03-10 | 1
        A       | 2025-06-01 | 0
        """
    )


def test_a_lead_that_is_lost_and_then_won_within_the_window_is_won(crm):
    crm(
        deals="""
        lead_id | closed_at  | won
        A       | 2025-03-05 | no
        A       | 2025-03-20 | yes
        """
    ).labels(
        """
        lead_id | as_of
        A       | 2025-03-01
        """,
        horizon_days=30,
        cut_off="2026-01-01",
    ).shows(
        """
        lead_id | as_of      | won
        A       | 2025-03-01 | 1
        """
    )


@pytest.mark.parametrize(("cut_off", "label"), [("2025-03-31 11:59:59", "NULL"), ("2025-03-31 12:00:00", "0")])
def test_a_window_that_has_not_ended_at_the_cut_off_is_no_loss_but_unlabelled(crm, cut_off, label):
    crm(leads=FOUR).labels(ALL_AT_NOON, horizon_days=30, cut_off=cut_off).shows(
        f"""
        lead_id | won
        A       | {label}
        B       | {label}
        C       | {label}
        D       | {label}
        """
    )


def test_a_window_that_has_not_ended_is_unlabelled_even_where_the_win_is_known_already(crm):
    crm(
        deals="""
        lead_id | closed_at  | won
        A       | 2025-03-10 | yes
        """
    ).labels(
        """
        lead_id | as_of
        A       | 2025-03-01
        A       | 2025-03-09
        """,
        horizon_days=30,
        cut_off="2025-03-31",
    ).shows(
        """
        lead_id | as_of      | won
        A       | 2025-03-01 | 1
        A       | 2025-03-09 | NULL
        """
    )


def test_the_horizon_is_as_long_as_it_is_said_to_be(crm):
    deals = """
    lead_id | closed_at  | won
    A       | 2025-05-29 | yes
    """
    moments = """
    lead_id | as_of
    A       | 2025-03-01
    """
    for horizon, won in ((7, 0), (89, 0), (90, 1), (180, 1)):
        crm(deals=deals).labels(moments, horizon_days=horizon, cut_off="2026-01-01").shows(
            f"""
            lead_id | won
            A       | {won}
            """
        )


@pytest.mark.usefixtures("both_engines")
def test_days_to_the_win_are_told_as_soon_as_it_is_known_and_only_of_wins_in_the_window(crm):
    crm(
        leads=FOUR,
        deals="""
        lead_id | closed_at           | won
        A       | 2025-03-01 12:00:00 | yes
        B       | 2025-03-04 00:00:00 | yes
        C       | 2025-03-31 12:00:00 | yes
        D       | 2025-03-05 12:00:00 | no
        """,
    ).labels(ALL_AT_NOON, horizon_days=30, cut_off="2025-03-20").shows(
        """
        lead_id | won  | days_to_win
        A       | NULL | 0
        B       | NULL | 2.5
        C       | NULL | NULL
        D       | NULL | NULL
        """
    )


def test_a_win_that_comes_at_the_cut_off_or_later_is_not_seen(crm):
    crm(
        leads=FOUR,
        deals="""
        lead_id | closed_at           | won
        A       | 2025-03-09 23:59:59 | yes
        B       | 2025-03-10          | yes
        """,
    ).labels(
        """
        lead_id | as_of
        A       | 2025-03-08 23:59:59
        B       | 2025-03-09
        """,
        horizon_days=30,
        cut_off="2025-03-10",
    ).shows(
        """
        lead_id | days_to_win
        A       | 1
        B       | NULL
        """
    )
