"""Thresholds from sentences, by brute force; grades by what such leads did."""

import re

import numpy as np
import pytest
from scipy.special import logit

from leadlight.features.errors import PolicyError
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.thresholds import SENTENCE_FORMS, Threshold, select_threshold
from leadlight.pipelines.datasets.policy_thresholds import MIN_DISTANCE, place_without_signal, select_thresholds
from leadlight.pipelines.params.sections import Policy


@pytest.fixture(scope="module")
def scored():
    rng = np.random.default_rng(5)
    p = np.round(rng.beta(1, 8, 3000), 3)  # with ties
    won = (rng.random(3000) < p).astype(int)
    return ScoredSnapshots(p, won, np.arange(3000), weeks=10.0)


def brute(scored, judge):
    candidates = np.unique(scored.probability)
    return max(candidates, key=lambda t: judge(scored.probability >= t))


def test_highest_recall_with_a_precision_is_the_lowest_threshold_that_reaches_it(scored):
    found = select_threshold("highest recall with precision >= 0.25", scored, 0)
    reaching = [
        t
        for t in np.unique(scored.probability)
        if (above := scored.probability >= t).sum() >= 20 and scored.won[above].mean() >= 0.25
    ]
    assert found.probability == min(reaching)
    assert found.precision[0] >= 0.25
    assert found.precision[1] < found.precision[0] < found.precision[2]


def test_top_percent_and_top_per_week_choose_that_many(scored):
    percent = select_threshold("top 5 percent", scored, 0)
    weekly = select_threshold("top 30 per week", scored, 0)
    assert (scored.probability >= percent.probability).mean() == pytest.approx(0.05, abs=0.01)
    assert (scored.probability >= weekly.probability).sum() == pytest.approx(300, rel=0.1)


def test_highest_value_is_that_of_brute_force(scored):
    found = select_threshold("highest value with win 500 and contact 90", scored, 0)

    def value(above):
        return scored.won[above].sum() * 500 - above.sum() * 90

    assert value(scored.probability >= found.probability) == value(scored.probability >= brute(scored, value))


def test_a_probability_is_taken_as_it_stands(scored):
    assert select_threshold("probability >= 0.25", scored, 0).probability == 0.25


@pytest.mark.parametrize("sentence", SENTENCE_FORMS)
def test_every_form_that_is_named_can_be_read(sentence):
    rng = np.random.default_rng(7)
    p = rng.beta(1, 4, 5000)
    found = select_threshold(sentence, ScoredSnapshots(p, (rng.random(5000) < p) * 1, np.arange(5000), 10.0), 0)
    assert 0 < found.probability < 1


def test_without_dates_a_sentence_about_weeks_is_refused_and_not_offered(scored):
    undated = ScoredSnapshots(scored.probability, scored.won, scored.leads)
    with pytest.raises(PolicyError, match="no dates") as refused:
        select_threshold("top 30 per week", undated, 0)
    assert "top 5 percent" in str(refused.value)
    assert SENTENCE_FORMS[1] not in str(refused.value)
    for sentence in SENTENCE_FORMS[::2]:
        assert select_threshold(sentence, undated, 0) == select_threshold(sentence, scored, 0)


@pytest.mark.parametrize("sentence", ["best leads", "top 5", "precision >= 0.3", "top -3 percent", ""])
def test_a_sentence_of_no_known_form_is_refused_with_the_forms(scored, sentence):
    with pytest.raises(PolicyError, match="must have one of the forms: highest recall"):
        select_threshold(sentence, scored, 0)


def test_one_that_cannot_be_met_names_the_best_that_can_and_that_one_works(scored):
    with pytest.raises(PolicyError, match="The best is") as refused:
        select_threshold("highest recall with precision >= 0.99", scored, 0)
    best = str(refused.value).split("The best is ")[1].rstrip(".")
    assert select_threshold(best, scored, 0).precision[0] > 0.3


@pytest.fixture(scope="module")
def clustered():
    """Three hundred leads of ten snapshots each, the best of which are the best ten times."""
    rng = np.random.default_rng(8)
    p = np.repeat(np.sort(rng.beta(1, 8, 300))[::-1], 10) * rng.uniform(0.98, 1.0, 3000)
    return ScoredSnapshots(p, (rng.random(3000) < p).astype(int), np.repeat(np.arange(300), 10), weeks=10.0)


@pytest.mark.parametrize(
    "sentence",
    [
        "highest recall with precision >= 0.95",
        "top 1 percent",
        "top 2.5 per week",
        "highest value with win 1 and contact 1",
        "probability >= 0.97",
    ],
)
def test_a_form_that_too_few_leads_can_meet_names_the_nearest_of_its_form_that_enough_can(clustered, sentence):
    with pytest.raises(PolicyError, match="The best is") as refused:
        select_threshold(sentence, clustered, 0)
    best = str(refused.value).split("The best is ")[1].rstrip(".")
    assert re.sub(r"[\d.]+", "N", best) == re.sub(r"[\d.]+", "N", sentence)
    found = select_threshold(best, clustered, 0)
    assert found.leads >= 20
    assert found.leads <= 23 or "value" in sentence


