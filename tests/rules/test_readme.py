"""The README and the documents: figures that were saved, links that lead somewhere, markers that name a test."""

import os
import re
import runpy
from pathlib import Path

import pytest

UPDATE = os.environ.get("LEADLIGHT_UPDATE_RESULTS") == "1"
LINK = re.compile(r"\]\(([^)\s]+)\)")
ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "notebooks" / "README.md"])


def between(text: str, name: str) -> tuple[str, str, str]:
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    before, rest = text.split(start)
    inside, after = rest.split(end)
    return before + start, inside, end + after


@pytest.fixture(scope="module")
def script(root):
    return runpy.run_path(str(root / "benchmarks" / "readme_figures.py"))


@pytest.fixture(scope="module")
def figures(script):
    return script["render_figures"]


@pytest.mark.parametrize(
    ("page", "render"), [("README.md", "render_figures"), ("docs/explanation/score-and-chance.md", "render_anchors")]
)
def test_figures_of_a_page_are_those_that_were_saved(root, script, page, render):
    path = root / page
    for name, expected in script[render](root).items():
        before, inside, after = between(path.read_text(encoding="utf-8"), name)
        if UPDATE:
            path.write_text(before + expected + after, encoding="utf-8")
            continue
        assert inside == expected


def test_no_other_figure_of_quality_is_in_the_readme(root, figures):
    text = (root / "README.md").read_text(encoding="utf-8")
    for name in figures(root):
        before, _, after = between(text, name)
        text = before + after
    section = text.split("## How good it is")[1].split("\n## ")[0]
    assert re.findall(r"\d[\d,.]*", section.replace("95 %", "")) == []


def test_the_lowest_figure_of_each_row_is_bold_whoever_has_it(root, figures):
    rows = [row.split("|") for row in figures(root)["figures"].strip().splitlines()[2:]]
    assert len(rows) == 5
    bold = set()
    for row in rows:
        losses = {i: float(cell.strip(" *")) for i, cell in enumerate(row) if re.fullmatch(r" \**\d\.\d{4}\** ", cell)}
        marked = {i for i in losses if "**" in row[i]}
        assert marked == {i for i, loss in losses.items() if loss == min(losses.values())}
        bold |= marked
    assert len(bold) > 1, "Leadlight does not have the lowest figure in every row"


def test_a_new_reader_gets_a_readme_of_one_sitting(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    assert "looked at during development" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_of_the_repository(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in LINK.findall(text):
        assert "://" not in target, f"{target}: documents need no network"
        path = target.partition("#")[0]
        assert (page.parent / path).exists() if path else True, target
