"""A store with one night, a server in front of it on a free port, and a real browser."""

import datetime as dt
import json
import os
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import httpx
import pandas as pd
import pytest
import uvicorn

from leadlight.features.catalogue import SignalSpec
from leadlight.features.feature_set import FeatureSet
from leadlight.serving.app import create_app
from leadlight.serving.store import ScoringRun, open_store

AS_OF = dt.datetime(2025, 8, 31, 22)
ODD = 'Müller & "Söhne"/Nord <b>50%</b> it\'s #7?x=%2F+ü'

KINDS = FeatureSet((), (SignalSpec("a"),), True, True, True).catalogue.describe_topics().values()
DISPLAYS = {"attribute": {}} | {topic["kind"]: topic["values"] for topic in KINDS}
TOPICS = {
    "industry": ("attribute", "fit", "Industry", "Branche"),
    "employees": ("attribute", "fit", "Employees", "Mitarbeiterzahl"),
    "demo": ("signal", "engagement", "Demo request", "Demo-Anfrage"),
    "pricing": ("signal", "engagement", "Pricing page", "Preisseite"),
    "unsubscribe": ("signal", "engagement", "Unsubscribe", "Newsletter-Abmeldung"),
    "other": ("other", "engagement", "Other activity", "Andere Aktivität"),
    "age": ("age", "engagement", "Age", "Alter"),
}
WORDS = {
    "simulated": True,
    "policy": {
        "marketing_qualified": "highest recall with precision >= 0.12",
        "sales_qualified": "highest recall with precision >= 0.30",
        "agreed": {"by": ["Marketing", "Vertrieb"], "on": "2025-08-01"},
    },
    "base_probability": 0.041,
    "calibration": {"all": "holds"},
    "timezone": "Europe/Berlin",
    "topics": {
        topic: {"kind": kind, "group": group, "label": {"en": english, "de": german}, "values": DISPLAYS[kind]}
        for topic, (kind, group, english, german) in TOPICS.items()
    },
}


def counted(week, last):
    return {"count_7d": week, "count_30d": week, "count_90d": week, "days_since_last": last}


VALUES = {
    "industry": "Automotive",
    "employees": None,
    "demo": counted(1, 1.5),
    "pricing": counted(3, 0.4),
    "unsubscribe": counted(0, None),
    "other": counted(0, 120.0),
    "age": 34,
}


def lead(lead_id, points, held_back=None, base=12.4):
    """One row; `points` in the order of TOPICS."""
    score = base + sum(points)
    stage = "sales_qualified" if score >= 80 else "marketing_qualified" if score >= 50 else "lead"
    reasons = [
        {"topic": topic, "group": TOPICS[topic][1], "points": value, "value": VALUES[topic]}
        for topic, value in zip(TOPICS, points, strict=True)
    ]
    return {
        "lead_id": lead_id,
        "as_of": AS_OF,
        "probability": score / 200,
        "score": score,
        "base_score": base,
        "stage": "lead" if held_back else stage,
        "fit_grade": "A",
        "engagement_grade": "1",
        "held_back": held_back,
        "reasons": json.dumps(reasons),
        "model_version": "model-7f3a",
    }


LEADS = [
    lead("top", [11.3, -3.6, 24.55, 30.45, 8.45, 0.2, -0.31]),
    lead("over", [70.2, 60.4, -25.1, -30.6, -8.4, 0.1, 0.1]),
    lead(ODD, [11.3, -3.6, 14.2, 20.45, -1.45, 0.2, 0.4]),
    lead("held", [11.3, -3.6, 24.2, 31.45, 4.45, 0.2, -0.3], held_back="no_consent"),
    *(lead(f"plain-{place:02d}", [1.2, -3.6, 0.01 * place, 2.4, -1.4, 0.2, -0.3]) for place in range(26)),
]


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """Start servers; give ``serve(words, leads, display)`` their addresses."""
    running = []

    def start(words=WORDS, leads=LEADS, display=()):
        store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}")
        if leads:
            store.write_run(ScoringRun(AS_OF, "model-7f3a", words), pd.DataFrame(leads), display=display)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(create_app(store), port=port, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        running.append((server, thread, store))
        return f"http://127.0.0.1:{port}"

    yield start
    for server, thread, store in running:
        server.should_exit = True
        thread.join(10)
        store.close()


@pytest.fixture(scope="session")
def site(serve):
    return serve()


@pytest.fixture(scope="session")
def client(site):
    with httpx.Client(base_url=site) as client:
        yield client


@pytest.fixture(scope="session")
def empty(serve):
    with httpx.Client(base_url=serve(leads=[])) as client:
        yield client


def _missing(sentence):
    """Skip, or fail where no test may be left out."""
    if os.environ.get("LEADLIGHT_TESTS_STRICT") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        _missing("The package playwright must be installed to test pages. Got none: run `make setup`.")
    named = os.environ.get("LEADLIGHT_CHROMIUM")
    debian = "/usr/bin/chromium"
    path = named or (debian if Path(debian).exists() else None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Error:
            _missing(
                "The browser Chromium must be installed to test pages. "
                f"Got none at {path or 'the place playwright keeps it'}: "
                "run `apt-get install chromium` or `playwright install chromium`, or set LEADLIGHT_CHROMIUM."
            )
        yield browser
        browser.close()


@pytest.fixture
def watched(browser, site):
    """A page of 1280 pixels; at the end, nothing was logged and no other host was asked."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = SimpleNamespace(hosts=set(), said=[])
    page.on("request", lambda request: seen.hosts.add(request.url.split("/")[2]))
    page.on("console", lambda message: seen.said.append(message.text))
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    yield page
    page.close()
    assert seen.hosts <= {site.removeprefix("http://")}
    assert seen.said == []


@pytest.fixture(scope="session")
def data():
    """What the pages are about."""
    return SimpleNamespace(odd=ODD, words=WORDS, leads=LEADS, topics=TOPICS, lead=lead)
