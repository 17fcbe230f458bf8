"""Stages by score, and with what a lead was the night before."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.models.scoring.anchors import STAGES
from leadlight.models.scoring.stages import NO_CONSENT, decide_stages, find_hysteresis_floor

LEAD, MQL, SQL = STAGES
scores = st.floats(0, 100)
points = st.floats(0, 29.9)
before = st.sampled_from([*STAGES, None, float("nan"), "closed"])


def one(score, was=None, hysteresis=0.0):
    return decide_stages(np.array([score]), [was], hysteresis).stage[0]


@pytest.mark.parametrize(
    ("was", "score", "expected"),
    [
        (None, 49.9, LEAD),
        (None, 50, MQL),
        (None, 79.9, MQL),
        (None, 80, SQL),
        (LEAD, 48, LEAD),
        (MQL, 48, MQL),
        (MQL, 47, MQL),
        (MQL, 46.9, LEAD),
        (MQL, 79, MQL),
        (SQL, 78, SQL),
        (SQL, 77, SQL),
        (SQL, 76.9, MQL),
        (SQL, 48, MQL),
        (SQL, 46, LEAD),
        ("closed", 48, LEAD),
        (np.nan, 48, LEAD),
    ],
)
def test_a_lead_leaves_its_stage_three_points_below_where_it_began(was, score, expected):
    assert one(score, was, 3) == expected


@pytest.mark.parametrize(
    ("stage", "score", "until"),
    [(MQL, 48.0, 47), (MQL, 50.0, None), (SQL, 78.0, 77), (SQL, 80.0, None), (LEAD, 10.0, None)],
)
def test_only_a_lead_that_is_kept_is_told_until_when(stage, score, until):
    assert find_hysteresis_floor(stage, score, 3) == until


@given(st.lists(st.tuples(scores, before), min_size=1))
def test_without_hysteresis_only_the_score_counts(rows):
    values = np.array([score for score, _ in rows])
    plain = np.select([values >= 80, values >= 50], [SQL, MQL], LEAD)
    assert (
        list(decide_stages(values, [was for _, was in rows], 0.0).stage)
        == list(plain)
        == list(decide_stages(values).stage)
    )


@given(scores, before, points)
def test_the_same_score_again_gives_the_same_stage(score, was, hysteresis):
    first = one(score, was, hysteresis)
    assert one(score, first, hysteresis) == first


@given(scores, scores, before, points)
def test_a_higher_score_never_gives_a_lower_stage(one_score, other, was, hysteresis):
    low, high = sorted((one_score, other))
    ranks = [STAGES.index(one(score, was, hysteresis)) for score in (low, high)]
    assert ranks[0] <= ranks[1]


@given(st.sampled_from([50.0, 80.0]), st.floats(0.1, 29.9), st.lists(st.floats(0, 0.999), min_size=2))
def test_a_score_that_moves_by_less_than_the_hysteresis_changes_the_stage_once_at_most(bar, width, steps):
    """All scores lie within `width` of each other and on both sides of a threshold."""
    stage, seen = None, []
    for step in steps:
        stage = one(bar - width / 2 + step * width, stage, width)
        seen.append(stage)
    changes = sum(a != b for a, b in itertools.pairwise(seen))
    assert changes <= 1


@given(scores, before, points)
def test_hysteresis_never_makes_a_stage_lower_and_never_more_than_the_one_before(score, was, hysteresis):
    found, plain = (STAGES.index(one(score, was, h)) for h in (hysteresis, 0.0))
    ceiling = STAGES.index(was) if was in STAGES else 0
    assert plain <= found <= max(plain, ceiling)


@given(st.lists(st.tuples(scores, before, st.booleans()), min_size=1), points)
def test_without_consent_a_lead_stays_a_lead_and_the_reason_is_given(rows, hysteresis):
    values = np.array([score for score, _, _ in rows])
    refused = np.array([no for _, _, no in rows])
    free, _ = decide_stages(values, [was for _, was, _ in rows], hysteresis)
    stage, held_back = decide_stages(values, [was for _, was, _ in rows], hysteresis, refused)
    held = refused & (free != LEAD)
    assert list(stage) == [LEAD if h else name for h, name in zip(held, free, strict=True)]
    assert list(held_back) == [NO_CONSENT if h else None for h in held]
