"""A night is written whole or not at all; history is only ever added to; the view follows from it."""

import datetime as dt
import json
import signal
import subprocess
import sys
import threading

import pandas as pd
import pytest
from sqlalchemy import event

from leadlight.features.errors import StoreError
from leadlight.serving.store import ClosedLead, open_store

FIRST = dt.datetime(2025, 8, 31)
SECOND = dt.datetime(2025, 9, 1)
THIRD = dt.datetime(2025, 9, 2)


def frame(*rows):
    return pd.DataFrame(rows)


def test_a_rerun_gives_the_same_rows_byte_for_byte(store, url, night, lead, dump):
    rows = frame(lead("a"), lead("b", 60.0))
    first = store.write_run(night(), rows)
    before = dump(url)
    again = store.write_run(night(), rows)
    assert dump(url) == before
    assert (first.rerun, first.written, first.same) == (False, 2, 0)
    assert (again.rerun, again.written, again.same, again.differing) == (True, 0, 2, 0)


def test_a_rerun_that_scores_otherwise_is_counted_and_history_kept(store, url, night, lead, dump):
    store.write_run(night(), frame(lead("a"), lead("b"), lead("c")))
    before = dump(url)
    again = store.write_run(night(), frame(lead("a"), lead("b", 31.0)))
    assert dump(url) == before
    assert (again.same, again.differing, again.written, again.closed) == (1, 2, 0, 0)


def test_an_older_night_can_be_rerun_after_a_newer_one(store, night, lead):
    store.write_run(night(), frame(lead("a")))
    store.write_run(night(SECOND), frame(lead("a", 70.0, SECOND)))
    again = store.write_run(night(), frame(lead("a")))
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
def test_only_leads_that_changed_get_a_row(store, changed, night, lead):
    store.write_run(night(), frame(lead("a"), lead("b")))
    result = store.write_run(
        night(SECOND), frame(lead("a", as_of=SECOND, days=1), lead("b", as_of=SECOND, days=1, **changed))
    )
    assert (result.same, result.written) == (1, 1)
    assert [len(store.read_history(lead_id)) for lead_id in "ab"] == [1, 2]


def test_a_changed_score_or_other_counts_are_a_change(store, night, lead):
    counted = json.loads(lead("b", days=1)["reasons"])
    counted[1]["value"]["count_7d"] = 0
    store.write_run(night(), frame(lead("a"), lead("b")))
    rows = frame(lead("a", 31.0, SECOND, 1), lead("b", as_of=SECOND, days=1, reasons=json.dumps(counted)))
    assert store.write_run(night(SECOND), rows).written == 2


def test_time_alone_is_no_change_but_is_told(store, night, lead):
    store.write_run(night(), frame(lead("a")))
    result = store.write_run(night(SECOND), frame(lead("a", as_of=SECOND, days=1)))
    assert (result.same, result.written) == (1, 0)
    found = store.get_lead("a")
    assert (found.as_of, found.since) == (SECOND, FIRST)
    assert [reason.value for reason in found.reasons][2] == 21
    assert found.reasons[1].value["days_since_last"] == 2.5


def test_times_that_did_not_pass_as_they_must_are_a_change(store, night, lead):
    store.write_run(night(), frame(lead("a")))
    assert store.write_run(night(SECOND), frame(lead("a", as_of=SECOND, days=0.5))).written == 1


def test_a_lead_that_is_no_longer_scored_leaves_the_view_and_may_come_back(store, night, lead):
    store.write_run(night(), frame(lead("a"), lead("b")))
    result = store.write_run(night(SECOND), frame(lead("a", as_of=SECOND, days=1)))
    assert (result.closed, result.same) == (1, 1)
    assert [found.lead_id for found in store.list_current(10)] == ["a"]
    assert (store.count(), store.get_lead("b"), store.get_lead("b", as_of=FIRST).score) == (1, None, 30.0)
    assert isinstance(store.read_history("b")[-1], ClosedLead)
    both = frame(lead("a", as_of=THIRD, days=2), lead("b", as_of=THIRD, days=2))
    assert store.write_run(night(THIRD), both).written == 1
    assert [type(row).__name__ for row in store.read_history("b")] == ["StoredScore", "ClosedLead", "StoredScore"]


def test_a_lead_stays_closed_without_another_row(store, night, lead):
    store.write_run(night(), frame(lead("a"), lead("b")))
    store.write_run(night(SECOND), frame(lead("a", as_of=SECOND, days=1)))
    assert store.write_run(night(THIRD), frame(lead("a", as_of=THIRD, days=2))).closed == 0
    assert len(store.read_history("b")) == 2


