"""`/health` says whether a night is stored and whether it is old; `/health/night` makes a monitor alarm of it."""

import datetime as dt

import httpx
import pytest

HOURS_SINCE = (dt.datetime.now(dt.UTC) - dt.datetime(2025, 8, 31, 22, tzinfo=dt.UTC)).total_seconds() / 3600


def ask(address):
    answers = [httpx.get(address + path) for path in ("/health", "/health/night")]
    assert answers[0].json() == answers[1].json()
    return answers[0].json()["status"], [answer.status_code for answer in answers]


@pytest.mark.parametrize(
    ("words", "status", "codes"),
    [
        ({"max_age_hours": HOURS_SINCE - 1}, "old", [200, 503]),
        ({"max_age_hours": HOURS_SINCE + 1}, "ok", [200, 200]),
        ({"max_age_hours": None}, "ok", [200, 200]),
        ({}, "ok", [200, 200]),  # a night of an earlier version
    ],
)
def test_a_night_older_than_its_limit_is_old(serve, data, words, status, codes):
    address = serve(data.words | words)
    assert ask(address) == (status, codes)
    assert httpx.get(f"{address}/health").json()["max_age_hours"] == words.get("max_age_hours")
    assert httpx.get(f"{address}/api/leads").status_code == 200  # an old queue is still shown


def test_a_store_without_a_night_alarms(empty):
    assert ask(str(empty.base_url).rstrip("/")) == ("empty", [200, 503])
