"""The newest night is taken back whole, on each kind of database, and its number and moment are free again."""

import datetime as dt

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from leadlight.features.errors import StoreError

FIRST = dt.datetime(2025, 8, 31)
SECOND = dt.datetime(2025, 9, 1)


def frame(*rows):
    return pd.DataFrame(rows)


def test_the_view_is_that_of_the_night_before(store, url, night, lead, dump):
    store.write_run(night(), frame(lead("a"), lead("b")))
    before = {table: rows for table, rows in dump(url).items() if table not in {"withdrawn", "display"}}
    store.write_run(night(SECOND), frame(lead("a", 70.0, SECOND)))
    taken = store.withdraw_run(SECOND, "a test")
    assert (taken.as_of, taken.leads) == (SECOND, 1)
    assert {table: rows for table, rows in dump(url).items() if table in before} == before
    assert sorted(score.lead_id for score in store.list_current(10)) == ["a", "b"]
    with create_engine(url).connect() as connection:
        assert connection.execute(text("SELECT as_of, leads, reason FROM withdrawn")).one()[1:] == (1, "a test")


def test_the_night_can_be_written_again(store, night, lead):
    store.write_run(night(), frame(lead("a")))
    store.write_run(night(SECOND), frame(lead("a", 70.0, SECOND)))
    for score in (60.0, 65.0):
        store.withdraw_run(SECOND, "a test")
        assert not store.write_run(night(SECOND), frame(lead("a", score, SECOND))).rerun
        found = store.get_lead("a")
        assert found is not None
        assert found.score == score


def test_an_older_night_stays(store, url, night, lead, dump):
    store.write_run(night(), frame(lead("a")))
    store.write_run(night(SECOND), frame(lead("a", 70.0, SECOND)))
    before = dump(url)
    with pytest.raises(StoreError, match=r"must be the newest.*2025-09-01"):
        store.withdraw_run(FIRST, "a test")
    assert dump(url) == before


def test_an_empty_store_has_none_to_take_back(store):
    with pytest.raises(StoreError, match="Got a store without nights"):
        store.withdraw_run(FIRST, "a test")
