"""What visitors of the pages and the API are told of the store behind them, on each kind of database."""

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from leadlight.features.errors import StoreError
from leadlight.serving.app import create_app


@pytest.fixture
def visitor(store, night, lead):
    store.write_run(night(), pd.DataFrame([lead("a")]))
    return TestClient(create_app(store), base_url="http://localhost")


@pytest.mark.parametrize("path", ["/leads/%00", "/leads/a%00", "/api/leads/%00", "/api/leads/%00?as_of=2025-09-01"])
def test_an_id_with_a_nul_is_that_of_no_lead(visitor, path):
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert "must be that of an open lead" in answer.text


@pytest.mark.parametrize("query", ["owner=%00", "owner=Kim%00", "q=a&owner=%00"])
def test_an_owner_with_a_nul_has_no_lead(visitor, query):
    assert visitor.get(f"/?{query}").status_code == 200
    answer = visitor.get(f"/api/leads?{query}")
    assert (answer.status_code, answer.json()["total"]) == (200, 0)


def test_a_nul_in_a_search_is_a_blank(visitor):
    assert visitor.get("/?q=%00a").status_code == 200
    assert visitor.get("/api/leads?q=%00a").json()["total"] == 1


def test_a_night_with_a_nul_in_an_id_is_refused(store, night, lead):
    with pytest.raises(StoreError, match="The lead_id of the scores must be a text"):
        store.write_run(night(), pd.DataFrame([lead("a\0b")]))
    assert store.get_lead("a\0b") is None


@pytest.mark.parametrize("path", ["/", "/leads/a", "/api/leads", "/api/leads/a", "/health", "/health/night"])
def test_a_visitor_is_not_told_where_the_store_is(visitor, store, path, caplog):
    break_store(store)
    answer = visitor.get(path, headers={"accept-language": "en"})
    assert answer.status_code == 503
    told = answer.text.casefold()
    for secret in ("sqlite", "postgresql", "127.0.0.1", "test@", "store.db", "nights", "psycopg", "relation", "table"):
        assert secret not in told
    assert "the score store must be reachable" in told
    assert "log" in told
    [logged] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "nights" in logged
    assert str(store._engine.url) in logged
    assert "\n" not in logged


def break_store(store):
    with store._engine.begin() as connection:
        connection.execute(text("DROP TABLE openings"))
        connection.execute(text("DROP TABLE changes"))
        connection.execute(text("DROP TABLE scores"))
        connection.execute(text("DROP TABLE nights"))
