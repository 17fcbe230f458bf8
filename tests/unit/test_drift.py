"""Drift against the published formulas, its laws, and what a bundle remembers of a population."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import rel_entr
from scipy.stats import false_discovery_control

from leadlight.features.catalogue import AGE, Catalogue, Feature, Topic
from leadlight.models.metrics.drift import (
    calculate_expected_psi,
    calculate_psi,
    calculate_psi_p_value,
    smooth_proportions,
)
from leadlight.models.validation.reference_population import build_reference, count_in_bins

counts = st.lists(st.integers(0, 500), min_size=2, max_size=12).map(np.array)
quick = settings(deadline=None, derandomize=True, max_examples=60)


def test_the_index_is_that_of_a_worked_example():
    before, now = np.array([0.2, 0.5, 0.3]), np.array([0.1, 0.5, 0.4])
    assert calculate_psi(before, now) == pytest.approx(-0.1 * math.log(0.5) + 0.1 * math.log(4 / 3))


@quick
@given(st.data(), counts)
def test_the_index_is_the_symmetric_divergence_and_never_negative(data, before):
    now = data.draw(st.lists(st.integers(0, 500), min_size=len(before), max_size=len(before)).map(np.array))
    p, q = smooth_proportions(before), smooth_proportions(now)
    assert calculate_psi(p, q) >= 0
    assert calculate_psi(p, q) == pytest.approx(rel_entr(p, q).sum() + rel_entr(q, p).sum(), abs=1e-12)
    assert calculate_psi(p, q) == pytest.approx(calculate_psi(q, p), abs=1e-12)


@quick
@given(counts)
def test_equal_shares_have_not_moved(before):
    p = smooth_proportions(before)
    assert calculate_psi(p, p) == 0
    assert p.sum() == pytest.approx(1)
    assert (p > 0).all()


def test_without_drift_the_index_is_what_chance_gives():
    draw = np.random.default_rng(5)
    shares, n, m = np.array([0.1, 0.2, 0.3, 0.25, 0.15]), 900, 600
    found = [
        calculate_psi(smooth_proportions(draw.multinomial(n, shares)), smooth_proportions(draw.multinomial(m, shares)))
        for _ in range(3000)
    ]
    assert np.mean(found) == pytest.approx(calculate_expected_psi(5, n, m), rel=0.05)
    small = np.array([calculate_psi_p_value(index, 5, n, m) for index in found])
    assert np.mean(small < 0.05) == pytest.approx(0.05, abs=0.012)
    assert np.mean(small < 0.5) == pytest.approx(0.5, abs=0.03)


def test_what_has_one_bin_cannot_move():
    assert calculate_psi_p_value(0.0, 1, 100, 100) == 1


def test_of_many_features_that_have_not_moved_few_nights_raise_an_alarm():
    draw = np.random.default_rng(8)
    shares, alarms = np.full(10, 0.1), 0
    for _ in range(300):
        indexes = [
            calculate_psi(
                smooth_proportions(draw.multinomial(500, shares)), smooth_proportions(draw.multinomial(500, shares))
            )
            for _ in range(60)
        ]
        chances = np.array([calculate_psi_p_value(index, 10, 500, 500) for index in indexes])
        alarms += bool((false_discovery_control(chances, method="by") <= 0.05).any())
    assert alarms <= 15


def catalogue(*numbers, category="branch", age=None):
    features = [Feature(name, "attribute", name, "fit", "number", 0, "Says.") for name in numbers]
    features += [Feature(category, "attribute", category, "fit", "category", 0, "Says.")]
    if age:
        features.append(Feature(age, "age_days", AGE, "engagement", "number", 0, "Says."))
    return Catalogue(tuple(features), tuple(Topic(f.topic, "attribute", f.group, {}) for f in features))


def population(n, seed=1, shift=0.0):
    draw = np.random.default_rng(seed)
    x = draw.normal(shift, 1, n)
    x[draw.random(n) < 0.1] = np.nan
    branch = pd.Series(draw.choice(["a", "b", "c"], n, p=[0.6, 0.395, 0.005])).mask(draw.random(n) < 0.2)
    frame = pd.DataFrame({"x": x, "visits": draw.poisson(0.4, n).astype(float), "branch": branch})
    frame["age"] = draw.uniform(0, 300, n)
    p = draw.beta(1, 9, n)
    return frame, pd.DataFrame({"probability": p, "score": 100 * p})


def test_a_population_is_remembered_as_plain_counts_of_every_lead():
    frame, scored = population(2000)
    known = catalogue("x", "visits", age="age")
    record = json.loads(json.dumps(build_reference(frame, scored, known)))
    everybody = record["all"]
    assert everybody["leads"] == 2000
    for entry in [*everybody["numbers"].values(), *everybody["categories"].values(), everybody["scores"]]:
        assert sum(entry["counts"]) == 2000
    assert everybody["numbers"]["x"]["counts"][-1] == frame["x"].isna().sum()
    assert everybody["numbers"]["x"]["median"] == pytest.approx(frame["x"].median())
    assert everybody["categories"]["branch"]["levels"] == ["a", "b"]
    assert everybody["categories"]["branch"]["counts"][-1] == frame["branch"].isna().sum()
    assert everybody["categories"]["branch"]["counts"][-2] == (frame["branch"] == "c").sum()
    assert everybody["marketing_qualified"] == (scored["score"] >= 50).sum()
    assert record["new"]["leads"] == (frame["age"] <= 90).sum()
    assert build_reference(frame, scored, catalogue("x"))["new"] is None
    assert build_reference(frame.head(200), scored.head(200), known)["new"] is None


def test_a_value_of_many_leads_has_a_bin_of_its_own():
    frame, scored = population(1000)
    entry = build_reference(frame, scored, catalogue("visits"))["all"]["numbers"]["visits"]
    zeros = int((frame["visits"] == 0).sum())
    assert zeros > 500
    assert entry["counts"][1] == zeros
    assert entry["counts"][0] == 0
    flat = frame.assign(visits=1.0)
    record = build_reference(flat, scored, catalogue("visits"))["all"]
    assert list(count_in_bins(record, frame.assign(visits=0.0), scored)["numbers"]["visits"]) == [1000, 0, 0, 0]


@pytest.mark.parametrize("rescale", [lambda x: 3 * x + 7, np.exp, lambda x: x**3, np.arctan])
def test_the_index_does_not_change_with_the_scale(rescale):
    (before, scored), (now, scored_now) = population(1500), population(1200, seed=2, shift=0.4)

    def index(change):
        record = build_reference(before.assign(x=change(before["x"])), scored, catalogue("x"))["all"]
        moved = count_in_bins(record, now.assign(x=change(now["x"])), scored_now)["numbers"]["x"]
        return calculate_psi(smooth_proportions(np.array(record["numbers"]["x"]["counts"])), smooth_proportions(moved))

    assert index(rescale) == pytest.approx(index(lambda x: x), rel=1e-9)
    assert index(rescale) > 0.05


@quick
@given(arrays(float, st.integers(1, 60), elements=st.floats(allow_infinity=False, width=32)))
def test_every_value_falls_into_one_bin(values):
    frame = pd.DataFrame({"x": values, "branch": None})
    scored = pd.DataFrame({"probability": np.full(len(values), 0.2), "score": np.full(len(values), 20.0)})
    record = build_reference(frame, scored, catalogue("x"))["all"]
    entry = record["numbers"]["x"]
    assert entry["edges"] == sorted(set(entry["edges"]))
    assert list(count_in_bins(record, frame, scored)["numbers"]["x"]) == entry["counts"]
    assert sum(entry["counts"]) == len(values)
