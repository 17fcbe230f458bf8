"""The model card says what was found, all of it from the results, and changes with them."""

import base64
import copy
import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from leadlight.models.metrics.bootstrap import calculate_wilson_interval
from leadlight.models.scoring.bundle import load_evaluation_scorer, load_scorer
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.reports.model_card.build import build_model_card
from leadlight.pipelines.reports.model_card.grade_statistics import compute_grade_and_topic_statistics
from leadlight.pipelines.reports.model_card.html import render_html
from leadlight.pipelines.workspace.workdir import Workdir

pytestmark = pytest.mark.slow

HOSTILE = '<b onclick="alert(1)">Größe & "Söhne"</b>'


@pytest.fixture(scope="module")
def told(trained):
    """What the run wrote: the card, its page, and what it speaks of."""

    class Told:
        work = Workdir(trained / "work")
        card = json.loads((work.plots / "card.json").read_text(encoding="utf-8"))
        html = (work.plots / "card.html").read_text(encoding="utf-8")
        metrics = json.loads(work.details.read_text(encoding="utf-8"))
        scorer = load_scorer(work.bundle)
        segments = pd.read_csv(work.plots / "segments.csv")
        judged = load_evaluation_scorer(work.bundle)
        snapshots = read_labelled_snapshots(work)
        past, test = snapshots.select_past(), snapshots.select_split("test")

    return Told


@pytest.fixture(scope="module")
def again(told):
    """Make the card anew from other results: metrics, metadata of the scorer, segments."""
    learned = {**told.card["data"]["windows"][0]}
    kept = {key: told.card[key] for key in ("grades", "topics")}

    def make(metrics=None, *, metadata=None, segments=None, statistics=kept, catalogue=None):
        scorer = dataclasses.replace(
            told.scorer,
            metadata=ScorerMetadata.from_dict(metadata or told.scorer.metadata.to_dict()),
            catalogue=catalogue or told.scorer.catalogue,
        )
        found = told.segments if segments is None else segments
        return build_model_card(
            scorer, metrics or told.metrics, found, learned=learned, statistics=statistics, unused=[]
        )

    return make


def table(html, name):
    """Rows of a table: what is marked with its full value, by the key of the row."""
    text = re.search(rf'<table id="{name}">(.*?)</table>', html, re.DOTALL).group(1)
    rows = re.findall(r'<tr data-key="(.*?)".*?>(.*?)</tr>', text, re.DOTALL)
    return {key: [float(v) for v in re.findall(r'<data value="(.*?)">', row)] for key, row in rows}


def leaves(content, path=()):
    if isinstance(content, dict | list):
        entries = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in entries:
            yield from leaves(value, (*path, key))
    else:
        yield path, content


def put(content, path, value):
    changed = copy.deepcopy(content)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def test_the_page_holds_the_card_and_nothing_else(told):
    assert render_html(told.card, told.work.plots) == told.html
    in_card = {value for _, value in leaves(told.card) if isinstance(value, int | float)}
    marked = re.findall(r'<data value="(.*?)">(.*?)</data>', told.html)
    assert len(marked) > 200
    for value, text in marked:
        assert float(value) in in_card
        number = text.replace("\N{MINUS SIGN}", "-").replace(",", "").replace("+", "")
        digits = len(number.rstrip("\N{NO-BREAK SPACE}%").partition(".")[2])
        shown = float(number.rstrip("\N{NO-BREAK SPACE}%")) / (100 if "%" in text else 1)
        unit = 10**-digits / (100 if "%" in text else 1)
        assert abs(shown - float(value)) <= unit * 0.5 + 1e-12, text


