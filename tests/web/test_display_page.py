"""Queue and lead page show what people call a lead, escaped, with links that a person can follow."""

import dataclasses
import datetime as dt

import httpx
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from leadlight.serving.app import create_app
from leadlight.serving.lead_display import LeadDisplay
from leadlight.serving.store import ScoringRun, open_store

HOSTILE = '<script>document.title="taken"</script>'
LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesellschaft " * 3
GROSS = ("Jürgen Groß", "Maschinenbau Süd GmbH", "+49 (0)89 123-45", "j.gross@sued.example", "Kim Lee")
CRM = "https://crm.example.com/contact/"


@dataclasses.dataclass
class Shown:
    """What is shown of some leads of the queue, and its server."""

    site: str
    display: dict[str, LeadDisplay]


@pytest.fixture(scope="module")
def shown(data, serve):
    def show(lead_id, *values):
        return LeadDisplay(lead_id, *values)

    display = [
        show("top", *GROSS, CRM + "top"),
        show("over", HOSTILE, HOSTILE, HOSTILE, f"{HOSTILE}@x.example", HOSTILE, "javascript:alert(1)"),
        show(data.odd, None, LONG.strip(), "089 1, 089 2 and 089 34567890123", "Kim <kim@x.example>"),
        show("held", None, None, None, "only@mail.example"),
    ]
    for place in range(20):
        phone, email = f"0171 555{place:04d}", f"n{place}@stahl.example"
        display.append(show(f"plain-{place:02d}", f"Name {place}", "Stahl AG", phone, email, "Kim Lee"))
    return Shown(serve(display=display), {lead.lead_id: lead for lead in display})


@pytest.fixture(scope="module")
def named(shown):
    with httpx.Client(base_url=shown.site) as client:
        yield client


@pytest.fixture
def page(browser, shown):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    page.close()
    assert said == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_the_queue_names_a_lead_and_keeps_its_id(page, shown, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{shown.site}/?language=en")
    text = page.locator(".queue tbody tr", has_text="Jürgen Groß").inner_text()
    for part in ("Maschinenbau Süd GmbH", "+49 (0)89 123-45", "j.gross@sued.example", "Owner: Kim Lee", "top"):
        assert part in text
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    title = page.locator(".lead a.title", has_text="Rindfleisch")
    assert title.get_attribute("title") == LONG.strip()  # cut by the page, whole in the data
    assert title.evaluate("element => element.scrollWidth > element.clientWidth")
    assert page.title() == "Leads by score · Leadlight"


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/leads/top"])
def test_phone_address_and_record_can_be_followed(page, shown, path):
    page.goto(f"{shown.site}{path}?language=de")
    first = page.locator(".contact").filter(has_text="Maschinenbau")
    links = {link.inner_text(): link for link in first.locator("a").all()}
    assert links["+49 (0)89 123-45"].get_attribute("href") == "tel:+498912345"
    assert links["j.gross@sued.example"].get_attribute("href") == "mailto:j.gross@sued.example"
    record = links["Im CRM öffnen"]
    assert [record.get_attribute(name) for name in ("href", "rel", "target")] == [f"{CRM}top", "noopener", "_blank"]


@pytest.mark.slow
def test_the_lead_page_is_headed_by_the_name(page, shown):
    page.goto(f"{shown.site}/leads/top?language=en")
    assert page.inner_text("h1") == "Jürgen Groß"
    assert page.title().startswith("Jürgen Groß: ")
    assert page.locator(".contact .id").inner_text() == "top"
    page.goto(f"{shown.site}/leads/plain-25?language=en")
    assert page.inner_text("h1") == "Lead plain-25"
    assert page.locator(".contact").count() == 0


@pytest.mark.slow
def test_a_search_is_typed_and_sent_without_a_script(browser, shown):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{shown.site}/?language=de&stage=sales_qualified")
    page.fill("#q", "GROSS süd")
    page.press("#q", "Enter")
    page.wait_for_url("**q=GROSS**")
    assert page.locator(".queue tbody tr").count() == 1
    assert page.locator(".queue .title").inner_text() == "Jürgen Groß"
    assert page.locator("#q").input_value() == "GROSS süd"
    assert "stage=sales_qualified" in page.url
    assert page.get_attribute("html", "lang") == "de"
    page.click("text=Alle Leads zeigen")
    assert "q=" not in page.url
    context.close()


@pytest.mark.parametrize("path", ["/", "/leads/over"])
def test_what_a_lead_is_called_runs_no_script_and_makes_no_other_link(named, path):
    answer = named.get(path)
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "javascript:" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]


def test_pages_of_a_search_keep_it(named):
    first = named.get("/", params={"q": "l", "owner": "Kim Lee", "language": "en"})
    assert "q=l&amp;owner=Kim+Lee" in first.text
    assert named.get("/", params={"q": "STAHL", "language": "en"}).text.count('class="at-') == 20
    nothing = named.get("/", params={"q": '"><b>', "language": "en"})
    assert "No lead was found." in nothing.text
    assert 'value="&#34;&gt;&lt;b&gt;"' in nothing.text
    assert named.get("/", params={"q": "x" * 201}).status_code == 422
    assert named.get("/", params={"q": "\x00"}).text.count('class="at-') == 25


def test_the_api_tells_and_searches(named, shown):
    found = named.get("/api/leads", params={"q": "0171 5550007"}).json()
    assert (found["total"], [lead["lead_id"] for lead in found["leads"]]) == (1, ["plain-07"])
    assert found["leads"][0]["display"] == {
        "name": "Name 7", "company": "Stahl AG", "phone": "0171 5550007", "email": "n7@stahl.example",
        "owner": "Kim Lee", "link": None,
    }  # fmt: skip
    assert named.get("/api/leads/top").json()["display"]["link"] == f"{CRM}top"
    assert named.get("/api/leads/over").json()["display"]["link"] is None
    assert named.get("/api/leads/plain-25").json()["display"] is None
    assert named.get("/api/leads", params={"owner": "Kim Lee", "stage": "sales_qualified"}).json()["total"] == 1


def test_without_display_the_queue_finds_by_id(client):
    answer = client.get("/", params={"q": "PLAIN-0"})
    assert answer.text.count('class="at-') == 10
    assert 'class="contact' not in answer.text


def test_a_name_is_gone_from_the_pages_after_a_night_without_it(data, tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    rows, first = pd.DataFrame(data.leads[:2]), data.leads[0]["as_of"]
    display = [LeadDisplay("top", "Ada Lang")]
    store.write_run(ScoringRun(first, "model-7f3a", data.words), rows, display=display)
    client = TestClient(create_app(store), base_url="http://localhost")
    assert "Ada Lang" in client.get("/").text
    assert "Ada Lang" in client.get("/leads/top").text
    later = first + dt.timedelta(days=1)
    store.write_run(ScoringRun(later, "model-7f3a", data.words), rows.assign(as_of=later))
    assert all("Ada Lang" not in client.get(path).text for path in ("/", "/leads/top", "/?q=ada", "/api/leads/top"))
    store.close()
