"""The benchmark of promises: what it saved against its bar, and the page that it makes."""

import copy
import json

import pytest

from leadlight.models.validation.threshold_backtest import calculate_prediction_interval

SEEDS = ("149", "151", "157", "163", "167", "173")


@pytest.fixture(scope="module")
def page(benchmarks):
    """The module that makes the page."""
    import promises_page

    return promises_page


@pytest.fixture(scope="module")
def saved(root):
    return json.loads((root / "docs" / "results" / "bench_promises.json").read_text(encoding="utf-8"))


def test_the_page_is_current(root, page):
    assert (root / "docs" / "promises.md").read_text(encoding="utf-8") == page.render_page(root)


def test_no_more_kinds_leave_what_they_are_held_to_than_chance_allows(saved, page):
    assert tuple(saved["worlds"]) == SEEDS
    # of twelve at 5 in 100 each: up to two in 98 of 100 cases, up to one in 88
    assert saved["bar"] == {"kinds": 12, "outside_at_most": 2}
    assert len(page.list_kinds_outside(saved["worlds"])) <= 2


def test_a_kind_counts_once_and_each_world_for_itself(saved, page):
    worlds = copy.deepcopy(saved["worlds"])
    for world in worlds.values():
        world["outside"] = []
    assert page.list_kinds_outside(worlds) == []
    worlds["149"]["outside"] = ["fit.A.win_rate", "engagement.1.win_rate"]
    worlds["151"]["outside"] = ["thresholds.sales_qualified.share", "fit.D.win_rate"]
    assert page.list_kinds_outside(worlds) == ["149 grades", "151 thresholds", "151 grades"]


@pytest.mark.parametrize("seed", SEEDS)
def test_verdicts_follow_from_the_intervals_beside_them(saved, seed):
    world = saved["worlds"][seed]
    assert world["judged"] == len(world["figures"])
    of = {True: 6, False: sum(name.endswith("win_rate") for name in world["figures"])}
    for name, figure in world["figures"].items():
        promised, shown = ([figure[side][end] for end in ("value", "low", "high")] for side in ("promised", "shown"))
        low, high = calculate_prediction_interval(
            promised, shown, of[name.startswith("thresholds.")], figure["between_periods"]
        )
        assert (figure["prediction_interval"]["low"], figure["prediction_interval"]["high"]) == pytest.approx(
            (low, high), abs=1e-5
        )
        assert figure["inside"] == (name not in world["outside"]) == (low <= shown[0] <= high)
        alone = calculate_prediction_interval(promised, shown, between=figure["between_periods"])
        assert (name in world["outside_alone"]) == (not alone[0] <= shown[0] <= alone[1])
