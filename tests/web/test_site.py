"""The documentation site: built strictly, and read without a network."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

#: what a browser fetches by itself; links that a reader may follow are not among it
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?\b(?:src|data|srcset)\s*=\s*["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link\b[^>]*?\bhref\s*=\s*["']?(?:https?:)?//[^"'\s>]+"""
    r"""|@import\s+(?:url\()?["']?(?:https?:)?//[^"')\s]+"""
    r"""|url\(\s*["']?(?:https?:)?//[^"')\s]+""",
    flags=re.IGNORECASE,
)


@pytest.fixture(scope="module")
def built(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "WARNING" not in done.stderr
    return folder


def test_no_page_and_no_stylesheet_fetches_from_a_network(built):
    pages = [path for path in built.rglob("*") if path.suffix in {".html", ".css", ".svg"}]
    assert len(pages) > 40
    found = {
        path.relative_to(built).as_posix(): match.group()
        for path in pages
        for match in FETCHED.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == {}


@pytest.mark.parametrize(
    "page", ["<script src='https://a/b.js'>", '<link rel="icon" href="//a/b">', "url(http://a/b.woff)", "<img src=http://a/b>"]
)  # fmt: skip
def test_what_fetches_is_recognised(page):
    assert FETCHED.search(page)


def test_links_to_follow_are_not_taken_for_fetches():
    assert FETCHED.search('<a href="http://127.0.0.1:8000/">') is None


def test_every_document_and_every_linked_source_is_a_page(root, built):
    documents = {path.relative_to(root / "docs").with_suffix(".html") for path in (root / "docs").rglob("*.md")}
    documents = {path.with_name("index.html") if path.name == "README.html" else path for path in documents}
    assert {path for path in documents if not (built / path).exists()} == set()
    for name in ("project/GLOSSARY.html", "project/CHANGELOG.html", "source/features/point_in_time.py.html"):
        assert (built / name).exists()
    assert "filter_window" in re.sub(r"<[^>]+>", "", (built / "source/features/point_in_time.py.html").read_text())


def test_the_reference_of_python_is_filled_from_docstrings(built):
    text = re.sub(r"<[^>]+>", "", (built / "reference" / "python.html").read_text(encoding="utf-8"))
    for said in ("Model, calibration, thresholds, grades and metadata", "Score a feature table.", "A feature family"):
        assert said in text


@pytest.mark.parametrize("page", ["index.html", "gallery.html", "map.html", "reference/python.html"])
def test_a_browser_asks_for_files_of_the_site_alone(browser, built, page):
    shown = browser.new_page(viewport={"width": 1280, "height": 900})
    asked, errors = [], []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("pageerror", lambda error: errors.append(str(error)))
    shown.goto((built / page).as_uri())
    shown.wait_for_load_state("networkidle")
    broken = shown.evaluate("[...document.images].filter(i => !i.complete || i.naturalWidth === 0).map(i => i.src)")
    shown.close()
    assert broken == []
    assert errors == []
    outside = [url for url in asked if not url.startswith((Path(built).as_uri(), "data:", "blob:"))]
    assert outside == []
