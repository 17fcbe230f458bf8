"""What changed is parted into causes that add up exactly, and prints as whole numbers that add up too."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leadlight.models.scoring.score_change import CAUSES, ScoreBreakdown, attribute_score_change
from leadlight.pipelines.score_changes.summary import summarize_changes
from leadlight.serving.score_changes import Change, TopicChange, round_change
from leadlight.serving.text.rounding import display_score

LEADS, TOPICS = 4, 3
SINCE = dt.datetime(2025, 8, 31)


def told(points, base):
    return ScoreBreakdown(base, points, base + points.sum(axis=1), points / 10)


tellings = st.builds(
    told, arrays(float, (LEADS, TOPICS), elements=st.floats(-40, 40)), arrays(float, LEADS, elements=st.floats(0, 40))
)


@given(st.tuples(*[tellings] * 6))
def test_the_causes_of_every_lead_add_up_to_the_difference(states):
    earlier, corrected, aged, known, retold, later = states
    found = attribute_score_change(
        earlier,
        after_corrections=corrected,
        after_ageing=aged,
        after_new_data=known,
        after_model_change=retold,
        later=later,
    )
    np.testing.assert_allclose(found.total.sum(axis=1), later.score - earlier.score, atol=1e-9)
    np.testing.assert_allclose(
        found.topics.sum(axis=(1, 2)), (later.score - later.base) - (earlier.score - earlier.base), atol=1e-9
    )


@pytest.mark.parametrize("cause", CAUSES)
@given(before=tellings, after=tellings)
def test_a_difference_at_one_step_is_all_of_one_cause(cause, before, after):
    order = ["corrected", "time_passing", "new_activity", "new_model"]
    states = [before if place <= order.index(cause) else after for place in range(5)]
    found = attribute_score_change(
        states[0],
        after_corrections=states[1],
        after_ageing=states[2],
        after_new_data=states[3],
        after_model_change=states[4],
        later=states[4],
    )
    np.testing.assert_allclose(found.total[:, CAUSES.index(cause)], after.score - before.score, atol=1e-9)
    others = [place for place, name in enumerate(CAUSES) if name != cause]
    assert not found.total[:, others].any()
    assert not found.moved[:, others].any()


def test_a_topic_whose_log_odds_stand_still_has_not_moved():
    before = ScoreBreakdown(np.zeros(1), np.array([[10.0, 5.0]]), np.array([15.0]), np.array([[1.0, 0.5]]))
    after = ScoreBreakdown(np.zeros(1), np.array([[12.0, 9.0]]), np.array([21.0]), np.array([[1.0, 0.8]]))
    found = attribute_score_change(
        before,
        after_corrections=before,
        after_ageing=before,
        after_new_data=after,
        after_model_change=after,
        later=after,
    )
    assert found.moved[0, CAUSES.index("new_activity")].tolist() == [False, True]


@given(
    st.floats(0, 100).flatmap(
        lambda score: st.tuples(st.just(score), st.floats(0, 100), st.lists(st.floats(-30, 30), min_size=3, max_size=3))
    )
)
def test_printed_causes_add_up_to_the_difference_of_the_printed_scores(drawn):
    after, before, parts = drawn
    causes = dict(zip(CAUSES, [*parts, after - before - sum(parts)], strict=True))
    total, whole = round_change(Change("a", SINCE, causes), after)
    assert sum(whole.values()) == total
    assert abs(total - (display_score(after) - display_score(before))) <= 1  # a sum of floats at a half
    assert all(abs(whole[cause] - causes[cause]) <= 3 for cause in CAUSES)


def test_a_point_that_no_rounding_gives_goes_to_the_largest_cause():
    # 49.5 is printed as 49, for it is not yet 50, and 50.5 as 51
    causes = dict(zip(CAUSES, (3.0, -2.0, 0.0, 0.0), strict=True))
    total, whole = round_change(Change("a", SINCE, causes), 50.5)
    assert total == 2
    assert whole == dict(zip(CAUSES, (4, -2, 0, 0), strict=True))


def test_a_change_is_written_as_text_and_read_again():
    change = Change("a", SINCE, dict.fromkeys(CAUSES, 1.0), (TopicChange("corrected", "Größe", -2.5),))
    assert Change.parse_topics(change.dump_topics()) == change.topics


def test_the_base_is_counted_by_the_cause_that_did_most():
    before = pd.DataFrame({"lead_id": list("abcx"), "stage": ["lead", "lead", "sales_qualified", "lead"]})
    after = pd.DataFrame(
        {"lead_id": list("abcy"), "stage": ["marketing_qualified", "lead", "marketing_qualified", "lead"]}
    )
    rows = {"a": (9, -1, 0, 0), "b": (0.1, -0.2, 0, 0), "c": (2, -5, -1, 0)}
    moved = [Change(lead, SINCE, dict(zip(CAUSES, row, strict=True))) for lead, row in rows.items()]
    found = summarize_changes(before, after, moved)
    assert (found["both"], found["new"], found["gone"]) == (3, 1, 1)
    assert (found["rose"], found["fell"], found["same"]) == (1, 1, 1)
    assert found["causes"]["new_activity"]["rose"] == 1
    assert found["causes"]["new_activity"]["higher_stage"] == 1
    assert found["causes"]["time_passing"]["fell"] == 1
    assert found["causes"]["time_passing"]["lower_stage"] == 1
    assert found["causes"]["time_passing"]["mean_points"] == pytest.approx(-6.2 / 3)


def test_a_base_without_a_lead_on_both_nights_is_counted_too():
    nobody = pd.DataFrame({"lead_id": [], "stage": []})
    found = summarize_changes(nobody, pd.DataFrame({"lead_id": ["a"], "stage": ["lead"]}), [])
    assert (found["both"], found["new"], found["causes"]["corrected"]["mean_points"]) == (0, 1, 0.0)
