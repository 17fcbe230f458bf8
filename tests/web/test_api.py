"""The API tells the store's truth in JSON, and every refusal is one sentence."""

import math
from urllib.parse import quote

import pytest


def test_health_tells_how_fresh_the_scores_are(client):
    assert client.get("/health").json() == {
        "status": "ok",
        "latest_run": "2025-08-31T22:00:00Z",
        "model_version": "model-7f3a",
        "leads": 30,
        "max_age_hours": None,
    }


def test_leads_come_by_score_in_pages(client):
    first = client.get("/api/leads", params={"limit": 3}).json()
    rest = client.get("/api/leads", params={"limit": 500, "offset": 3}).json()
    scores = [lead["score"] for lead in first["leads"] + rest["leads"]]
    assert (first["total"], len(scores)) == (30, 30)
    assert scores == sorted(scores, reverse=True)
    assert first["leads"][0]["lead_id"] == "top"


def test_leads_are_filtered_by_stage_and_tell_why_they_are_held_back(client):
    chosen = client.get("/api/leads", params={"stage": "sales_qualified"}).json()
    assert [lead["lead_id"] for lead in chosen["leads"]] == ["top"]
    everyone = client.get("/api/leads").json()["leads"]
    assert {lead["lead_id"]: lead["stage_limited_by"] for lead in everyone}["held"] == "no_consent"


def test_a_lead_comes_with_reasons_that_add_up_exactly_and_in_print(client):
    for lead_id in ("top", "over", "held", "plain-07"):
        lead = client.get(f"/api/leads/{lead_id}").json()
        exact = math.fsum([lead["base_score"], *(reason["points"] for reason in lead["reasons"])])
        printed = lead["base_score_rounded"] + sum(reason["points_rounded"] for reason in lead["reasons"])
        assert exact == pytest.approx(lead["score"], abs=1e-6)
        assert printed == lead["score_rounded"] == math.floor(lead["score"] + 0.5)
        assert len(lead["reasons"]) == 7


def test_a_lead_is_told_in_the_language_asked_for(client):
    def told(**asked):
        answer = client.get("/api/leads/top", **asked).json()
        sentences = {reason["topic"]: reason["sentence"] for reason in answer["reasons"]}
        return answer["language"], sentences["pricing"]

    english = ("en", "Pricing page: 3 times in 7 days, the last one yesterday")
    german = ("de", "Preisseite: 3 Mal in 7 Tagen, zuletzt gestern")
    assert told() == english
    assert told(params={"language": "de"}) == german
    assert told(headers={"accept-language": "fr, de-AT;q=0.8, en;q=0.5"}) == german
    assert told(headers={"accept-language": "de;q=0.1, en-GB"}) == english
    assert told(headers={"accept-language": "de"}, params={"language": "en"}) == english
    assert told(headers={"accept-language": "fr;q=x,,;q="}) == english


def test_a_lead_is_told_as_of_a_moment(client):
    now = client.get("/api/leads/top").json()
    then = client.get("/api/leads/top", params={"as_of": "2025-09-01T00:30:00+02:00"}).json()
    assert (now["rank"], then["rank"], then["score"]) == (1, 1, now["score"])
    before = client.get("/api/leads/top", params={"as_of": "2025-08-31T23:30:00+02:00"})
    assert before.status_code == 503


def test_a_lead_id_may_have_any_characters(client, data):
    answer = client.get(f"/api/leads/{quote(data.odd, safe='')}")
    assert (answer.status_code, answer.json()["lead_id"]) == (200, data.odd)


def test_the_api_says_whether_a_probability_holds_and_its_rank(serve, data):
    import httpx

    address = serve({**data.words, "calibration": {"all": "holds", "older": "fails"}, "policy": None})
    lead = httpx.get(f"{address}/api/leads/top").json()
    assert (lead["probability_holds"], lead["rank"], lead["open_leads"]) == (False, 1, len(data.leads))
    assert (lead["policy_agreed"], lead["simulated"]) == (False, True)
    listed = httpx.get(f"{address}/api/leads").json()["leads"]
    assert [entry["rank"] for entry in listed] == list(range(1, len(listed) + 1))
    assert listed[0]["probability"] == lead["probability"] == data.leads[0]["probability"]


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/api/leads/nobody", 404, "The lead_id of the request must be that of an open lead. Got nobody."),
        (
            "/api/leads/nobody?language=de",
            404,
            "Die lead_id der Anfrage muss die eines offenen Leads sein. Erhalten: nobody.",
        ),
        ("/api/leads?limit=0", 422, "The limit of the request must be 1 or more. Got 0."),
        ("/api/leads?limit=501", 422, "The limit of the request must be 500 or less. Got 501."),
        ("/api/leads?limit=many", 422, "The limit of the request must be a whole number. Got many."),
        ("/api/leads?offset=-1", 422, "The offset of the request must be 0 or more. Got -1."),
        (
            "/api/leads?stage=hot",
            422,
            "The stage of the request must be one of 'lead', 'marketing_qualified' or 'sales_qualified'. Got hot.",
        ),
        ("/api/leads/top?language=fr", 422, "The language of the request must be one of de, en. Got fr."),
        (
            "/api/leads/top?as_of=soon",
            422,
            "The as_of of the request must be a date or time like 2025-09-01T00:00:00. Got soon.",
        ),
        ("/api/nothing", 404, "The path of the request must be one that is served. Got /api/nothing."),
    ],
)
def test_a_refusal_is_one_sentence(client, path, status, sentence):
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (status, {"error": sentence})


def test_another_method_is_refused_in_one_sentence(client):
    answer = client.post("/api/leads")
    assert answer.status_code == 405
    assert answer.json() == {"error": "The method of the request must be GET or HEAD. Got POST."}


def test_an_empty_store_says_so(empty):
    assert empty.get("/health").json()["status"] == "empty"
    for path in ("/api/leads", "/api/leads/top"):
        answer = empty.get(path)
        assert answer.status_code == 503
        assert answer.json()["error"].startswith("The score store must hold a night of scores.")


def test_a_store_out_of_reach_is_told_without_a_traceback(tmp_path):
    from fastapi.testclient import TestClient

    from leadlight.serving.app import create_app
    from leadlight.serving.store import open_store

    path = tmp_path / "store.db"
    app = create_app(open_store(f"sqlite:///{path}"))
    path.write_text("no database any more " * 100)

    # its event loop runs in a thread of its own: Playwright keeps one in this thread once a page was opened
    with TestClient(app, base_url="http://localhost") as client:
        answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("The score store must be reachable and whole.")


def test_the_api_describes_itself_and_loads_nothing_from_outside(client):
    schema = client.get("/openapi.json").json()
    assert set(schema["paths"]) == {"/health", "/health/night", "/api/leads", "/api/leads/{lead_id}"}
    for name in ("HealthResponse", "LeadResponse", "LeadSummary", "LeadListResponse", "ReasonResponse"):
        assert all("description" in field for field in schema["components"]["schemas"][name]["properties"].values())
    assert [client.get(path).status_code for path in ("/docs", "/redoc")] == [404, 404]
