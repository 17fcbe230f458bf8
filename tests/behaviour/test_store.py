"""A night is written whole or not at all; history is only ever added to; the view follows from it."""

import datetime as dt
import json
import signal
import sqlite3
import subprocess
import sys

import pandas as pd
import pytest
from sqlalchemy import event
from sqlalchemy.dialects import postgresql

from features.errors import StoreError
from serving.store import Closing, Night, open_store
from serving.store.tables import metadata
from serving.store.view import view

FIRST = dt.datetime(2025, 8, 31)
SECOND = dt.datetime(2025, 9, 1)
THIRD = dt.datetime(2025, 9, 2)
MODEL = "model-1"
WORDS = {
    "simulated": True,
    "policy": None,
    "base_probability": 0.04,
    "calibrated": True,
    "topics": {
        "industry": {"kind": "attribute", "group": "fit", "label": {"en": "Industry"}},
        "demo": {"kind": "signal", "group": "engagement", "label": {"en": "Demo request"}},
        "age": {"kind": "age", "group": "engagement", "label": {"en": "Age"}},
    },
}


def lead(lead_id, score=30.0, as_of=FIRST, days=0, **changed):
    """One row; `days` is the time that has passed since the first night."""
    demo = {"count_7d": 1, "count_30d": 1, "count_90d": 1, "days_since_last": 1.5 + days}
    reasons = [
        {"topic": "industry", "group": "fit", "points": score - 12.0, "value": "Retail"},
        {"topic": "demo", "group": "engagement", "points": 1.5, "value": demo},
        {"topic": "age", "group": "engagement", "points": 0.5, "value": 20 + days},
    ]
    row = {
        "lead_id": lead_id,
        "as_of": as_of,
        "probability": score / 200,
        "score": score,
        "base_score": 10.0,
        "stage": "marketing_qualified" if score >= 50 else "lead",
        "fit_grade": "B",
        "engagement_grade": "2",
        "held_back": None,
        "reasons": json.dumps(reasons),
        "model_version": MODEL,
    }
    return row | changed


def night(as_of=FIRST, model=MODEL, words=WORDS):
    return Night(as_of, model, words)


def frame(*rows):
    return pd.DataFrame(rows)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(url):
    store = open_store(url)
    yield store
    store.close()


def dump(url):
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_a_rerun_gives_the_same_rows_byte_for_byte(store, url):
    rows = frame(lead("a"), lead("b", 60.0))
    first = store.write_night(night(), rows)
    before = dump(url)
    again = store.write_night(night(), rows)
    assert dump(url) == before
    assert (first.rerun, first.written, first.same) == (False, 2, 0)
    assert (again.rerun, again.written, again.same, again.differing) == (True, 0, 2, 0)


def test_a_rerun_that_scores_otherwise_is_counted_and_history_kept(store, url):
    store.write_night(night(), frame(lead("a"), lead("b"), lead("c")))
    before = dump(url)
    again = store.write_night(night(), frame(lead("a"), lead("b", 31.0)))
    assert dump(url) == before
    assert (again.same, again.differing, again.written, again.closed) == (1, 2, 0, 0)


def test_an_older_night_can_be_rerun_after_a_newer_one(store):
    store.write_night(night(), frame(lead("a")))
    store.write_night(night(SECOND), frame(lead("a", 70.0, SECOND)))
    again = store.write_night(night(), frame(lead("a")))
    assert (again.rerun, again.same, again.differing) == (True, 1, 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"stage": "sales_qualified"},
        {"fit_grade": "A"},
        {"engagement_grade": "1"},
        {"held_back": "no_consent"},
        {"probability": 0.9},
    ],
)
def test_only_leads_that_changed_get_a_row(store, changed):
    store.write_night(night(), frame(lead("a"), lead("b")))
    result = store.write_night(
        night(SECOND), frame(lead("a", as_of=SECOND, days=1), lead("b", as_of=SECOND, days=1, **changed))
    )
    assert (result.same, result.written) == (1, 1)
    assert [len(store.history(lead_id)) for lead_id in "ab"] == [1, 2]


def test_a_changed_score_or_other_counts_are_a_change(store):
    counted = json.loads(lead("b", days=1)["reasons"])
    counted[1]["value"]["count_7d"] = 0
    store.write_night(night(), frame(lead("a"), lead("b")))
    rows = frame(lead("a", 31.0, SECOND, 1), lead("b", as_of=SECOND, days=1, reasons=json.dumps(counted)))
    assert store.write_night(night(SECOND), rows).written == 2


