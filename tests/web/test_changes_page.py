"""The pages and the API say what changed since the night before, and what would help."""

import datetime as dt

import httpx
import pandas as pd
import pytest

from leadlight.models.scoring.score_change import CAUSES
from leadlight.serving.score_changes import Change, Recourse, TopicChange
from leadlight.serving.store import ScoringRun, open_store

NIGHTS = dt.datetime(2025, 8, 30), dt.datetime(2025, 8, 31)


@pytest.fixture(scope="module")
def moved(data, tmp_path_factory):
    """A site of two nights: one lead rose and is just below MQL, one stands still, one is new."""
    from fastapi.testclient import TestClient

    from leadlight.serving.app import create_app

    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('moved') / 'store.db'}")
    for at, names in zip(NIGHTS, (("rose", "still"), ("rose", "still", "fresh")), strict=True):
        points = {"rose": 34.0 if at == NIGHTS[1] else 20.2, "still": 5.0, "fresh": 7.0}
        rows = [data.lead(name, [points[name], 0.1, 0.0, 0.0, 0.0, 0.0, 0.0]) | {"as_of": at} for name in names]
        changes, openings = [], []
        if at == NIGHTS[1]:
            named = (TopicChange("new_activity", "pricing", 12.0), TopicChange("new_activity", "demo", 4.0))
            by = dict(zip(CAUSES, (16.1, -2.3, 0.0, 0.0), strict=True))
            changes = [Change("rose", NIGHTS[0], by, named), Change("still", NIGHTS[0], dict.fromkeys(CAUSES, 0.0))]
            openings = [Recourse("rose", "marketing_qualified", "demo", 2, 57.9)]
        night = ScoringRun(at, "model-7f3a", data.words)
        store.write_run(night, pd.DataFrame(rows), changes, openings)
    with TestClient(create_app(store), base_url="http://localhost") as client:
        yield client
    store.close()


def test_the_lead_page_adds_up_what_changed_and_names_the_topics(moved):
    page = moved.get("/leads/rose?language=en").text
    box = page[page.index('id="change"') : page.index('id="recourse"')]
    assert "What changed since August 30, 2025" in box
    assert box.index("+14") < box.index("+16") < box.index("−2")  # 32 -> 46, as printed
    assert "Pricing page, Demo request" in box
    assert "Corrected" not in box


def test_it_says_what_would_help_as_an_association(moved):
    page = moved.get("/leads/rose?language=de").text
    box = page[page.index('id="recourse"') :]
    assert "2 mehr" in box
    assert "Score 57, MQL" in box or "Score 58, MQL" in box
    assert "kein Versprechen" in box


def test_a_lead_that_stood_still_says_so_and_a_new_one_says_nothing(moved):
    assert "No change of a whole point" in moved.get("/leads/still?language=en").text
    fresh = moved.get("/leads/fresh?language=en").text
    assert 'id="change"' not in fresh
    assert 'id="recourse"' not in fresh


def test_the_queue_shows_how_far_a_lead_moved(moved):
    page = moved.get("/?language=en").text
    assert page.count('class="change') == 1
    assert "+14 since August 30, 2025: New activity and details +16, Time passing −2" in page


def test_the_api_gives_exact_numbers(moved):
    answer: httpx.Response = moved.get("/api/leads/rose")
    told = answer.json()
    assert told["change"]["new_activity"] == 16.1
    assert sum(told["change"][cause] for cause in CAUSES) == pytest.approx(13.8)
    assert told["recourse"] == [{"topic": "demo", "times": 2, "score": 57.9, "stage": "marketing_qualified"}]
    assert moved.get("/api/leads/fresh").json()["change"] is None
