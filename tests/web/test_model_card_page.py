"""The page of a model card in a real browser: the verdict first, readable on a phone, no network asked."""

import json
import re

import pytest

from leadlight.pipelines.reports.model_card.html import render_html as render

pytestmark = pytest.mark.slow

HOSTILE = '<b onclick="alert(1)">Größe & "Söhne"</b>'


@pytest.fixture(scope="module")
def written(trained):
    plots = trained / "work" / "plots"
    return json.loads((plots / "card.json").read_text(encoding="utf-8")), plots / "card.html"


@pytest.fixture
def opened(browser):
    """Open a file at a width; at the end nothing but that file was asked for, and nothing was logged."""
    pages, asked, said, addresses = [], [], [], []

    def open_page(path, width=1280):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("request", lambda asking: asked.append(asking.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        pages.append(page)
        addresses.append(path.as_uri())
        return page

    yield open_page
    for page in pages:
        page.close()
    assert asked == addresses
    assert said == []


def test_the_first_line_is_the_verdict(opened, written):
    content, path = written
    page = opened(path)
    assert page.inner_text("main").strip().splitlines()[0] == content["verdict"]
    headings = page.locator("h2").all_inner_texts()
    order = ["Data", "Figures", "Calibration", "Thresholds", "Grades", "Topics", "Segments", "Known limits"]
    places = [next(i for i, said in enumerate(headings) if said.startswith(name)) for name in order]
    assert places == sorted(places)
    assert page.locator("h1").count() == 1
    said = page.locator("#limits li").all_inner_texts()
    assert said == [limit["sentence"] for limit in content["limits"]]


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(opened, written, width):
    page = opened(written[1], width)
    for details in page.locator("summary").all():
        details.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = page.evaluate(
        """() => [...document.querySelectorAll('h1, h2, h3, p, li, summary, figure, svg')].filter(
            e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).length"""
    )
    assert cut == 0
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('svg text')].map(
            e => e.getBoundingClientRect().height).filter(h => h > 0))"""
    )
    assert smallest > 9


def test_the_pictures_show_the_bands_and_the_topics(opened, written):
    content, path = written
    page = opened(path)
    drawn = page.locator("figure").nth(0)
    points = drawn.locator("g.mark-symbol path").evaluate_all(
        """all => all.map(e => e.getBoundingClientRect()).map(
            box => [box.x + box.width / 2, box.y + box.height / 2])"""
    )
    bands = content["calibration"]["bins"]
    assert len(points) == len(bands)
    for axis, key, sign in ((0, "expected_rate", 1), (1, "actual_rate", -1)):
        spread = [band[key] for band in bands]
        low, high = spread.index(min(spread)), spread.index(max(spread))
        per_unit = (points[high][axis] - points[low][axis]) / (spread[high] - spread[low])
        assert sign * per_unit > 0
        for point, value in zip(points, spread, strict=True):
            assert point[axis] == pytest.approx(points[low][axis] + per_unit * (value - spread[low]), abs=1)
    bars = page.locator("figure").nth(1).locator("g.mark-rect path")
    widths = bars.evaluate_all("all => all.map(e => e.getBoundingClientRect().width)")
    expected = [topic["mean_points"] for topic in content["topics"]]
    assert [w / widths[0] for w in widths] == pytest.approx([p / expected[0] for p in expected], abs=0.02)


def test_text_of_the_source_is_shown_as_text(opened, written, tmp_path):
    content = json.loads(json.dumps(written[0]))
    content["topics"][0]["label"] = HOSTILE
    content["segments"][0] |= {"name": HOSTILE, "label": HOSTILE, "segment": HOSTILE}
    content["data"]["unused_columns"] = [HOSTILE]
    content["agreed"] = {"by": [HOSTILE], "on": "2025-08-01"}
    content["thresholds"][0]["sentence"] = HOSTILE
    (tmp_path / "card.html").write_text(render(content), encoding="utf-8")
    page = opened(tmp_path / "card.html", 390)
    for details in page.locator("summary").all():
        details.click()
    assert page.locator("[onclick]").count() == 0
    # a picture cuts long names, tables do not
    assert page.inner_text("body").count(HOSTILE) >= 5
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_all_text_stands_out_from_its_ground_and_tables_have_heads(opened, written):
    page = opened(written[1])
    assert page.locator("thead th:not([scope=col]), tbody th:not([scope=row])").count() == 0
    colours = set(re.findall(r"--(?:ink|soft|bad|warn|good): (#\w{6})", written[1].read_text(encoding="utf-8")))
    assert len(colours) == 5
    for colour in colours:
        assert contrast(colour, "#f5f6f8") >= 4.5, colour


def contrast(one, other):
    """Contrast of two colours (WCAG 2.1)."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return sum(weight * v for weight, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)
