"""A value has one range, whether a reader asks for one lead or a whole column is counted."""

import json
import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.features.catalogue import AttributeSpec, SignalSpec
from leadlight.features.feature_set import FeatureSet
from leadlight.models.scoring.binning import count_bin_edges, get_bin_edges, label_bins, round_quantile_edges
from leadlight.models.scoring.topic_values import extract_topic_values
from leadlight.models.scoring.win_rates import count_win_rates_by_bin

CATALOGUE = FeatureSet(
    (
        AttributeSpec("industry", "category"),
        AttributeSpec("employees", "number"),
        AttributeSpec("mail", "email"),
        AttributeSpec("title", "job_title"),
    ),
    (SignalSpec("demo", 1, has_value=True), SignalSpec("call", by_sales=True), SignalSpec("visit", by_sales=True)),
    has_activities=True,
    has_age=True,
).catalogue
DISPLAYS = {f.family: f.display for f in CATALOGUE.features if f.display}
SPELLINGS = {"industry": {"steel": "Steel", "food": "Food"}}


def counts(week, month, quarter, last):
    return {"count_7d": week, "count_30d": month, "count_90d": quarter, "days_since_last": last}


@pytest.mark.parametrize(
    ("value", "edges", "key"),
    [
        (counts(1, 4, 4, 2.0), [], "7d:1"),
        (counts(2, 4, 4, 2.0), [], "7d:2"),
        (counts(3, 4, 4, 2.0), [], "7d:3-4"),
        (counts(0, 4, 9, 12.0), [], "30d:3-4"),
        (counts(0, 5, 9, 12.0), [], "30d:5+"),
        (counts(0, 0, 17, 44.0), [], "90d:5+"),
        (counts(0, 0, 0, 91.0), [], "older"),
        (counts(0, 0, 0, None), [], "never"),
        ({**counts(1, 1, 1, 0.5), "trend": -0.3, "active_days_30d": 1}, [], "7d:1"),
        ({"silence": None}, [7.0], "untouched"),
        ({"silence": 0, "days_since_sales": 3}, [7.0], "reacted"),
        ({"silence": 6.9, "days_since_sales": 6.9}, [7.0], "0"),
        ({"silence": 7, "days_since_sales": 7}, [7.0], "1"),
        (49.9, [50.0, 200.0], "0"),
        (50, [50.0, 200.0], "1"),
        (200.0, [50.0, 200.0], "2"),
        (None, [50.0, 200.0], "unknown"),
        ("Steel", [], "=Steel"),
        ("", [], "unknown"),
        ({"email_domain": "free"}, [], "=free"),
        ({"email_domain": None}, [], "unknown"),
        ({"job_level": "director", "job_department": "it"}, [], "=director/it"),
    ],
)
def test_a_value_is_in_the_range_that_its_sentence_speaks_of(value, edges, key):
    displays = {family: DISPLAYS[family] for family in value} if isinstance(value, dict) else {}
    assert label_bins(value, edges, displays) == key


def test_the_name_of_a_range_tells_its_ends():
    assert [get_bin_edges(key, [50.0, 200.0]) for key in ("0", "1", "2", "unknown", "=7")] == [
        (None, 50.0),
        (50.0, 200.0),
        (200.0, None),
        (None, None),
        (None, None),
    ]
    assert [count_bin_edges(key) for key in ("7d:1", "90d:3-4", "30d:5+", "older", "=30d:5+")] == [
        (1, 1),
        (3, 4),
        (5, None),
        None,
        None,
    ]


@given(st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), max_size=40), st.booleans())
def test_edges_are_few_short_and_part_what_is_there(values, whole):
    x = np.array(values, dtype=float)
    edges = round_quantile_edges(x, whole=whole)
    assert len(edges) <= 4
    assert edges == sorted(set(edges))
    assert all(float(f"{edge:.1e}") == edge for edge in edges)
    assert not whole or all(edge.is_integer() for edge in edges)
    assert all((x < edge).any() and (x >= edge).any() for edge in edges)


def drawn(feature):
    unknown = st.just(math.nan)
    if feature.kind == "category":
        texts = st.sampled_from(["steel", "food", "free", "other", "3-4"]) | st.text(min_size=1, max_size=3)
        return st.none() | texts
    if feature.family.startswith(("count", "objects")):
        return st.integers(0, 9).map(float)
    if feature.family in ("silence", "days_since_last", "age_days"):
        return unknown | st.just(0.0) | st.floats(0, 400)
    return unknown | st.floats(-1e4, 1e6)


rows = st.fixed_dictionaries({feature.name: drawn(feature) for feature in CATALOGUE.features})


@given(st.lists(rows, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_whole_column_is_counted_in_the_ranges_that_single_values_are_in(few):
    copies = 10  # as many leads as a range must have to be told of
    frame = pd.DataFrame([row for row in few for _ in range(copies)], columns=CATALOGUE.names)
    for feature in CATALOGUE.features:
        if feature.kind == "category":
            frame[feature.name] = frame[feature.name].astype("str")
    leads = pd.Series([f"L{i}" for i in range(len(frame))])
    won = np.arange(len(frame)) % 2
    evidence = json.loads(json.dumps(count_win_rates_by_bin(frame, won, leads, CATALOGUE, SPELLINGS)))
    for topic in CATALOGUE.topics:
        told = evidence["topics"][topic.key]
        values = json.loads(json.dumps(extract_topic_values(frame, CATALOGUE, topic, SPELLINGS)))
        displays = {f.family: display for f, display in CATALOGUE.list_displayed(topic.key)}
        expected = Counter(label_bins(value, told["edges"], displays) for value in values)
        assert {key: count for key, (count, _, _) in told["ranges"].items()} == expected
