"""The policy that init proposes can be met by the calibration window that it was proposed for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.pipelines.datasets.policy_thresholds import select_thresholds
from leadlight.pipelines.init.policy_proposal import propose_policy


@given(st.integers(8, 2_000), st.integers(0, 1_000))
def test_it_can_be_met_whatever_the_number_of_leads(leads, seed):
    draw = np.random.default_rng(seed)
    probability = draw.beta(1, 5, leads).clip(1e-4, 1 - 1e-4)
    won = (draw.random(leads) < probability).astype(int)
    won[:2] = 0, 1
    policy = propose_policy(leads)
    found = select_thresholds(policy, ScoredSnapshots(probability, won, np.arange(leads), None), seed=0)
    assert found["marketing_qualified"].probability < found["sales_qualified"].probability


@given(st.integers(1, 100_000))
def test_more_leads_ask_for_no_larger_share(leads):
    few, more = (_percents(propose_policy(count)) for count in (leads, leads + 1))
    assert more <= few
    assert propose_policy(leads).min_leads <= propose_policy(leads + 1).min_leads


def test_many_leads_or_an_unknown_number_keep_the_usual_sentences():
    for leads in (None, 600, 10_000):
        assert (_percents(propose_policy(leads)), propose_policy(leads).min_leads) == ([20, 5], 20)


def _percents(policy):
    return [int(sentence.split()[1]) for sentence in (policy.marketing_qualified, policy.sales_qualified)]
