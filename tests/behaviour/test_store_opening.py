"""A store opens on an address that is right, with tables of this version, or says in one sentence why not."""

import subprocess
import sys

import pandas as pd
import pytest
from sqlalchemy import Engine, create_engine, event, inspect, text

from leadlight.features.errors import StoreError
from leadlight.serving.store import open_store
from leadlight.serving.store.tables import metadata


def execute(url, *statements):
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def refusal(url):
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert str(caught.value).startswith("The ")
    assert " must " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "not a url geheim",
        "sqlite://",
        "sqlite:////no/such/folder/store.db",
        "nosuchdatabase://somebody:geheim@host/name",
        "postgresql+psycopg://somebody:geheim@127.0.0.1:1/name",
        "postgresql+psycopg://127.0.0.1:1/name?user=somebody&password=geheim",
    ],
)
def test_a_store_that_cannot_be_opened_is_one_sentence_without_the_password(url):
    refusal(url)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no database " * 200)
    assert "not a database" in refusal(f"sqlite:///{path}")


def test_a_database_that_the_server_does_not_have_is_named(postgresql_url):
    said = refusal(postgresql_url.replace("test@", "test:geheim@") + "_gone")
    assert "_gone" in said
    assert "does not exist" in said


def test_a_role_that_may_not_make_tables_is_refused_and_told_why(postgresql_url):
    execute(postgresql_url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC", "CREATE ROLE guest LOGIN")
    assert "permission denied" in refusal(postgresql_url.replace("test@", "guest:geheim@"))
    execute(postgresql_url, "DROP ROLE guest")


def test_a_role_that_may_only_read_opens_a_store_and_finds_its_leads(postgresql_url, night, lead):
    filled = open_store(postgresql_url)
    filled.write_run(night(), pd.DataFrame([lead("a")]))
    execute(postgresql_url, "CREATE ROLE reader LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    reading = open_store(postgresql_url.replace("test@", "reader@"))
    assert reading.get_lead("a") == filled.get_lead("a")
    with pytest.raises(StoreError, match="permission denied"):
        reading.write_run(night(model="model-2"), pd.DataFrame([lead("a", model_version="model-2")]))
    reading.close()
    execute(postgresql_url, "DROP OWNED BY reader", "DROP ROLE reader")
    filled.close()


def test_an_opened_store_finds_what_another_wrote(store, url, night, lead):
    store.write_run(night(), pd.DataFrame([lead("a")]))
    other = open_store(url)
    assert other.get_lead("a") == store.get_lead("a")
    assert other.get_lead("a").score == 30.0
    other.close()


def test_a_store_goes_on_after_the_server_has_dropped_its_connections(postgresql_url, night, lead):
    store = open_store(postgresql_url)
    store.write_run(night(), pd.DataFrame([lead("a")]))
    assert store.count() == 1
    others = "datname = current_database() AND pid != pg_backend_pid()"
    execute(postgresql_url, f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {others}")
    assert store.count() == 1
    store.close()


def test_a_store_of_a_later_version_is_refused(store, url):
    execute(url, "UPDATE alembic_version SET version_num = '9999'")
    assert "does not know" in refusal(url)


def test_the_migrations_make_the_tables_that_the_code_uses(store):
    inspector, dialect = inspect(store._engine), store._engine.dialect

    for table in metadata.sorted_tables:
        made = {
            column["name"]: (column["type"].compile(dialect), column["nullable"])
            for column in inspector.get_columns(table.name)
        }
        used = {column.name: (column.type.compile(dialect), column.nullable) for column in table.columns}
        assert made == used
        key = inspector.get_pk_constraint(table.name)["constrained_columns"]
        assert key == [column.name for column in table.primary_key]
        unique = {name for found in inspector.get_unique_constraints(table.name) for name in found["column_names"]}
        assert unique == {column.name for column in table.columns if column.unique}


def test_a_migration_that_fails_half_way_leaves_no_table_behind(url, dump):
    def fail(connection, cursor, statement, *_):
        if "CREATE TABLE scores" in statement:
            raise RuntimeError("the disk is full")

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(RuntimeError):
            open_store(url)
    finally:
        event.remove(Engine, "before_cursor_execute", fail)
    assert dump(url) == {}
    open_store(url).close()
    assert sorted(dump(url)) == ["alembic_version", "changes", "display", "nights", "openings", "scores", "withdrawn"]


OPENED = """
import sys
from sqlalchemy import Engine, event
from leadlight.serving.store import open_store

@event.listens_for(Engine, "commit")
def hold(connection):
    print("made", flush=True)
    sys.stdin.readline()
    print("commits", flush=True)

open_store(sys.argv[1]).close()
"""


def test_a_store_that_another_program_is_just_making_opens(url, night, lead):
    command = [sys.executable, "-c", OPENED, url]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout.readline() == "made\n"

        # this one has found no tables, and now makes its own while the other program commits
        def release(connection, cursor, statement, *_):
            if "CREATE TABLE" in statement and not other.stdin.closed:
                other.stdin.close()
                assert other.stdout.readline() == "commits\n"

        event.listen(Engine, "before_cursor_execute", release)
        try:
            store = open_store(url)
        finally:
            event.remove(Engine, "before_cursor_execute", release)
    assert other.returncode == 0
    assert store.write_run(night(), pd.DataFrame([lead("a")])).written == 1
    store.close()