def test_an_older_as_of_is_refused_and_leaves_nothing_behind(store, url, night, lead, dump):
    store.write_run(night(SECOND), frame(lead("a", as_of=SECOND)))
    before = dump(url)
    with pytest.raises(StoreError, match=r"2025-09-01T00:00:00 .*append-only.* Got 2025-08-31T00:00:00\."):
        store.write_run(night(FIRST), frame(lead("a")))
    assert dump(url) == before


def test_another_model_at_the_same_moment_wins_when_written_last(store, night, lead):
    store.write_run(night(), frame(lead("a")))
    store.write_run(night(model="model-2"), frame(lead("a", 80.0, model_version="model-2")))
    assert (store.get_lead("a").score, store.get_latest_run().model_version) == (80.0, "model-2")
    assert store.get_lead("a", as_of=FIRST).score == 80.0


def test_the_view_is_ordered_paged_filtered_and_ranked(store, night, lead):
    store.write_run(night(), frame(lead("c", 60.0), lead("a", 60.0), lead("b", 90.0), lead("d", 20.0)))
    assert [found.lead_id for found in store.list_current(10)] == ["b", "a", "c", "d"]
    assert [found.lead_id for found in store.list_current(2, 1)] == ["a", "c"]
    assert [found.lead_id for found in store.list_current(10, stage="lead")] == ["d"]
    assert (store.count(), store.count("marketing_qualified")) == (4, 3)
    assert [found.rank for found in store.list_current(10)] == [1, 2, 2, 4]
    assert [(found.rank, found.open_leads) for found in store.list_current(10, stage="lead")] == [(4, 4)]
    assert store.get_lead("c").rank == 2


def test_the_past_is_told_as_it_was(store, night, lead):
    store.write_run(night(), frame(lead("a")))
    store.write_run(night(SECOND), frame(lead("a", 70.0, SECOND)))
    assert store.get_lead("a", as_of=FIRST + dt.timedelta(hours=5)).score == 30.0
    assert store.get_lead("a", as_of=FIRST - dt.timedelta(hours=5)) is None
    assert store.get_latest_run(FIRST).leads == 1


def test_an_empty_store_has_no_night_and_no_leads(store):
    assert (store.get_latest_run(), store.list_current(5), store.count(), store.get_lead("a")) == (None, [], 0, None)


KILLED = """
import datetime as dt, json, os, signal, sys
import pandas as pd
from sqlalchemy import event
from leadlight.serving.store import ScoringRun, open_store

url, scored, words = sys.argv[1:]
store = open_store(url)
chunks = 0

@event.listens_for(store._engine, "after_cursor_execute")
def kill(connection, cursor, statement, parameters, context, executemany):
    global chunks
    chunks += statement.startswith("INSERT INTO scores")
    if chunks == 4:
        os.kill(os.getpid(), signal.SIGKILL)

store.write_run(ScoringRun(dt.datetime(2025, 9, 1), "model-1", json.loads(words)), pd.read_parquet(scored))
"""


