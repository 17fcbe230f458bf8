"""Earlier snapshots weighed to the ages of newer ones: by hand, as laws, and where nothing can be weighed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.features.errors import PolicyError
from leadlight.models.metrics.age_standardization import compute_standardization_weights
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.grades import compute_grade_statistics
from leadlight.models.scoring.thresholds import select_threshold


def test_ages_are_given_the_shares_that_newer_leads_have():
    ages = np.repeat([0.0, 100.0], [300, 100])
    newest = np.repeat([0.0, 100.0], [50, 150])
    weight = compute_standardization_weights(ages, newest)
    # three quarters were new, and one quarter is
    assert weight[0] == pytest.approx((1 / 4) / (3 / 4))
    assert weight[-1] == pytest.approx((3 / 4) / (1 / 4))


@given(st.integers(0, 2**32 - 1), st.floats(20, 400), st.floats(0.2, 2))
def test_weights_keep_their_mean_and_bring_the_mean_age_to_that_of_newer_leads(seed, then, younger):
    rng = np.random.default_rng(seed)
    ages, newest = rng.uniform(0, then, 4000), rng.uniform(0, then * min(younger, 1), 1500)
    weight = compute_standardization_weights(ages, newest)
    assert weight.mean() == pytest.approx(1)
    # within a band ages may differ, by half of its width at most
    assert np.average(ages, weights=weight) == pytest.approx(newest.mean(), abs=then / 10)


@pytest.mark.parametrize(
    ("ages", "newest"),
    [
        pytest.param(np.arange(500.0), np.empty(0), id="no newer snapshots"),
        pytest.param(np.append(np.arange(500.0), np.nan), np.arange(500.0), id="an age not known"),
        pytest.param(np.arange(500.0), np.append(np.arange(500.0), np.nan), id="a newer age not known"),
        pytest.param(np.arange(100.0), np.arange(400.0), id="nobody was as old"),
        pytest.param(np.append(np.zeros(500), np.arange(1.0, 20)), np.arange(30.0), id="too few as old"),
        pytest.param(np.zeros(500), np.zeros(80), id="looked at when created alone"),
    ],
)
def test_where_there_is_nothing_to_weigh_by_all_count_the_same(ages, newest):
    np.testing.assert_array_equal(compute_standardization_weights(ages, newest), 1)


def test_leads_that_count_for_nothing_set_no_threshold():
    p = np.concatenate([np.full(50, 0.9), np.linspace(0.1, 0.6, 500)])
    won = np.concatenate([np.zeros(50, dtype=int), np.tile([0, 1], 250)])
    scored = ScoredSnapshots(p, won, np.arange(550), 10.0, np.concatenate([np.zeros(50), np.full(500, 1.1)]))
    found = select_threshold("highest recall with precision >= 0.5", scored, 1)
    assert found.probability < 0.2
    assert found.precision[0] == pytest.approx(0.5, abs=0.01)
    with pytest.raises(PolicyError, match=r"The best is highest recall with precision >= 0\.5"):
        select_threshold("highest recall with precision >= 0.9", scored, 1)


def test_a_snapshot_that_counts_twice_is_one_that_stands_twice():
    rng = np.random.default_rng(5)
    p = rng.random(600).round(2)
    won, leads = (rng.random(600) < p / 2).astype(int), np.arange(600) // 2
    twice = rng.random(600) < 0.4
    rows = np.repeat(np.arange(600), np.where(twice, 2, 1))
    weight = np.where(twice, 2.0, 1.0)
    weighed = ScoredSnapshots(p, won, leads, 10.0, weight / weight.mean())
    standing = ScoredSnapshots(p[rows], won[rows], leads[rows], 10.0)
    for sentence in (
        "highest recall with precision >= 0.37",
        "top 7 percent",
        "highest value with win 9 and contact 3",
    ):
        one, other = (select_threshold(sentence, scored, 1) for scored in (weighed, standing))
        assert one.probability == other.probability, sentence
        assert (one.leads, one.wins) == (other.leads, other.wins)
        for figure in ("precision", "recall", "share"):
            assert getattr(one, figure) == pytest.approx(getattr(other, figure)), (sentence, figure)
    grades = np.where(p > 0.5, "A", "B")
    for one, other in zip(
        compute_grade_statistics("AB", grades, won, leads, 1, weight=weight),
        compute_grade_statistics("AB", grades[rows], won[rows], leads[rows], 1),
        strict=True,
    ):
        assert one.win_rate == pytest.approx(other.win_rate)
        assert one.lift == pytest.approx(other.lift)
