"""Evidence stands small below its topic on a lead's page, and in the API; never on the queue."""

import httpx
import pytest

GAP = "\N{NO-BREAK SPACE}"
EVIDENCE = {
    "horizon_days": 90,
    "all": [20000, 3000, 820],
    "topics": {
        "industry": {"edges": [], "ranges": {"=Automotive": [540, 312, 49]}},
        "pricing": {"edges": [], "ranges": {"7d:3-4": [80, 70, 16], "never": [5000, 900, 100]}},
        "age": {"edges": [7.0, 90.0], "ranges": {"1": [900, 800, 45]}},
    },
}


@pytest.fixture(scope="module")
def evident(serve, data):
    return serve({**data.words, "evidence": EVIDENCE}, data.leads[:4])


@pytest.fixture
def page(browser, evident):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


@pytest.mark.parametrize(
    ("language", "pricing", "note"),
    [
        (
            "en",
            "20% of 80 cases with 3 or 4 (70 leads) won, 4.1% of all",
            "how many past cases with a value in the same range won within 90 days",
        ),
        (
            "de",
            f"20{GAP}% von 80 Fällen mit 3 oder 4 (70 Leads) gewonnen, 4,1{GAP}% von allen",
            "wie viele frühere Fälle mit einem Wert im selben Bereich binnen 90 Tagen gewonnen wurden",
        ),
    ],
)
@pytest.mark.slow
def test_each_topic_with_evidence_tells_it_below_its_sentence(page, evident, language, pricing, note):
    page.goto(f"{evident}/leads/top?language={language}")
    told = dict(
        page.locator("tr[data-kind=topic]").evaluate_all(
            "all => all.map(row => [row.querySelector('th').firstChild.textContent.trim(),"
            " row.querySelector('.evidence')?.textContent ?? null])"
        )
    )
    lines = {sentence.split(":")[0]: evidence for sentence, evidence in told.items()}
    assert lines["Pricing page" if language == "en" else "Preisseite"] == pricing
    assert lines["Industry" if language == "en" else "Branche"].startswith(f"9{'.' if language == 'en' else ','}1")
    assert lines["Demo request" if language == "en" else "Demo-Anfrage"] is None
    assert note in page.inner_text(".note")


@pytest.mark.slow
def test_the_direction_is_said_in_words_to_those_who_see_no_colour(page, evident):
    page.goto(f"{evident}/leads/over?language=en")
    rows = page.locator("tbody tr").evaluate_all(
        "all => all.map(row => [row.querySelector('.points').textContent,"
        " row.querySelector('.points').getAttribute('aria-label')])"
    )
    words = {"+": "raises the score", "\N{MINUS SIGN}": "lowers the score", "±": "no points"}
    assert rows[0][1] is rows[-1][1] is None
    for points, label in rows[1:-1]:
        assert label == f"{points}: {words[points[0]]}"


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "de"])
def test_evidence_is_smaller_and_fainter_than_its_sentence_and_fits(page, evident, width, language):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{evident}/leads/top?language={language}")
    sizes = page.evaluate(
        "() => ['tr[data-kind=topic] th', '.evidence'].map(one => {"
        " const style = getComputedStyle(document.querySelector(one));"
        " return [parseFloat(style.fontSize), style.color]})"
    )
    assert sizes[1][0] < 0.9 * sizes[0][0]
    assert sizes[1][1] != sizes[0][1]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_the_queue_and_pages_of_nights_without_evidence_say_nothing_of_it(page, evident, site):
    page.goto(f"{evident}/?language=en")
    assert page.locator(".evidence").count() == 0
    page.goto(f"{site}/leads/top?language=en")
    assert page.locator(".evidence, .note").count() == 0


def test_the_api_gives_evidence_and_direction_of_every_reason(evident, site):
    lead = httpx.get(f"{evident}/api/leads/top?language=en").json()
    reasons = {reason["topic"]: reason for reason in lead["reasons"]}
    assert reasons["pricing"]["evidence"] == {
        "snapshots": 80,
        "leads": 70,
        "win_rate": 0.2,
        "all_win_rate": 0.041,
        "sentence": "20% of 80 cases with 3 or 4 (70 leads) won within 90 days, 4.1% of all",
    }
    assert reasons["age"]["evidence"]["leads"] == 800
    assert reasons["demo"]["evidence"] is None
    assert [reasons[topic]["direction"] for topic in ("pricing", "employees")] == ["raises", "lowers"]
    before = httpx.get(f"{site}/api/leads/top").json()["reasons"]
    assert {reason["evidence"] for reason in before} == {None}