def test_time_alone_is_no_change_but_is_told(store):
    store.write_night(night(), frame(lead("a")))
    result = store.write_night(night(SECOND), frame(lead("a", as_of=SECOND, days=1)))
    assert (result.same, result.written) == (1, 0)
    found = store.lead("a")
    assert (found.as_of, found.since) == (SECOND, FIRST)
    assert [reason.value for reason in found.reasons][2] == 21
    assert found.reasons[1].value["days_since_last"] == 2.5


def test_times_that_did_not_pass_as_they_must_are_a_change(store):
    store.write_night(night(), frame(lead("a")))
    assert store.write_night(night(SECOND), frame(lead("a", as_of=SECOND, days=0.5))).written == 1


def test_a_lead_that_is_no_longer_scored_leaves_the_view_and_may_come_back(store):
    store.write_night(night(), frame(lead("a"), lead("b")))
    result = store.write_night(night(SECOND), frame(lead("a", as_of=SECOND, days=1)))
    assert (result.closed, result.same) == (1, 1)
    assert [found.lead_id for found in store.current(10)] == ["a"]
    assert (store.count(), store.lead("b"), store.lead("b", as_of=FIRST).score) == (1, None, 30.0)
    assert isinstance(store.history("b")[-1], Closing)
    both = frame(lead("a", as_of=THIRD, days=2), lead("b", as_of=THIRD, days=2))
    assert store.write_night(night(THIRD), both).written == 1
    assert [type(row).__name__ for row in store.history("b")] == ["StoredScore", "Closing", "StoredScore"]


def test_a_lead_stays_closed_without_another_row(store):
    store.write_night(night(), frame(lead("a"), lead("b")))
    store.write_night(night(SECOND), frame(lead("a", as_of=SECOND, days=1)))
    assert store.write_night(night(THIRD), frame(lead("a", as_of=THIRD, days=2))).closed == 0
    assert len(store.history("b")) == 2


def test_an_older_as_of_is_refused_and_leaves_nothing_behind(store, url):
    store.write_night(night(SECOND), frame(lead("a", as_of=SECOND)))
    before = dump(url)
    with pytest.raises(StoreError, match=r"2025-09-01T00:00:00 .*append-only.* Got 2025-08-31T00:00:00\."):
        store.write_night(night(FIRST), frame(lead("a")))
    assert dump(url) == before


def test_another_model_at_the_same_moment_wins_when_written_last(store):
    store.write_night(night(), frame(lead("a")))
    store.write_night(night(model="model-2"), frame(lead("a", 80.0, model_version="model-2")))
    assert (store.lead("a").score, store.newest_night().model_version) == (80.0, "model-2")
    assert store.lead("a", as_of=FIRST).score == 80.0


def test_the_view_is_ordered_paged_filtered_and_ranked(store):
    store.write_night(night(), frame(lead("c", 60.0), lead("a", 60.0), lead("b", 90.0), lead("d", 20.0)))
    assert [found.lead_id for found in store.current(10)] == ["b", "a", "c", "d"]
    assert [found.lead_id for found in store.current(2, 1)] == ["a", "c"]
    assert [found.lead_id for found in store.current(10, stage="lead")] == ["d"]
    assert (store.count(), store.count("marketing_qualified")) == (4, 3)
    assert [store.rank(found) for found in store.current(10)] == [1, 2, 3, 4]


def test_the_past_is_told_as_it_was(store):
    store.write_night(night(), frame(lead("a")))
    store.write_night(night(SECOND), frame(lead("a", 70.0, SECOND)))
    assert store.lead("a", as_of=FIRST + dt.timedelta(hours=5)).score == 30.0
    assert store.lead("a", as_of=FIRST - dt.timedelta(hours=5)) is None
    assert store.newest_night(FIRST).leads == 1


def test_an_empty_store_has_no_night_and_no_leads(store):
    assert (store.newest_night(), store.current(5), store.count(), store.lead("a")) == (None, [], 0, None)


KILLED = """
import datetime as dt, json, os, signal, sys
import pandas as pd
from sqlalchemy import event
from serving.store import Night, open_store

url, scored, words = sys.argv[1:]
store = open_store(url)
chunks = 0

@event.listens_for(store._engine, "after_cursor_execute")
def kill(connection, cursor, statement, parameters, context, executemany):
    global chunks
    chunks += statement.startswith("INSERT INTO scores")
    if chunks == 4:
        os.kill(os.getpid(), signal.SIGKILL)

store.write_night(Night(dt.datetime(2025, 9, 1), "model-1", json.loads(words)), pd.read_parquet(scored))
"""


