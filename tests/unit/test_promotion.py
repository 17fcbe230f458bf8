"""Better, worse or no evidence: what twenty drawn worlds must come to, and the interval against scipy's."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import bootstrap, spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from leadlight.models.validation.champion_challenger import (
    BETTER,
    NO_EVIDENCE,
    NOT_WORSE,
    WORSE,
    LogLossReduction,
    ModelScores,
    PromotionCriteria,
    check_gates,
    compare_log_loss,
    decide,
)
from leadlight.pipelines.params.sections import Promotion

SEEDS = range(20)
LAW = np.r_[0.8, -0.5, 0.4, np.zeros(17)]
MOVED = np.r_[-0.2, 0.7, 0.4, 0.6, np.zeros(16)]


def criteria(**changed):
    return PromotionCriteria(**Promotion(**changed).model_dump())


def draw(rows, rng, law=LAW):
    """Two snapshots a lead, twenty features of which three matter, one win in eight."""
    X = rng.normal(size=(rows, len(law)))
    won = (rng.random(rows) < expit(-2.3 + X @ law)).astype(int)
    return X, won, np.repeat(np.arange(rows // 2), 2).astype(str)


def fitted(X, won):
    return LogisticRegression(C=0.1, max_iter=500).fit(X, won)


def answers(challenger_world, champion_world=draw, window=draw, shuffled=False):
    """The verdict of each seed on three samples: the champion's, the challenger's and the newest."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        X, won, _ = champion_world(2000, rng)
        champion = fitted(X, won)
        X, won, _ = challenger_world(2000, rng)
        challenger = fitted(X, rng.permutation(won) if shuffled else won)
        X, won, leads = window(2000, rng)
        p, q = (model.predict_proba(X)[:, 1] for model in (challenger, champion))
        found.append(decide(compare_log_loss(p, q, won, leads, seed=seed), criteria()))
    return Counter(found)


@pytest.mark.slow
def test_a_retraining_in_a_world_that_did_not_change_is_no_evidence():
    found = answers(draw)
    assert found[BETTER] <= 1
    assert found[WORSE] <= 1
    assert found[NO_EVIDENCE] >= 18


@pytest.mark.slow
def test_a_challenger_that_learned_the_new_law_is_better():
    def moved(rows, rng):
        return draw(rows, rng, MOVED)

    assert answers(moved, window=moved) == {BETTER: 20}


@pytest.mark.slow
def test_a_challenger_that_knows_a_feature_that_matters_is_better():
    def blind(rows, rng):
        X, won, leads = draw(rows, rng)
        return X * np.r_[0, np.ones(19)], won, leads

    assert answers(draw, champion_world=blind) == {BETTER: 20}


@pytest.mark.slow
def test_a_challenger_of_shuffled_labels_is_worse_and_never_gets_in():
    found = answers(draw, shuffled=True)
    assert found[BETTER] == 0
    assert found[WORSE] >= 18