def test_a_run_killed_in_the_middle_leaves_yesterday_whole(store, url, tmp_path, *, night, lead, dump):
    ids = [f"L{number:05d}" for number in range(6000)]
    store.write_run(night(), frame(*(lead(lead_id) for lead_id in ids)))
    before = dump(url)
    rows = frame(*(lead(lead_id, 55.0, SECOND) for lead_id in ids))
    rows.to_parquet(tmp_path / "scored.parquet")
    command = [sys.executable, "-c", KILLED, url, str(tmp_path / "scored.parquet"), json.dumps(night().words)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert (store.get_latest_run().as_of, store.count("lead"), store.count()) == (FIRST, 6000, 6000)
    assert dump(url) == before
    assert store.write_run(night(SECOND), rows).written == 6000
    assert store.count("marketing_qualified") == 6000


def test_a_failure_in_the_middle_leaves_yesterday_whole(store, url, night, lead, dump):
    store.write_run(night(), frame(lead("a")))
    before = dump(url)

    def fail(connection, cursor, statement, *_):
        if statement.startswith("UPDATE nights"):
            raise RuntimeError("the disk is full")

    event.listen(store._engine, "before_cursor_execute", fail)
    with pytest.raises(RuntimeError):
        store.write_run(night(SECOND), frame(lead("a", 55.0, SECOND), lead("b", 55.0, SECOND)))
    event.remove(store._engine, "before_cursor_execute", fail)
    assert dump(url) == before
    assert store.write_run(night(SECOND), frame(lead("a", 55.0, SECOND))).written == 1


def test_a_reader_in_the_middle_of_a_night_sees_yesterday_whole(store, night, lead):
    store.write_run(night(), frame(lead("a"), lead("b")))
    seen = []

    def read(connection, cursor, statement, *_):
        if statement.startswith(("INSERT INTO", "UPDATE nights")):
            seen.append((store.get_latest_run().as_of, [found.score for found in store.list_current(10)]))

    event.listen(store._engine, "after_cursor_execute", read)
    store.write_run(night(SECOND), frame(lead("a", 55.0, SECOND), lead("c", 90.0, SECOND)))
    assert seen == [(FIRST, [30.0, 30.0])] * 3
    assert [found.score for found in store.list_current(10)] == [90.0, 55.0]


def test_of_two_jobs_that_write_one_night_the_second_is_refused(store, url, night, lead):
    store.write_run(night(), frame(lead("a")))
    second, sent, refused = open_store(url), threading.Event(), []

    def write():
        with pytest.raises(StoreError) as caught:
            second.write_run(night(SECOND), frame(lead("a", 99.0, SECOND)))
        refused.append(str(caught.value))

    job = threading.Thread(target=write)

    def start(connection, cursor, statement, *_):
        if statement.startswith("INSERT INTO nights"):
            job.start()
            assert sent.wait(30)

    def tell(connection, cursor, statement, *_):
        if statement.startswith("INSERT INTO nights"):
            sent.set()

    event.listen(second._engine, "before_cursor_execute", tell)
    event.listen(store._engine, "after_cursor_execute", start)
    store.write_run(night(SECOND), frame(lead("a", 55.0, SECOND)))
    job.join()
    second.close()
    assert "must be written by one job at a time. Got another one writing." in refused[0]
    assert [row.score for row in store.read_history("a")] == [30.0, 55.0]


def test_equal_scores_stand_in_the_order_of_their_ids_in_any_database(store, night, lead):
    ids = ["B-2", "a-1", "a1", "a_1", "b-1", "Ä"]  # as Python and the nightly file sort them
    store.write_run(night(), frame(*(lead(lead_id, 100 / 3) for lead_id in reversed(ids))))
    found = store.list_current(10)
    assert [score.lead_id for score in found] == ids


def test_numbers_and_moments_come_back_to_the_last_digit(store, night, lead):
    moment = FIRST + dt.timedelta(hours=6, microseconds=1)
    store.write_run(night(moment), frame(lead("Łódź ❤ %s", 100 / 3, moment)))
    found = store.get_lead("Łódź ❤ %s")
    assert (found.score, found.probability, found.as_of) == (100 / 3, 100 / 3 / 200, moment)
    assert found.reasons[0].points == 100 / 3 - 12.0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (lambda lead: [lead("a"), lead("a")], "once. Got a twice"),
        (lambda lead: [lead("a", 101.0)], "between 0 and 100. Got 101.0"),
        (lambda lead: [lead("a", probability=float("nan"))], "probability of lead a must be between 0 and 1. Got nan"),
        (lambda lead: [lead("a", stage="hot")], "one of lead, marketing_qualified, sales_qualified. Got hot"),
        (lambda lead: [lead("a", reasons="[]")], "add up to its score 30.000000. Got 10.000000"),
        (lambda lead: [lead("a", reasons="nothing")], "JSON list"),
        (lambda lead: [lead("a", reasons=lead("a")["reasons"].replace("20", "NaN"))], "JSON list"),
        (lambda lead: [lead("a", reasons=lead("a")["reasons"].replace("demo", "call"))], "words. Got call"),
        (lambda lead: [lead("a", model_version="model-9")], "must be that of their night, model-1. Got model-9"),
        (lambda lead: [lead("a", as_of=SECOND)], "as_of of the scores must be that of their night"),
        (lambda lead: [lead("")], "not empty"),
    ],
)
def test_scores_that_cannot_be_right_are_refused_before_anything_is_written(store, rows, said, night, lead):
    with pytest.raises(StoreError) as caught:
        store.write_run(night(), frame(*rows(lead)))
    assert said in str(caught.value)
    assert store.get_latest_run() is None


def test_no_leads_at_all_never_close_everybody(store, night, lead):
    store.write_run(night(), frame(lead("a")))
    with pytest.raises(StoreError, match="at least one lead"):
        store.write_run(night(SECOND), frame(lead("a", as_of=SECOND)).iloc[:0])
    assert store.count() == 1


def test_words_that_lack_something_are_refused(store, night, lead):
    words = {key: value for key, value in night().words.items() if key != "base_probability"}
    with pytest.raises(StoreError, match=r"The base_probability of a night's words"):
        store.write_run(night(words=words), frame(lead("a")))
