"""A model card calls a rank a rank and says its limits: where the results hold them, and nowhere else."""

import copy
import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest

from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.pipelines.reports.model_card.build import build_model_card
from leadlight.pipelines.reports.model_card.html import render_html

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(trained):
    """What a card is made from, by name."""
    work = trained / "work"
    told = json.loads((work / "plots" / "card.json").read_text(encoding="utf-8"))
    scorer = load_scorer(work / "bundle")
    return {
        "metrics": json.loads((work / "details.json").read_text(encoding="utf-8")),
        "scorer": scorer,
        "metadata": scorer.metadata.to_dict(),
        "segments": pd.read_csv(work / "plots" / "segments.csv"),
        "learned": told["data"]["windows"][0],
        "grades": told["grades"],
        "topics": told["topics"],
    }


@pytest.fixture
def again(results):
    """Make the card anew from other results."""

    def make(**changed):
        r = results | changed
        return build_model_card(
            dataclasses.replace(r["scorer"], metadata=ScorerMetadata.from_dict(r["metadata"])),
            r["metrics"],
            r["segments"],
            learned=r["learned"],
            statistics={key: r[key] for key in ("grades", "topics")},
            unused=[],
        )

    return make


def kinds(content):
    return {limit["kind"] for limit in content["limits"]}


def put(content, path, value):
    changed = copy.deepcopy(content)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("answer", "kind", "verdict"),
    [
        ("fails", "rank_only", "its number is a rank, not a probability"),
        ("too_little_evidence", "too_little_evidence", "too little evidence that it is a probability"),
    ],
)
def test_a_number_that_the_check_does_not_hold_for_is_called_a_rank(results, again, answer, kind, verdict):
    checks = {name: {"answer": "holds", "snapshots": 900, "wins": 50} for name in ("new", "older")}
    held = put(results["metrics"], ("calibration",), results["metrics"]["calibration"] | checks)
    held = put(held, ("calibration", "all", "answer"), "holds")
    ranked, holds = again(metrics=put(held, ("calibration", "all", "answer"), answer)), again(metrics=held)
    assert verdict in ranked["verdict"]
    assert "may be called a probability" in holds["verdict"]
    assert kind in kinds(ranked) - kinds(holds)
    assert "a probability of" not in render_html(ranked)
    assert "a probability of" in render_html(holds)


def test_the_card_says_for_each_group_whether_the_check_holds_and_what_pages_show(results, again):
    checks = {
        "new": {"answer": "too_little_evidence", "snapshots": 40, "wins": 3},
        "older": results["metrics"]["calibration"]["all"],
    }
    shown = {"all": "holds", "new": "too_little_evidence", "older": "holds"}
    content = again(
        metrics=put(results["metrics"], ("calibration",), results["metrics"]["calibration"] | checks),
        metadata=results["metadata"] | {"calibration_check": shown},
    )
    said = " ".join(re.sub(r"<.*?>", " ", render_html(content)).split())
    assert "leads in their first week too little evidence 40 3" in said
    assert "a rank for leads in their first week, a chance for leads after their first week." in said
    sentences = [limit["sentence"] for limit in content["limits"]]
    assert any("Of leads in their first week there is too little evidence" in sentence for sentence in sentences)


RATIO = {"value": 0.8, "low": 0.7, "high": 0.9}
LIMITS = [
    ("simulated", "metrics", ("simulated",), True, False),
    ("optimistic", "metrics", ("optimistic",), True, False),
    ("few_wins", "metrics", ("test", "wins"), 99, 100),
    ("base_rate_moved", "metrics", ("calibration", "all", "actual_over_expected"), RATIO, RATIO | {"high": 1.1}),
    ("threshold", "metrics", ("stages", "sales_qualified"), {"snapshots": 90, "wins": 0}, {"snapshots": 9, "wins": 9}),
    ("level_moved", "metadata", ("level", "shift"), -2.0, 0.0),
    ("not_agreed", "metadata", ("policy_agreed",), False, True),
    (
        "agreement_changed",
        "metadata",
        ("agreed",),
        {"by": ["Sales"], "on": "2025-08-01", "changed": ["sales_qualified"]},
        {"by": ["Sales"], "on": "2025-08-01", "changed": []},
    ),
    ("rule_book", "metadata", ("candidate",), "points", "logistic"),
    ("left_truncation", "metadata", ("snapshots", "left_truncation"), "No win before May.", None),
    ("order", "metadata", ("time",), "order", "dates"),
    ("horizon", "metadata", ("time",), "dates", "order"),
]


