"""The benchmark of alarms: what it saved against its bar, and the page that shows it."""

import json
from collections import Counter

import pytest


@pytest.fixture(scope="module")
def saved(root):
    return json.loads((root / "docs" / "results" / "bench_watch.json").read_text(encoding="utf-8"))


def test_the_page_is_current(root, benchmarks, saved):
    import watch_page

    text = (root / "docs" / "watch.md").read_text(encoding="utf-8")
    shown = text.split(watch_page.BEGIN)[1].split(watch_page.END)[0]
    assert shown == watch_page.render_figures(saved)


def test_at_least_95_of_100_planted_faults_are_found(saved, benchmarks):
    from planted_faults import FAULTS

    assert Counter((row["kind"], row["fault"]) for row in saved["faults"]) == {(f.kind, f.name): 3 for f in FAULTS}
    assert len(FAULTS) == 40
    assert len({row["kind"] for row in saved["faults"]}) == 10
    found = sum(row["exit_code"] != 0 for row in saved["faults"])
    assert saved["found"] == found >= 0.95 * len(saved["faults"])
    assert saved["planted"] == len(saved["faults"]) == sum(row["planted"] for row in saved["kinds"].values())


def test_of_60_undisturbed_nights_at_most_two_call_for_action(saved):
    assert len(saved["quiet"]) == saved["nights"] == 60
    assert len({(row["seed"], row["night"]) for row in saved["quiet"]}) == 60
    assert saved["alarms"] == sum(row["exit_code"] != 0 for row in saved["quiet"]) <= 2
    assert not {row["seed"] for row in saved["quiet"]} & {row["seed"] for row in saved["faults"]}


def test_every_fault_found_names_what_calls_for_action(saved):
    for row in saved["faults"]:
        if row["exit_code"] == 10:
            assert any(found.startswith("act LL3") for found in row["findings"]), row