def test_figures_are_those_of_the_metrics(told):
    m, html = told.metrics, told.html
    shown = table(html, "figures")
    order = [rival["name"] for rival in told.card["metrics"]["rivals"]]
    assert set(order) == set(m["figures"]) - {"leadlight"}
    for key, value in m["figures"]["leadlight"].items():
        interval = m["intervals"][key]
        others = [m["figures"][name][key] for name in order]
        assert shown[key] == [value, interval["low"], interval["high"], *others]
    assert table(html, "saved") == {
        name: [s["value"], s["low"], s["high"]] for name, s in m["log_loss_reduction"].items()
    }
    assert table(html, "truth") == {
        name: [t["regret"], t["expected_log_loss"], t["mean_absolute_error"]] for name, t in m["truth"].items()
    }
    c = m["calibration"]["all"]
    assert table(html, "calibration") == {
        "slope": [c["slope"][key] for key in ("value", "low", "high")],
        "intercept": [c["intercept"]],
        "actual_over_expected": [c["actual_over_expected"][key] for key in ("value", "low", "high")],
        "ece": [c["ece"][key] for key in ("value", "low", "high")],
    }
    assert [row[:3] for row in table(html, "bins").values()] == [
        [band["snapshots"], band["expected"], band["actual"]] for band in c["bins"]
    ]


def test_windows_are_those_of_the_learning_data(told):
    rows = table(told.html, "windows")
    for name, data in (("learned", told.past), ("test", told.test)):
        counts = [len(data.won), data.frame["lead_id"].nunique(), data.won.sum()]
        assert rows[name] == [*counts, pytest.approx(data.won.mean(), abs=1e-6)]
    matured = told.snapshots.select_matured()
    assert {len(matured.won), matured.won.sum()} <= set(rows["serves"])
    verdict = told.card["verdict"]
    assert f"with {told.metrics['test']['wins']:,} wins" in verdict
    assert str(told.test.frame["as_of"].min())[:10] in verdict


def test_thresholds_are_those_of_the_bundle_and_what_they_gave(told):
    nights = told.test.filter(told.test.frame["on_grid"].to_numpy())  # with leads of all ages
    scored, won = told.judged.score(nights.frame), nights.won
    for name, threshold in told.scorer.thresholds.items():
        above = (scored["score"] >= {"marketing_qualified": 50, "sales_qualified": 80}[name]).to_numpy()
        rows = table(told.html, f"threshold-{name}")
        assert rows["precision"] == pytest.approx([*threshold.precision, won[above].mean()])
        assert rows["recall"] == pytest.approx([*threshold.recall, won[above].sum() / won.sum()])
        assert rows["share"] == pytest.approx([*threshold.share, above.mean()])
        assert rows["test"] == [above.sum(), won[above].sum()]
        assert f'id="from-{name}"><data value="{threshold.probability}">' in told.html


def test_grades_say_what_such_leads_did(told):
    scored = told.judged.score(told.test.frame).assign(won=told.test.won)
    for name in ("fit", "engagement"):
        rows = table(told.html, f"grades-{name}")
        assert "".join(rows) == {"fit": "ABCD", "engagement": "1234"}[name]
        groups = scored.groupby(f"{name}_grade")["won"].agg(["size", "sum", "mean"])
        for grade, found in groups.iterrows():
            assert rows[grade][:3] == pytest.approx(list(found))
            assert rows[grade][-1] == pytest.approx(found["mean"] / scored["won"].mean())
        assert sum(row[0] for row in rows.values()) == len(scored)


def test_topics_are_those_with_the_largest_points(told):
    scored = told.scorer.score(told.test.frame)
    listed = pd.DataFrame(reason for text in scored["reasons"] for reason in json.loads(text))
    mean = listed["points"].abs().groupby(listed["topic"]).mean().nlargest(10)
    rows = table(told.html, "topics")
    assert list(rows) == list(mean.index)
    assert [row[0] for row in rows.values()] == pytest.approx(list(mean))
    for topic in told.scorer.catalogue.topics:
        if topic.key in rows:
            assert f'<th scope="row">{topic.label["en"]}</th><td>{topic.group}</td>' in told.html


def test_segments_are_marked_where_the_interval_excludes_one(told):
    found = told.segments.set_index(told.segments["attribute"] + "=" + told.segments["segment"])
    rows = table(told.html, "segments")
    assert set(rows) == set(found.index)
    for key, row in rows.items():
        assert row[:2] == [found.loc[key, "leads"], found.loc[key, "wins"]]
    outside = found[(found["low"] > 1) | (found["high"] < 1)]
    assert {f"{s['attribute']}={s['segment']}" for s in told.card["segments"] if s["off"]} == set(outside.index)