@pytest.mark.parametrize("case", LIMITS, ids=[case[0] for case in LIMITS])
def test_a_limit_is_said_where_it_holds_and_nowhere_else(results, again, case):
    kind, where, path, there, gone = case
    source = results[where]
    assert kind in kinds(again(**{where: put(source, path, there)}))
    assert kind not in kinds(again(**{where: put(source, path, gone)}))


def test_limits_of_segments_rivals_and_grades_are_said_where_they_hold(results, again):
    for low, high, said in [(1.1, 1.2, {"segments"}), (0.9, 1.2, set()), (np.nan, np.nan, {"small_segments"})]:
        content = again(segments=results["segments"].assign(low=low, high=high))
        assert kinds(content) & {"segments", "small_segments"} == said
    unbeaten = {"value": 0.001, "low": -0.002, "high": 0.003}
    for saved, said in [(unbeaten, True), ({"value": 0.2, "low": 0.1, "high": 0.3}, False)]:
        rivals = dict.fromkeys(results["metrics"]["log_loss_reduction"], saved)
        assert ("rivals" in kinds(again(metrics=results["metrics"] | {"log_loss_reduction": rivals}))) is said
    grades = results["grades"]
    swapped = again(topics=[], grades=grades | {"fit": grades["fit"][::-1]})
    assert "grades" in kinds(swapped) - kinds(again())
    assert 'id="topics"' not in render_html(swapped)


def test_the_rung_is_explained_by_what_was_compared(results, again):
    metadata = results["metadata"]
    names = ("constant", "logistic", "boosted", "mean")
    flat = {
        "log_loss": dict(zip(names, (0.35, 0.302, 0.3001, 0.3), strict=True)),
        "behind_best": dict(zip(names, (0.05, 0.002, 0.0001, 0.0), strict=True)),
        "error": dict(zip(names, (0.004, 0.0015, 0.00125, 0.0), strict=True)),
        "gain": dict(zip(names, (0.0, 0.048, 0.0499, 0.05), strict=True)),
        "gain_error": dict(zip(names, (0.0, 0.004, 0.004, 0.004), strict=True)),
        "calibration": "none",
        "has_signal": True,
    }
    why = again(metadata=metadata | {"candidate": "boosted", "choice": flat})["why"]
    assert "boosted trees with interactions, which is simpler than" in why
    assert "0.00010 ± 0.00125" in why
    assert "lowest" in again(metadata=metadata | {"candidate": "mean", "choice": flat})["why"]
    nothing = again(metadata=metadata | {"candidate": "constant", "choice": flat | {"has_signal": False}})
    assert "no model, and no rule book, predicts out of time better" in nothing["why"]
    assert nothing["verdict"].startswith("No evidence of signal: ")
    few = metadata | {"candidate": "points", "choice": results["metadata"]["choice"], "wins": 12, "min_wins": 50}
    assert "12 wins are fewer than the 50" in again(metadata=few)["why"]


def test_a_source_without_dates_has_no_dates_on_its_card(results, again):
    content = again(metadata=put(results["metadata"], ("time",), "none"))
    assert not re.search(r"\d{4}-\d\d-\d\d", content["verdict"] + json.dumps(content["data"]["windows"]))
    assert "within" not in content["verdict"]
    render_html(content)