def refreshed(challenger_rows, shuffled=False):
    """Verdict of each seed on a champion and the same procedure with newer leads, judged in four months."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        X, won, _ = draw(4000, rng)
        champion = fitted(X[:3400], won[:3400])
        first = 4000 - challenger_rows
        challenger = fitted(X[first:], rng.permutation(won[first:]) if shuffled else won[first:])
        X, won, leads = draw(2400, rng)
        p, q = (model.predict_proba(X)[:, 1] for model in (challenger, champion))
        month = np.arange(len(won)) // 600
        gain = compare_log_loss(p, q, won, leads, seed=seed, period=month)
        found.append(decide(gain, criteria(), refresh=True))
    return Counter(found)


@pytest.mark.slow
def test_an_equal_refresh_serves_and_a_broken_one_never():
    equal = refreshed(4000)
    assert equal[NOT_WORSE] + equal[BETTER] >= 18
    assert set(refreshed(4000, shuffled=True)) <= {WORSE, NO_EVIDENCE}


def test_a_gain_that_changes_from_month_to_month_is_less_certain(pair):
    p, q, won, leads = pair
    month = np.arange(len(won)) // (len(won) // 6)
    turned = np.where(month % 2 == 0, p, q), np.where(month % 2 == 0, q, p)  # better in one month, worse in the next
    without, within = (compare_log_loss(*turned, won, leads, seed=0, period=period) for period in (None, month))
    assert within.value == without.value
    assert within.high - within.low > 1.2 * (without.high - without.low)


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(3)
    X, won, leads = draw(1200, rng)
    p, q = (expit(-2.3 + X @ (LAW * scale)) for scale in (1.0, 0.4))
    return p, q, won, leads


def test_the_gain_is_that_of_scikit_learn_and_its_interval_that_of_scipy(pair):
    p, q, won, leads = pair
    found = compare_log_loss(p, q, won, leads, seed=0)
    assert found.value == pytest.approx(log_loss(won, q) - log_loss(won, p), rel=1e-9)
    assert found.loss == pytest.approx(log_loss(won, q), rel=1e-9)
    assert found.share == pytest.approx(found.value / found.loss)
    losses = [-np.log(np.where(won == 1, c, 1 - c)) for c in (q, p)]
    by_lead = (losses[0] - losses[1]).reshape(-1, 2).mean(axis=1)  # leads of two snapshots each
    theirs = bootstrap((by_lead,), np.mean, method="percentile", n_resamples=4000, rng=1).confidence_interval
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.1 * (theirs.high - theirs.low))


def test_snapshots_of_one_lead_go_together(pair):
    p, q, won, _ = pair
    width = [
        np.subtract(found.high, found.low)
        for found in (
            compare_log_loss(np.tile(p, k), np.tile(q, k), np.tile(won, k), np.tile(np.arange(len(p)), k), seed=0)
            for k in (1, 4)
        )
    ]
    assert width[1] == pytest.approx(width[0])  # a row that stands four times is no more evidence


def test_swapping_the_two_turns_the_answer_round(pair):
    p, q, won, leads = pair
    there, back = compare_log_loss(p, q, won, leads, seed=0), compare_log_loss(q, p, won, leads, seed=0)
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
    assert {decide(there, criteria()), decide(back, criteria())} == {BETTER, WORSE}


@settings(deadline=None)
@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0.01, 1), st.integers(0, 60), st.floats(0, 0.5))
def test_an_answer_needs_wins_and_an_interval_beyond_the_smallest_gain(low, width, loss, wins, least):
    answer = decide(
        LogLossReduction(low + width / 2, low, low + width, loss, wins), criteria(min_gain=least, min_wins=30)
    )
    if wins < 30 or low <= 0 <= low + width:
        assert answer == NO_EVIDENCE
    else:
        nearest = low if low > 0 else -(low + width)
        expected = BETTER if low > 0 else WORSE
        assert answer == (expected if nearest > least * loss else NO_EVIDENCE)


def looked_at(p, q, won, leads, **limits):
    seen = (ModelScores(c, 100 * c, ("a", "b")) for c in (p, q))
    return {gate.name: gate for gate in check_gates(*seen, won, leads, limits=criteria(**limits), seed=0)}


def test_gates_state_the_figure_that_they_judge(pair):
    p, q, won, leads = pair
    found = looked_at(p, q, won, leads)
    assert found["calibration"].passed
    assert found["order"].figures["rank_correlation"] == pytest.approx(spearmanr(p, q).statistic)
    moved = float(np.mean(np.abs(100 * p - 100 * q) > 20))
    assert found["stability"].figures["moved_share"] == moved
    assert f"{moved:.1%} of scores" in found["stability"].message
    assert not looked_at(p, q, won, leads, max_moved_share=moved - 1e-9)["stability"].passed
    assert looked_at(p, q, won, leads, max_moved_share=moved)["stability"].passed
    volumes = found["marketing_qualified"].figures
    assert (volumes["before"], volumes["after"]) == ((q >= 0.5).sum(), (p >= 0.5).sum())


def test_chances_out_of_scale_fail_the_calibration(pair):
    p, q, won, leads = pair
    log_odds = np.log(p / (1 - p))
    assert not looked_at(expit(2.5 * log_odds), q, won, leads)["calibration"].passed
    assert not looked_at(expit(log_odds + 1.5), q, won, leads)["calibration"].passed


def test_one_chance_for_all_leads_has_no_order_and_is_held_back(pair):
    p, q, won, leads = pair
    flat = np.full_like(p, won.mean())
    assert not looked_at(flat, q, won, leads)["order"].passed
    assert looked_at(p, flat, won, leads)["order"].passed


def test_a_volume_of_a_few_may_change_by_chance(pair):
    _, _, won, leads = pair
    few, none = np.full(len(won), 0.1), np.full(len(won), 0.1)
    few[:10] = 0.9
    few[11] = none[11] = 0.2
    assert looked_at(few, none, won, leads)["sales_qualified"].passed
    few[10] = 0.9
    assert not looked_at(few, none, won, leads)["sales_qualified"].passed
