"""Columns filled in or emptied when a lead closes are found at any level; what is known at creation is not."""

import numpy as np
import pandas as pd
import pytest

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.filled_at_close import find_filled_at_close
from leadlight.pipelines.audit.stratified_difference import compare_between, compare_within
from leadlight.pipelines.audit.target_leakage import MeasuredColumn
from leadlight.pipelines.audit.univariate import bin_column

END = pd.Timestamp("2025-07-01")
DAY = pd.Timedelta(days=1)
SEEDS = range(20)


class Crm:
    """Leads of 500 days that close within weeks, as a win or not by the toss of a coin."""

    def __init__(self, seed: int, leads: int = 3000, youngest: float = 0.1, delay: float | None = None) -> None:
        self.rng = np.random.default_rng(seed)
        self.age = self.rng.uniform(youngest, 500, leads)
        self.known = self.toss(0.5)  # known at creation
        self.close(25.0 if delay is None else delay)

    def toss(self, share: float | np.ndarray) -> np.ndarray:
        return self.rng.uniform(size=len(self.age)) < share

    def close(self, days: float | np.ndarray, but: float | np.ndarray = 0.1) -> None:
        delay = self.rng.exponential(days, len(self.age)) + 0.5
        self.closed = (delay < self.age) & ~self.toss(but)
        self.created = pd.Series(END - pd.to_timedelta(self.age, unit="D"))
        self.closed_at = (self.created + pd.to_timedelta(delay, unit="D")).where(self.closed)
        self.won = self.toss(0.5) & self.closed

    def find(self, filled: np.ndarray, losses: bool = True) -> list[tuple[str, str]]:
        closed = self.closed if losses else self.won
        leads = pd.DataFrame(
            {"created_at": self.created, "closed_at": self.closed_at.where(closed), "won": self.won, "open": ~closed}
        )
        dataset = AuditDataset(
            params=None, report={"known_until": str(END)}, profiles={}, leads=leads, columns=pd.DataFrame(), tables={},
            truncation=None, deal_columns=pd.DataFrame(), by_day=(), quarantine=pd.DataFrame(), won_rows={},
        )  # fmt: skip
        texts = pd.Series(np.where(filled, "x", None), dtype="str")
        column = MeasuredColumn("planted", "category", bin_column(texts, "category"), None, None)
        return [(f.severity, f.sentence) for f in find_filled_at_close(dataset, column)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("leads", [800, 3000])
def test_an_account_that_every_closed_deal_has_and_a_third_of_the_open_ones_is_a_leak(seed, leads):
    """Of a coin toss nothing can be predicted, but such a column makes a model of it."""
    crm = Crm(seed, leads)
    ((severity, sentence),) = crm.find(crm.closed | crm.toss(0.32))
    assert severity == "leak"
    assert "100 % of the closed leads" in sentence
    assert "it is filled in when a lead closes" in sentence


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_is_a_leak_where_no_lead_is_young(seed):
    crm = Crm(seed, youngest=200)
    assert [severity for severity, _ in crm.find(crm.closed | crm.toss(0.32))] == ["leak"]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_emptied_at_the_close_is_found_too(seed):
    crm = Crm(seed, 6000)
    ((severity, sentence),) = crm.find(crm.toss(np.where(crm.closed, 0.2, 0.9)))
    assert severity == "leak"
    assert "it is emptied when a lead closes" in sentence


@pytest.mark.parametrize("seed", SEEDS)
def test_a_smaller_difference_is_to_be_looked_at(seed):
    crm = Crm(seed, 6000)
    assert crm.find(crm.toss(np.where(crm.closed, 0.7, 0.35)))


def known_at_creation(crm):
    return crm.known


def goes_with_a_quick_close(crm):
    crm.close(np.where(crm.known, 12.0, 40.0))
    return crm.known


def goes_with_a_slow_close(crm):
    crm.close(np.where(crm.known, 40.0, 12.0))
    return crm.known


def kind_of_lead_that_never_closes(crm):
    crm.close(25.0, np.where(crm.known, 0.0, 1.0))
    return crm.known


def introduced_over_the_years(crm):
    return crm.toss(0.9 - 0.8 * crm.age / 500)


def given_up_weeks_ago(crm):
    return crm.toss(np.where(crm.age > 35, 0.9, 0.1))


def given_up_and_quick(crm):
    crm.close(np.where(crm.known, 12.0, 40.0))
    return crm.known & crm.toss(0.3 + 0.6 * crm.age / 500)


def filled_by_progress(crm):
    return crm.rng.exponential(60, len(crm.age)) < crm.age


def filled_by_progress_until_the_close(crm):
    spent = (crm.closed_at.fillna(END) - crm.created) / DAY
    return crm.rng.exponential(30, len(crm.age)) < spent.to_numpy()


HONEST = [
    known_at_creation, goes_with_a_quick_close, goes_with_a_slow_close, kind_of_lead_that_never_closes,
    introduced_over_the_years, given_up_weeks_ago, given_up_and_quick, filled_by_progress,
    filled_by_progress_until_the_close,
]  # fmt: skip


@pytest.mark.parametrize("losses", [True, False], ids=["losses", "wins only"])
@pytest.mark.parametrize("fill", HONEST, ids=lambda fill: fill.__name__)
def test_what_does_not_come_with_the_close_is_never_called_so(fill, losses):
    found = {}
    for seed in SEEDS:
        for leads in (800, 3000):
            crm = Crm(seed, leads)
            found[seed, leads] = crm.find(fill(crm), losses)
    assert {place: finding for place, finding in found.items() if finding} == {}


def test_one_cohort_gives_the_interval_of_newcombe():
    """Newcombe 1998, table II, 56/70 against 48/80 by method 10, here at 99 %; the weights of one cohort are one."""
    filled = np.repeat([True, False, True, False], [56, 14, 48, 32])
    closed = np.repeat([True, False], [70, 80])
    compared = compare_within(filled, closed, np.zeros(150, dtype=int))
    assert compared is not None
    within, of_closed, of_open = compared
    assert (of_closed, of_open, round(within.value, 6)) == (0.8, 0.6, 0.2)
    assert 0 < within.low < 0.0524
    assert 0.3339 < within.high < 0.4


def test_cohorts_of_one_kind_count_for_nothing():
    cohort = np.repeat([0, 1], 100)
    filled, closed = np.arange(200) % 2 == 0, cohort == 0
    assert compare_within(filled, closed, cohort) is None


def test_without_young_leads_cohorts_cannot_tell():
    cohort = np.repeat(np.arange(6), 50)
    between = compare_between(np.arange(300) % 3 == 0, np.full(300, 0.9), cohort, cohort * 10.0)
    assert (between.low, between.high) == (-np.inf, np.inf)
