"""HEAD is answered as GET without a body; what holds personal data is kept by no cache."""

import httpx
import pytest

PATHS = ["/", "/leads/top", "/api/leads", "/api/leads/top", "/health", "/openapi.json", "/static/leadlight.css"]
REFUSED = ["/leads/nobody", "/api/leads?limit=0", "/nothing"]


@pytest.mark.parametrize("path", PATHS + REFUSED)
def test_head_has_the_status_and_the_headers_of_get_and_no_body(client, path):
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    without = {"date", "transfer-encoding"}
    assert {k: v for k, v in head.headers.items() if k not in without} == {
        k: v for k, v in got.headers.items() if k not in without
    }
    assert int(head.headers["content-length"]) == len(got.content) > 0


def test_a_connection_goes_on_after_head(site):
    with httpx.Client(base_url=site) as client:
        assert [client.head("/").status_code, client.get("/health").json()["status"]] == [200, "ok"]


@pytest.mark.parametrize("path", ["/health", "/health/night"])
def test_head_of_health_alarms_as_get_does(empty, path):
    assert empty.head(path).status_code == empty.get(path).status_code


@pytest.mark.parametrize("path", PATHS + REFUSED)
def test_no_cache_keeps_a_page_or_an_answer(client, path):
    kept = client.get(path).headers.get("cache-control")
    assert kept == (None if path.startswith("/static/") else "no-store")


def test_a_static_file_is_checked_and_not_sent_again(client):
    first = client.get("/static/leadlight.css")
    again = client.get("/static/leadlight.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_api_describes_no_head(client):
    assert {method for path in client.get("/openapi.json").json()["paths"].values() for method in path} == {"get"}
