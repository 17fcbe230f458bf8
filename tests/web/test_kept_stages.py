"""A lead that stays in its stage though its score fell a little: pages and terminal say so."""

import io

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from rich.console import Console

from leadlight.pipelines.cli.explain import explain
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.app import create_app
from leadlight.serving.store import ScoringRun, open_store


@pytest.fixture
def shown(data, tmp_path, monkeypatch):
    """A store of one night with a lead of a given stage and score; gives the client of its pages."""
    monkeypatch.setenv("LEADLIGHT_STORE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    stores = []

    def show(stage, score, hysteresis=3.0, held_back=None, **words):
        first = next(row for row in data.leads if row["lead_id"] == "plain-00")
        base = first["base_score"] + score - first["score"]
        row = first | {"stage": stage, "score": score, "base_score": base, "held_back": held_back}
        store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
        stores.append(store)
        words = data.words | {"hysteresis": hysteresis} | words
        store.write_run(ScoringRun(row["as_of"], row["model_version"], words), pd.DataFrame([row]))
        return TestClient(create_app(store), base_url="http://localhost")

    yield show
    for store in stores:
        store.close()


def terminal(tmp_path, language):
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(explain(Workdir(tmp_path), "plain-00", None, language))
    return " ".join(console.export_text().split())  # the title may wrap


@pytest.mark.parametrize(
    ("case", "language", "words"),
    [
        (("marketing_qualified", 48.2), "en", "stays MQL until its score falls below 47"),
        (("sales_qualified", 77.4), "en", "stays SQL until its score falls below 77"),
        (("marketing_qualified", 48.2), "de", "bleibt MQL, bis der Score unter 47 fällt"),
    ],
)
def test_a_lead_that_is_kept_is_told_until_when(shown, tmp_path, case, language, words):
    client = shown(*case)
    assert words in client.get(f"/leads/plain-00?language={language}").text
    assert words in client.get(f"/?language={language}").text
    assert words in terminal(tmp_path, language)


@pytest.mark.parametrize(
    ("stage", "score", "held_back"),
    [("marketing_qualified", 50.4, None), ("lead", 48.2, None), ("lead", 88.0, "no_consent")],
)
def test_of_a_lead_whose_stage_is_that_of_its_score_nothing_is_said(shown, tmp_path, stage, score, held_back):
    client = shown(stage, score, held_back=held_back)
    for text in (client.get("/leads/plain-00").text, client.get("/").text, terminal(tmp_path, "en")):
        assert "until its score" not in text


def test_half_a_point_of_hysteresis_is_written_as_it_is(shown):
    assert "falls below 49.5" in shown("marketing_qualified", 49.7, hysteresis=0.5).get("/leads/plain-00").text


@pytest.mark.parametrize(
    ("language", "rank", "why"),
    [
        ("en", "rank 1 of 1 open lead ·", "on such past leads it did not match outcomes closely enough"),
        ("de", "Rang 1 von 1 offenem Lead ·", "traf sie nicht genau genug zu"),
    ],
)
def test_the_terminal_shows_a_rank_where_the_check_fails_for_leads_of_that_age(shown, tmp_path, language, rank, why):
    shown("lead", 40.0, calibration={"all": "holds", "new": "holds", "older": "fails"})
    text = terminal(tmp_path, language)
    assert rank in text
    assert why in text
    assert "Ø" not in text
