"""At which moments a lead is looked at, drawn as small tables."""

from types import SimpleNamespace

import pandas as pd
import pytest

from leadlight.features.errors import NotEnoughDataError
from leadlight.features.snapshots import sample_at_creation, union_snapshots
from leadlight.pipelines.engines.engine import Engine
from leadlight.pipelines.engines.open_leads import select_open_leads

LEADS = """
    lead_id | created_at
    A       | 2025-01-10 09:30:00
    B       | 2025-02-20
"""


def test_a_lead_exists_from_the_second_of_its_creation_on(crm):
    crm(leads=LEADS).open_at(
        """
        lead_id | as_of
        A       | 2025-01-10 09:29:59
        A       | 2025-01-10 09:30:00
        A       | 2025-01-10 09:30:01
        B       | 2025-01-10 09:30:01
        stray   | 2025-06-01
        """
    ).shows(
        """
        lead_id | as_of
        A       | 2025-01-10 09:30:00
        A       | 2025-01-10 09:30:01
        """
    )


@pytest.mark.parametrize("won", ["yes", "no"])
def test_a_lead_is_open_until_the_second_of_its_close_and_that_second_too(crm, won):
    crm(
        leads=LEADS,
        deals=f"""
        lead_id | closed_at           | won
        A       | 2025-03-01 12:00:00 | {won}
        """,
    ).open_at(
        """
        lead_id | as_of
        A       | 2025-02-28
        A       | 2025-03-01 12:00:00
        A       | 2025-03-01 12:00:01
        B       | 2025-03-01 12:00:01
        """
    ).shows(
        """
        lead_id | as_of
        A       | 2025-02-28
        A       | 2025-03-01 12:00:00
        B       | 2025-03-01 12:00:01
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_a_lead_that_was_lost_and_won_later_is_closed_from_the_first_close_on(crm):
    crm(
        leads=LEADS,
        deals="""
        lead_id | closed_at  | won
        A       | 2025-05-01 | yes
        A       | 2025-03-01 | no
        A       | 2025-07-01 | yes
        """,
    ).open_at(
        """
        lead_id | as_of
        A       | 2025-03-01
        A       | 2025-04-01
        A       | 2025-05-01
        A       | 2025-06-01
        """
    ).shows(
        """
        lead_id | as_of
        A       | 2025-03-01
        """
    )


def test_without_outcomes_every_lead_is_open(crm):
    crm(
        leads=LEADS,
        deals="""
        lead_id | closed_at  | won
        A       | 2025-03-01 | no
        """,
    ).open_at(
        """
        lead_id | as_of
        A       | 2025-06-01
        B       | 2025-01-01
        """,
        with_deals=False,
    ).shows(
        """
        lead_id | as_of
        A       | 2025-06-01
        """
    )


def test_leads_are_looked_at_at_their_creation(crm):
    crm(leads=LEADS).drawn_moments(at_creation_too=True).shows(
        """
        lead_id | as_of
        A       | 2025-01-10 09:30:00
        B       | 2025-02-20
        """
    )


def test_leads_are_looked_at_at_every_moment_of_a_grid_from_their_creation_on(crm):
    crm(leads=LEADS).drawn_moments(
        grid="""
        as_of
        2025-01-10 09:29:59
        2025-01-10 09:30:00
        2025-02-20
        2025-03-01
        """
    ).shows(
        """
        lead_id | as_of
        A       | 2025-01-10 09:30:00
        A       | 2025-02-20
        A       | 2025-03-01
        B       | 2025-02-20
        B       | 2025-03-01
        """
    )


MIDNIGHTS = """
    day   | as_of
    20098 | 2025-01-10 23:00:00
    20099 | 2025-01-11 23:00:00
    20100 | 2025-01-12 23:00:00
    20101 | 2025-01-13 23:00:00
"""


@pytest.mark.usefixtures("both_engines")
def test_leads_are_looked_at_at_midnights_after_the_first_one_that_sees_them(crm):
    crm(leads=LEADS).drawn_moments(
        after_days=[0, 2],
        midnights=MIDNIGHTS,
        first="""
        lead_id | day
        A       | 20098
        B       | 20101
        """,
    ).shows(
        """
        lead_id | as_of
        A       | 2025-01-10 23:00:00
        A       | 2025-01-12 23:00:00
        B       | 2025-01-13 23:00:00
        """
    )


@pytest.mark.usefixtures("both_engines")
def test_a_moment_that_is_drawn_in_several_ways_is_looked_at_once(crm):
    crm(leads=LEADS).drawn_moments(
        at_creation_too=True,
        after_days=[0],
        midnights="""
        day   | as_of
        20139 | 2025-02-20
        """,
        first="""
        lead_id | day
        A       | 20139
        """,
        grid="""
        as_of
        2025-02-20
        2025-03-01
        2025-03-01
        """,
    ).shows(
        """
        lead_id | as_of
        A       | 2025-01-10 09:30:00
        A       | 2025-02-20
        A       | 2025-03-01
        B       | 2025-02-20
        B       | 2025-03-01
        """
    )


def test_a_single_way_of_drawing_gives_each_moment_once_too(crm):
    made = crm(leads=LEADS)
    twice = made.draw(
        "moments",
        """
        lead_id | as_of
        A       | 2025-03-01
        A       | 2025-03-01
        """,
    )
    assert union_snapshots([twice], made.leads, None).to_pyarrow().num_rows == 1
    assert union_snapshots(iter([twice, sample_at_creation(made.leads)]), made.leads, None).to_pyarrow().num_rows == 3


def test_a_lead_is_looked_at_up_to_its_greatest_age_and_not_a_second_longer(crm):
    crm(leads=LEADS).drawn_moments(
        max_age_days=30,
        grid="""
        as_of
        2025-02-09 09:30:00
        2025-02-09 09:30:01
        2025-03-22
        2025-03-22 00:00:01
        """,
    ).shows(
        """
        lead_id | as_of
        A       | 2025-02-09 09:30:00
        B       | 2025-03-22
        """
    )


def opened(made, time="dates"):
    report = {"time": time, "first_lead": "2025-01-10T09:30:00"}
    tables = SimpleNamespace(leads=made.leads)
    return Engine(made.put.name, made.put.connection, tables, made.deals, report)  # type: ignore[arg-type]


def test_the_leads_open_at_a_moment_are_those_created_by_then_and_not_closed_before(crm):
    engine = opened(
        crm(
            leads="""
            lead_id | created_at
            new     | 2025-03-01
            old     | 2025-02-01
            closing | 2025-02-01
            closed  | 2025-02-01
            future  | 2025-03-01 00:00:01
            """,
            deals="""
            lead_id | closed_at           | won
            closing | 2025-03-01          | yes
            closed  | 2025-02-28 23:59:59 | no
            """,
        )
    )
    rows = select_open_leads(engine, pd.Timestamp("2025-03-01")).to_pyarrow().to_pylist()
    assert sorted(row["lead_id"] for row in rows) == ["closing", "new", "old"]
    assert {row["as_of"] for row in rows} == {pd.Timestamp("2025-03-01")}


def test_in_a_source_without_dates_a_lead_is_open_unless_it_has_an_outcome(crm):
    made = crm(
        leads=LEADS,
        deals="""
        lead_id | closed_at           | won
        A       | 2025-01-10 09:30:00 | no
        """,
    )
    rows = select_open_leads(opened(made, time="order"), pd.Timestamp("2024-01-01")).to_pyarrow().to_pylist()
    assert [row["lead_id"] for row in rows] == ["B"]


def test_a_moment_before_the_first_lead_is_refused_with_a_sentence(crm):
    with pytest.raises(NotEnoughDataError, match=r"as_of must not be before the first lead, of 2025-01-10"):
        select_open_leads(opened(crm(leads=LEADS)), pd.Timestamp("2025-01-10 09:29:59"))


def test_a_moment_at_which_no_lead_is_open_is_refused_with_a_sentence(crm):
    made = crm(
        leads=LEADS,
        deals="""
        lead_id | closed_at  | won
        A       | 2025-03-01 | no
        B       | 2025-03-01 | yes
        """,
    )
    with pytest.raises(NotEnoughDataError, match=r"must hold a lead that is open at 2025-04-01.*all are closed"):
        select_open_leads(opened(made), pd.Timestamp("2025-04-01"))
