"""Pictures of README and documentation are those of the present templates, charts and demo.

A picture is current if the files that decide how it looks have not changed since it was taken. Pixels are not
compared: they depend on fonts and on the browser.
"""

import hashlib
import json
import re
import runpy

import pytest

STALE = "A file that decides how a picture looks has changed: run `make demo` and `make pictures`."


@pytest.fixture(scope="module")
def script(root):
    return runpy.run_path(str(root / "scripts" / "make_pictures.py"))


@pytest.fixture(scope="module")
def record(root):
    return json.loads((root / "docs" / "images" / "pictures.json").read_text(encoding="utf-8"))


def test_each_picture_is_as_it_was_taken_and_small(root, record):
    images = root / "docs" / "images"
    assert {f"{name}.png" for name in record["pictures"]} == {path.name for path in images.glob("*.png")}
    for name, picture in record["pictures"].items():
        content = (images / f"{name}.png").read_bytes()
        assert hashlib.sha256(content).hexdigest() == picture["sha256"], name
        assert len(content) < 150_000, name


def test_templates_and_charts_have_not_changed_since(root, record, script):
    checksum = script["calculate_checksum"]
    taken = {name: sources for picture in record["pictures"].values() for name, sources in picture["sources"].items()}
    changed = sorted(name for name, saved in taken.items() if checksum(root / name) != saved)
    assert changed == [], STALE


def test_every_picture_that_the_script_takes_is_recorded(record, script):
    assert set(record["pictures"]) == {*script["PICTURES"], *script["FILES"], script["OUTCOMES"]}
    for name, picture in script["PICTURES"].items():
        assert set(record["pictures"][name]["sources"]) == set(picture.sources)


def test_the_leads_of_the_readme_are_those_on_the_picture(root, record):
    text = (root / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\s+(\d+)\s+(L-\d+)\s+(\d+)\s+(SQL|MQL|Lead)", text, flags=re.MULTILINE)
    assert shown
    assert [[int(place), lead, int(score), stage] for place, lead, score, stage in shown] == record["queue"][
        : len(shown)
    ]


def test_every_chart_of_the_product_is_in_the_gallery(root, record):
    gallery = (root / "docs" / "gallery.md").read_text(encoding="utf-8")
    for name in record["pictures"]:
        if name != "lead":
            assert f"images/{name}.png" in gallery, name
    for path in (root / "pipelines").rglob("charts.py"):
        charts = re.findall(r"^def plot_(\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        source = path.relative_to(root).as_posix()
        pictured = [name for name, picture in record["pictures"].items() if source in picture["sources"]]
        assert len(pictured) == len(charts), f"{source}: picture each chart, and explain it in docs/gallery.md."


def test_the_drawing_of_the_architecture_is_current(root):
    drawn = runpy.run_path(str(root / "scripts" / "draw_architecture.py"))["draw_architecture"]()
    assert (root / "docs" / "images" / "architecture.svg").read_text(encoding="utf-8") == drawn