@pytest.mark.parametrize(("wins", "snapshots"), [(0, 7), (3, 40), (40, 40), (120, 3000)])
def test_the_interval_of_a_rate_is_the_published_one(wins, snapshots):
    z, n, p = norm.ppf(0.975), snapshots, wins / snapshots
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert calculate_wilson_interval(wins, snapshots) == pytest.approx((centre - half, centre + half), abs=1e-12)


def test_a_grade_that_nobody_has_is_shown_without_a_rate(told):
    only_b = dataclasses.replace(told.judged, fit_grades=GradeScale("ABCD", (1e9, -1e9, -2e9)))
    frame, won = told.test.frame.head(50), told.test.won[:50].copy() | 1
    rows = compute_grade_and_topic_statistics(only_b, told.scorer, frame, won)["grades"]["fit"]
    assert [row["snapshots"] for row in rows] == [0, 50, 0, 0]
    assert rows[0]["win_rate"] is rows[0]["low"] is rows[0]["lift"] is None


def test_every_result_moves_the_card(told, again):
    """No figure is written by hand: whatever is changed in the metrics changes the card."""
    # what the card takes from the bundle, or works out from the counts beside it
    elsewhere = {("candidate",), ("learned_until",)}
    elsewhere |= {("stages", stage, "win_rate") for stage in told.metrics["stages"]}
    before = again()
    still = []
    for path, value in leaves(told.metrics):
        if path in elsewhere:
            continue
        other = not value if isinstance(value, bool) else f"1{value}" if isinstance(value, str) else value + 1
        if path[-1] == "answer":
            other = "fails" if value == "holds" else "holds"
        if again(put(told.metrics, path, other)) == before:
            still.append(path)
    assert still == []
    metadata = told.scorer.metadata.to_dict()
    for path in [
        ("choice", "behind_best", metadata["candidate"]),
        ("choice", "error", metadata["candidate"]),
        ("choice", "gain", metadata["candidate"]),
        ("level", "shift"),
        ("snapshots", "immature"),
        ("snapshots", "splits", "gap", "snapshots"),
        ("horizon_days",),
    ]:
        value = metadata
        for key in path:
            value = value[key]
        assert again(metadata=put(metadata, path, value + 1)) != before


def test_a_card_holds_no_figure_that_is_none_of_json(told, again):
    bare = again(segments=told.segments.assign(auc=np.nan, low=np.nan, high=np.nan))
    json.dumps(bare, allow_nan=False)
    assert again(segments=pd.DataFrame())["segments"] == []
    assert "NaN" not in render_html(bare)


def test_text_of_the_source_stays_text(told, again):
    first, *rest = told.scorer.catalogue.topics
    topics = (dataclasses.replace(first, label={"en": HOSTILE}), *rest)
    catalogue = dataclasses.replace(told.scorer.catalogue, topics=topics)
    segments = told.segments.assign(attribute=first.key, segment=HOSTILE)
    listed = [{"topic": first.key, "label": HOSTILE, "group": "fit", "mean_points": 3.0}]
    content = again(
        catalogue=catalogue, segments=segments, statistics={"grades": told.card["grades"], "topics": listed}
    )
    assert HOSTILE in content["segments"][0]["label"]
    html = render_html(content)
    assert "<b onclick" not in html
    assert html.count("&lt;b onclick=") > 3


def test_a_card_speaks_of_association_and_of_no_machine(told):
    html = re.sub(r"data:image/png;base64,[\w+/=]+", "", told.html)
    assert "associated with" in html
    assert "because" not in html.lower()
    assert str(told.work.root.parent) not in html
    assert "http" not in html
    assert len(html) < 200_000
    assert len(told.html) < 500_000


def test_the_plots_of_shap_are_in_the_card(told):
    plots = told.card["explanations"]
    assert [plot["kind"] for plot in plots[:2]] == ["beeswarm", "bar"]
    drawn = [plot["label"] for plot in plots[2:]]
    assert drawn == [row["label"] for row in told.card["topics"]][: len(drawn)]
    assert len(drawn) > 3
    for plot in plots:
        file = told.work.plots / plot["file"]
        assert file.read_bytes().startswith(b"\x89PNG")
        assert base64.b64encode(file.read_bytes()).decode() in told.html
    assert len(list((told.work.plots / "shap").iterdir())) == len(plots)