def test_leads_are_counted_and_not_their_snapshots(clustered):
    ten_leads = float(np.sort(clustered.probability)[-100])
    assert (clustered.probability >= ten_leads).sum() == 100
    with pytest.raises(PolicyError, match=r"has 1\d leads above it, and it takes 20 \(policy.min_leads\)"):
        select_threshold(f"probability >= {ten_leads:.6f}", clustered, 0)
    found = select_threshold(f"probability >= {ten_leads:.6f}", clustered, 0, min_leads=5)
    above = clustered.probability >= found.probability
    assert found.leads == len(set(clustered.leads[above]))
    assert found.wins == len(set(clustered.leads[above & (clustered.won == 1)]))


def test_a_window_with_fewer_leads_than_are_asked_for_can_have_no_threshold(clustered):
    with pytest.raises(PolicyError, match=r"at least 301 leads .* Got 300"):
        select_threshold("top 20 percent", clustered, 0, min_leads=301)
    few = ScoredSnapshots(np.linspace(0.1, 0.9, 30), np.tile([0, 1], 15), np.arange(30), weeks=1.0)
    with pytest.raises(PolicyError, match="none, for only all leads together are enough"):
        select_threshold("top 20 percent", few, 0, min_leads=30)


def test_a_threshold_written_before_leads_were_counted_can_be_read(scored):
    written = select_threshold("top 5 percent", scored, 0).to_dict()
    del written["leads"], written["wins"]
    assert Threshold.from_dict(written).leads is None


def test_a_contact_dearer_than_any_win_is_refused(scored):
    with pytest.raises(PolicyError, match="earns more than it costs"):
        select_threshold("highest value with win 1 and contact 1000", scored, 0)


@pytest.mark.parametrize("sentence", ["top 100 percent", "top 0 percent", "top 9000 per week", "probability >= 1"])
def test_all_or_nobody_is_no_policy(scored, sentence):
    with pytest.raises(PolicyError):
        select_threshold(sentence, scored, 0)


def test_intervals_widen_when_snapshots_are_few_leads(scored):
    clustered = ScoredSnapshots(scored.probability, scored.won, np.arange(3000) // 100, scored.weeks)
    rng = np.random.default_rng(0)
    order = np.argsort(scored.won + rng.random(3000) * 0.9)
    clustered = ScoredSnapshots(scored.probability[order], scored.won[order], clustered.leads, scored.weeks)
    alone = select_threshold("probability >= 0.2", scored, 0).precision
    together = select_threshold("probability >= 0.2", clustered, 0).precision
    assert together[2] - together[1] > 1.5 * (alone[2] - alone[1])


def test_grades_say_how_often_such_leads_won():
    rng = np.random.default_rng(6)
    strength = rng.normal(size=20_000)
    rate = np.clip(0.1 * np.exp(strength), 0, 1)
    won = (rng.random(20_000) < rate).astype(int)
    scale = GradeScale.fit("ABCD", strength, won)
    grades = scale.assign(strength)
    average = won.mean()
    assert won[grades == "A"].mean() >= 2 * average
    assert average <= won[grades == "B"].mean() < 2.2 * average
    assert 0.5 * average <= won[grades == "C"].mean() < 1.1 * average
    assert won[grades == "D"].mean() < 0.5 * average
    assert GradeScale.from_dict(scale.to_dict()) == scale


def test_nobody_gets_the_best_grade_where_nobody_earned_it():
    strength = np.linspace(-1, 1, 1000)
    won = np.tile([0, 1], 500)
    scale = GradeScale.fit("1234", strength, won)
    assert scale.cuts[0] == np.inf
    assert "1" not in set(scale.assign(strength))
    assert GradeScale.from_dict(scale.to_dict()) == scale


def test_thresholds_too_close_to_tell_apart_are_parted_and_say_from_where(scored):
    policy = Policy(marketing_qualified="probability >= 0.2", sales_qualified="probability >= 0.21")
    found = select_thresholds(policy, scored, 0)
    marketing, sales = found["marketing_qualified"], found["sales_qualified"]
    assert (marketing.probability, marketing.moved_from) == (0.2, None)
    assert logit(sales.probability) - logit(0.2) == pytest.approx(MIN_DISTANCE)
    assert sales.moved_from == 0.21
    assert sales.sentence == "probability >= 0.21"
    above = scored.probability >= sales.probability
    assert sales.precision[0] == pytest.approx(scored.won[above].mean())
    assert sales.leads == above.sum()
    assert Threshold.from_dict(sales.to_dict()) == sales


def test_thresholds_far_enough_apart_stay_where_they_are(scored):
    policy = Policy(marketing_qualified="probability >= 0.2", sales_qualified="probability >= 0.25")
    assert [t.moved_from for t in select_thresholds(policy, scored, 0).values()] == [None, None]


def test_marketing_that_is_stricter_than_sales_is_refused(scored):
    policy = Policy(marketing_qualified="top 3 percent", sales_qualified="top 20 percent")
    with pytest.raises(PolicyError, match=r"sales_qualified must be stricter than that of marketing_qualified\. Got"):
        select_thresholds(policy, scored, 0)


def test_without_a_signal_no_lead_reaches_a_threshold():
    found = place_without_signal(Policy(), 0.1)
    assert 0.1 < found["marketing_qualified"].probability < found["sales_qualified"].probability
    assert found["marketing_qualified"].probability == pytest.approx(0.25)  # three times the odds of 1 to 9