def test_a_run_killed_in_the_middle_leaves_yesterday_whole(store, url, tmp_path):
    ids = [f"L{number:05d}" for number in range(6000)]
    store.write_night(night(), frame(*(lead(lead_id) for lead_id in ids)))
    before = dump(url)
    rows = frame(*(lead(lead_id, 55.0, SECOND) for lead_id in ids))
    rows.to_parquet(tmp_path / "scored.parquet")
    command = [sys.executable, "-c", KILLED, url, str(tmp_path / "scored.parquet"), json.dumps(WORDS)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert (store.newest_night().as_of, store.count("lead"), store.count()) == (FIRST, 6000, 6000)
    assert dump(url) == before
    assert store.write_night(night(SECOND), rows).written == 6000
    assert store.count("marketing_qualified") == 6000


def test_a_failure_in_the_middle_leaves_yesterday_whole(store, url):
    store.write_night(night(), frame(lead("a")))
    before = dump(url)

    def fail(connection, cursor, statement, *_):
        if statement.startswith("UPDATE nights"):
            raise RuntimeError("the disk is full")

    event.listen(store._engine, "before_cursor_execute", fail)
    with pytest.raises(RuntimeError):
        store.write_night(night(SECOND), frame(lead("a", 55.0, SECOND), lead("b", 55.0, SECOND)))
    event.remove(store._engine, "before_cursor_execute", fail)
    assert dump(url) == before
    assert store.write_night(night(SECOND), frame(lead("a", 55.0, SECOND))).written == 1


def test_an_opened_store_finds_what_another_wrote(store, url):
    store.write_night(night(), frame(lead("a")))
    other = open_store(url)
    assert other.lead("a") == store.lead("a")
    other.close()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([lead("a"), lead("a")], "once. Got a twice"),
        ([lead("a", 101.0)], "between 0 and 100. Got 101.0"),
        ([lead("a", probability=float("nan"))], "probability of lead a must be between 0 and 1. Got nan"),
        ([lead("a", stage="hot")], "one of lead, marketing_qualified, sales_qualified. Got hot"),
        ([lead("a", reasons="[]")], "add up to its score 30.000000. Got 10.000000"),
        ([lead("a", reasons="nothing")], "JSON list"),
        ([lead("a", reasons=lead("a")["reasons"].replace("20", "NaN"))], "JSON list"),
        ([lead("a", reasons=lead("a")["reasons"].replace("demo", "call"))], "words. Got call"),
        ([lead("a", model_version="model-9")], "must be that of their night, model-1. Got model-9"),
        ([lead("a", as_of=SECOND)], "as_of of the scores must be that of their night"),
        ([lead("")], "not empty"),
    ],
)
def test_scores_that_cannot_be_right_are_refused_before_anything_is_written(store, rows, said):
    with pytest.raises(StoreError) as caught:
        store.write_night(night(), frame(*rows))
    assert said in str(caught.value)
    assert store.newest_night() is None


def test_no_leads_at_all_never_close_everybody(store):
    store.write_night(night(), frame(lead("a")))
    with pytest.raises(StoreError, match="at least one lead"):
        store.write_night(night(SECOND), frame(lead("a", as_of=SECOND)).iloc[:0])
    assert store.count() == 1


def test_words_that_lack_something_are_refused(store):
    words = {key: value for key, value in WORDS.items() if key != "calibrated"}
    with pytest.raises(StoreError, match=r"The calibrated of a night's words"):
        store.write_night(night(words=words), frame(lead("a")))


@pytest.mark.parametrize(
    "url",
    [
        "not a url geheim",
        "sqlite://",
        "sqlite:////no/such/folder/store.db",
        "nosuchdatabase://somebody:geheim@host/name",
        "postgresql+psycopg://somebody:geheim@127.0.0.1:1/name",
    ],
)
def test_a_store_that_cannot_be_opened_is_one_sentence_without_the_password(url):
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert str(caught.value).startswith("The ")
    assert " must " in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no database " * 200)
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{path}")


def test_a_store_of_a_later_version_is_refused(store, url):
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="does not know"):
        open_store(url)


def test_the_migrations_make_the_tables_that_the_code_uses(store):
    from sqlalchemy import inspect

    inspector = inspect(store._engine)
    for table in metadata.sorted_tables:
        made = {
            column["name"]: (str(column["type"]), column["nullable"])
            for column in inspector.get_columns(table.name)
        }
        used = {
            column.name: (column.type.compile(store._engine.dialect), column.nullable)
            for column in table.columns
        }
        assert made == used


def test_the_view_compiles_for_postgresql():
    compiled = str(view(3).compile(dialect=postgresql.dialect()))
    assert "max(scores.night)" in compiled
