"""A table that another session has locked is waited for, and then told: never without end."""

import datetime as dt
import time

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from leadlight.features.errors import StoreError
from leadlight.serving.store import connection, open_store


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(connection, "MAX_LOCK_SECONDS", 1)


@pytest.fixture
def locked(url):
    """Return a function that has another session lock a table; the session ends with the test."""
    engine = create_engine(url.replace("test@", "test:zz@"))
    other = engine.connect()

    def lock(table):
        if url.startswith("sqlite"):
            other.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            other.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        return other

    yield lock
    other.close()
    engine.dispose()


def refusal(act):
    began = time.monotonic()
    with pytest.raises(StoreError) as caught:
        act()
    assert time.monotonic() - began < 3
    said = str(caught.value)
    assert said.startswith("The tables of the score store ")
    assert "must be free within 1 s" in said
    assert "zz" not in said
    assert caught.value.__cause__ is None
    return said


@pytest.mark.parametrize("table", ["nights", "scores", "display"])
def test_a_night_waits_for_a_locked_table_and_is_then_refused(store, locked, night, lead, table):
    store.write_run(night(), pd.DataFrame([lead("a")]))
    other = locked(table)
    is_postgresql = other.engine.dialect.name == "postgresql"
    later = dt.datetime(2025, 9, 1)
    rows = pd.DataFrame([lead("a", as_of=later, days=1), lead("b", as_of=later)])
    said = refusal(lambda: store.write_run(night(later), rows))
    if is_postgresql:
        pid = other.connection.driver_connection.info.backend_pid
        assert f"process {pid} of the user test" in said
    other.rollback()
    assert store.get_latest_run().as_of == dt.datetime(2025, 8, 31)
    assert store.write_run(night(later), rows).written == 1


def test_a_store_whose_tables_are_locked_is_not_tried_three_times(store, url, locked):
    locked("alembic_version")
    refusal(lambda: open_store(url))


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_who_reads_meanwhile_is_not_named(store, url, locked, night, lead):
    store.write_run(night(), pd.DataFrame([lead("a")]))
    engine = create_engine(url)
    with engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM scores"))
        pid = locked("nights").connection.driver_connection.info.backend_pid
        assert f"process {pid} " in refusal(store.count)
    engine.dispose()
