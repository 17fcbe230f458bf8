"""Figures of what is done with scores, on tables that can be counted by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score

from leadlight.models.metrics.bootstrap import ClusterBootstrap
from leadlight.models.metrics.decision_metrics import find_crossings, measure_crossings, measure_recall_at_capacity


def test_a_lead_crosses_once_until_it_falls_below_again():
    frame = pd.DataFrame({"lead_id": list("aaaabbcc"), "as_of": [1, 2, 3, 4, 1, 2, 1, 2]})
    score = np.array([40, 85, 90, 85, 85, 60, 30, 81.0])
    first = np.array([1, 0, 0, 0, 1, 0, 0, 0], dtype=bool)
    assert find_crossings(frame, score, 80, first).tolist() == [0, 1, 0, 0, 1, 0, 0, 1]
    # not the first of its lead, and nothing known of the one before
    assert find_crossings(frame, score, 80, np.zeros(8, dtype=bool)).tolist() == [0, 1, 0, 0, 0, 0, 0, 1]
    assert find_crossings(frame, np.array([85, 70, 80, 0, 0, 0, 0, 0.0]), 80, first).tolist() == [
        1,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
    ]


def test_precision_is_that_of_the_leads_that_cross():
    crossing, won = np.array([1, 1, 1, 1, 0, 0], dtype=bool), np.array([1, 0, 0, 0, 1, 1])
    found = measure_crossings(crossing, won, 2.0, ClusterBootstrap(np.arange(6), 0))
    assert found["leads_per_week"] == 2.0
    assert found["precision"]["value"] == 0.25
    assert found["precision"]["low"] < 0.25 < found["precision"]["high"]
    none = measure_crossings(np.zeros(6, dtype=bool), won, 2.0, ClusterBootstrap(np.arange(6), 0))
    assert none == {"leads_per_week": 0.0, "precision": {"value": None, "low": None, "high": None}}


@pytest.mark.parametrize("capacity", [1, 3, 50])
def test_recall_at_capacity_is_that_of_scikit_learn_over_all_moments(capacity):
    rng = np.random.default_rng(1)
    moment = np.repeat([0, 1, 2], 40)
    won, good = rng.integers(0, 2, 120), rng.random(120)
    probabilities = {"good": good, "all alike": np.full(120, 0.1)}
    found = measure_recall_at_capacity(probabilities, won, moment, capacity, ClusterBootstrap(np.arange(120), 0))
    chosen = np.concatenate([np.argsort(np.argsort(-good[moment == m])) < capacity for m in range(3)])
    assert found["good"]["value"] == pytest.approx(recall_score(won, chosen))
    assert found["good"]["low"] <= found["good"]["value"] <= found["good"]["high"]
    assert (found["good"]["value"] == found["all alike"]["value"] == 1.0) == (capacity >= 40)
