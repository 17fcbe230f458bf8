"""The page of a watch in a real browser: the verdict first, readable on a phone, no network asked."""

import re
import shutil

import pandas as pd
import pytest
from rich.console import Console

from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.reports.monitoring.console import print_report
from leadlight.pipelines.reports.monitoring.html import render_html as render
from leadlight.pipelines.reports.monitoring.watch import NO_SIGNAL, run_monitoring
from leadlight.pipelines.workspace.workdir import Workdir

pytestmark = pytest.mark.slow

HOSTILE = '<b onclick="alert(1)">Größe & "Söhne"</b>'


@pytest.fixture(scope="module")
def watched_folder(trained, tmp_path_factory):
    """Nights of May and September, watched after all outcomes of the first were known."""
    folder = tmp_path_factory.mktemp("page") / "copy"
    shutil.copytree(trained, folder)
    params, work = load_params(folder / "params.yaml"), Workdir(folder / "work")
    for day in ("2025-05-15", "2025-08-31"):
        score(params, folder, work, pd.Timestamp(day))
    return run_monitoring(params, work, pd.Timestamp("2025-09-02")), folder / "work" / "watch" / "index.html"


@pytest.fixture(params=[390, 1280])
def shown(browser, watched_folder, request):
    """The page from its file at a width; at the end nothing but that file was asked for."""
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    asked, said = [], []
    page.on("request", lambda asking: asked.append(asking.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(watched_folder[1].as_uri())
    yield page
    page.close()
    assert asked == [watched_folder[1].as_uri()]
    assert said == []


def test_the_first_line_is_the_verdict_in_one_sentence(shown, watched_folder):
    report, _ = watched_folder
    first = shown.inner_text("main").strip().splitlines()[0]
    assert first == report["sentence"]
    assert first.split(":")[0] in {"Fine", "Look", "Act"}


def test_a_champion_without_signal_is_named_on_page_and_terminal(watched_folder):
    report, _ = watched_folder
    assert report["notice"] is None
    without, console = report | {"notice": NO_SIGNAL}, Console(record=True, width=200)
    print_report(without, console)
    for text in (render(without), console.export_text()):
        assert "No evidence of signal: when the champion was trained" in text
    assert "No evidence" not in render(report)


def test_nothing_is_wider_than_the_window(shown):
    wide, window = shown.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide == window
    cut = shown.evaluate(
        """() => [...document.querySelectorAll('h1, h2, p, li, summary')].filter(
            e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).length"""
    )
    assert cut == 0


def test_every_question_has_its_answer_and_pictures_have_a_size(shown, watched_folder):
    report, _ = watched_folder
    answers = shown.locator("ul.checks > li")
    assert answers.count() == len(report["checks"]) == 10
    for place, check in enumerate(report["checks"]):
        assert check["message"].replace("\N{NO-BREAK SPACE}", " ") in answers.nth(place).inner_text().replace(
            "\N{NO-BREAK SPACE}", " "
        )
    boxes = [picture.bounding_box() for picture in shown.locator("figure svg").all()]
    assert len(boxes) == 3
    assert all(box["width"] > 200 and box["height"] > 50 for box in boxes)


def test_the_wins_that_are_expected_of_the_night_are_said(shown, watched_folder):
    expected = f"in 90 days: {watched_folder[0]['expected']['wins']:,.0f} wins"
    assert expected in " ".join(shown.inner_text("p.lead").split())


def test_words_of_the_source_are_shown_as_text(watched_folder, browser):
    report, _ = watched_folder
    first = report["features"][0] | {"name": HOSTILE, "moved": HOSTILE, "topic": "odd", "level": "act"}
    html = render(report | {"features": [first], "sentence": f"Act: {HOSTILE}."})
    page = browser.new_page()
    page.set_content(html)
    assert page.inner_text("h1") == f"Act: {HOSTILE}."
    assert page.locator("[onclick]").count() == 0
    assert page.locator("main b b").count() == 0
    page.close()


def test_the_page_names_no_address(watched_folder):
    assert not re.search(r"(https?:)?//\w", watched_folder[1].read_text(encoding="utf-8"))
