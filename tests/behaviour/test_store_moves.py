"""What changed and what would help are stored with their night, whole or not at all, on each database."""

import datetime as dt

import pandas as pd
import pytest
from sqlalchemy import event

from leadlight.models.scoring.score_change import CAUSES
from leadlight.serving.score_changes import Change, Recourse, TopicChange

FIRST, SECOND = dt.datetime(2025, 8, 31), dt.datetime(2025, 9, 1)


def moved(lead_id, *points):
    topics = (TopicChange("new_activity", "demo", 4.5),)
    return Change(lead_id, FIRST, dict(zip(CAUSES, points, strict=True)), topics)


OPENINGS = [
    Recourse("a", "marketing_qualified", "demo", 1, 55.5),
    Recourse("a", "marketing_qualified", "age", 1, 61.25),
    Recourse("b", "sales_qualified", "demo", 3, 80.5),
]


def write_two(store, night, lead):
    store.write_run(night(), pd.DataFrame([lead("a"), lead("b")]))
    rows = pd.DataFrame([lead("a", 35.0, SECOND), lead("b", 31.5, SECOND)])
    changes = [moved("a", 6.0, -1.0, 0.0, 0.0), moved("b", 0.0, 0.0, 1.25, 0.25)]
    return store.write_run(night(SECOND), rows, changes, OPENINGS)


def test_both_are_read_as_they_were_written(store, night, lead):
    write_two(store, night, lead)
    assert store.read_changes(2) == {"a": moved("a", 6.0, -1.0, 0.0, 0.0), "b": moved("b", 0.0, 0.0, 1.25, 0.25)}
    assert list(store.read_changes(2, ["b"])) == ["b"]
    assert store.read_changes(1) == {}
    assert [o.topic for o in store.read_recourse(2, "a")] == ["age", "demo"]
    assert store.read_recourse(2, "b") == [OPENINGS[2]]
    assert store.read_recourse(1, "a") == []


def test_points_of_earlier_nights_are_read_by_topic(store, night, lead):
    write_two(store, night, lead)
    points = store.read_points(1, ["a", "b"])
    assert points.index.tolist() == ["a", "b"]
    assert points.loc["a"].to_dict() == {"industry": 18.0, "demo": 1.5, "age": 0.5}
    assert store.read_points(2, ["a"]).loc["a", "industry"] == pytest.approx(23.0)


def test_a_rerun_writes_neither_again(store, url, night, lead, dump):
    write_two(store, night, lead)
    before = dump(url)
    rows = pd.DataFrame([lead("a", 35.0, SECOND), lead("b", 31.5, SECOND)])
    store.write_run(night(SECOND), rows, [moved("a", 1.0, 0.0, 0.0, 0.0)], OPENINGS[:1])
    assert dump(url) == before


def test_a_night_whose_changes_cannot_be_written_leaves_nothing(store, url, night, lead, dump):
    store.write_run(night(), pd.DataFrame([lead("a"), lead("b")]))
    before = dump(url)

    def fail(connection, cursor, statement, *_):
        if "INSERT INTO openings" in statement:
            raise RuntimeError("the disk is full")

    event.listen(store._engine, "before_cursor_execute", fail)
    rows = pd.DataFrame([lead("a", 35.0, SECOND)])
    with pytest.raises(RuntimeError):
        store.write_run(night(SECOND), rows, [moved("a", 5.0, 0.0, 0.0, 0.0)], OPENINGS)
    assert dump(url) == before
