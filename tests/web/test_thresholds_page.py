"""The page of thresholds in a real browser: readable on a phone, no network asked, names escaped."""

import pytest

from leadlight.pipelines.params import load_params
from leadlight.pipelines.reporting.report import write_report
from leadlight.pipelines.reports.thresholds.html import render_html as render
from leadlight.pipelines.reports.thresholds.report import REPORT
from leadlight.pipelines.workspace.workdir import Workdir, read_json

pytestmark = pytest.mark.slow

HOSTILE = '<b onclick="alert(1)">Größe & "Söhne"</b>'


@pytest.fixture(scope="module")
def report(trained, tmp_path_factory):
    """A report with a proposal for both teams, agreed on by a team with an odd name."""
    folder = tmp_path_factory.mktemp("thresholds")
    for name in ("bundle", "candidates", "features.parquet", "snapshots", "tables"):
        (folder / name).symlink_to(trained / "work" / name)
    params = load_params(trained / "params.yaml")
    _, written = write_report(REPORT, params, Workdir(folder), marketing="top 25 percent", sales="top 8 percent")
    return read_json(written / "thresholds.json") | {"agreed": {"by": ["Vertrieb", HOSTILE], "on": "2025-08-01"}}


@pytest.fixture(params=[390, 1280])
def shown(browser, report, tmp_path, request):
    """The page from its file at a width; at the end nothing but that file was asked for."""
    path = tmp_path / "index.html"
    path.write_text(render(report), encoding="utf-8")
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    asked, said = [], []
    page.on("request", lambda asking: asked.append(asking.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    yield page
    page.close()
    assert asked == [path.as_uri()]
    assert said == []


def test_nothing_is_wider_than_the_window_and_the_first_line_says_what_is_proposed(shown, report):
    wide, window = shown.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide == window
    assert shown.inner_text("h1") == report["sentence"]
    assert report["sentence"].startswith("Proposed: MQL from a chance of ")


def test_one_picture_of_the_scores_is_shown_and_one_replay_for_each_team(shown):
    sizes = shown.evaluate(
        """() => [...document.querySelectorAll('figure svg')].map(
            e => e.getBoundingClientRect()).filter(r => r.width > 200 && r.height > 200).length"""
    )
    assert sizes == 3


def test_names_are_shown_as_they_were_written(shown):
    assert HOSTILE in shown.inner_text(".lead")
    assert shown.locator("[onclick]").count() == 0


def test_the_lines_to_paste_are_the_proposal(shown):
    lines = shown.inner_text("pre").splitlines()
    assert "  marketing_qualified: top 25 percent" in lines
    assert "  sales_qualified: top 8 percent" in lines
