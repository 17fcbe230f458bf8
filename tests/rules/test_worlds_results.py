"""The benchmark of worlds with a known truth: what it saved, its bars, and the page that shows it."""

import json

import pytest


@pytest.fixture(scope="module")
def page(benchmarks):
    """The module that makes the page."""
    import worlds_page

    return worlds_page


@pytest.fixture(scope="module")
def saved(root):
    return json.loads((root / "docs" / "results" / "bench_worlds.json").read_text(encoding="utf-8"))


def build_world(law, regret, *, level=0.0, rivals=(0.2, 0.3), serves=True, error=None):
    figures = {"leadlight": (regret, level), "lightgbm": (rivals[0], 0.0), "logistic": (rivals[1], 0.0)}
    contestants = {who: {"all": {"regret": r, "level": size}} for who, (r, size) in figures.items()}
    return {"law": law, "seed": 1, "contestants": contestants, "leadlight": {"serves": serves, "error": error}}


def build_good_worlds():
    laws = ("drift", "sparse", "late", "missing", "campaign")
    silent = build_world("no_signal", None, serves=False)
    return [*(build_world(law, 0.1) for law in laws), silent]


def list_met(page, worlds):
    return [met for _, _, met in page.judge_bars(worlds)]


def test_the_page_is_current(root, page):
    assert (root / "docs" / "worlds.md").read_text(encoding="utf-8") == page.render_page(root)


def test_each_world_is_saved_once_and_has_all_contestants_or_an_error(saved):
    worlds = saved["worlds"]
    assert worlds
    assert len({(world["law"], world["seed"]) for world in worlds}) == len(worlds)
    for world in worlds:
        assert {"lightgbm", "logistic"} <= set(world["contestants"])
        assert ("leadlight" in world["contestants"]) == (world["leadlight"]["error"] is None), world["law"]
        assert 1100 <= world["wins"] <= 1400
        assert 16_000 <= world["leads"] <= 20_000


def test_all_bars_are_met_by_good_worlds(page):
    assert list_met(page, build_good_worlds()) == [True] * 5


@pytest.mark.parametrize(
    ("bar", "bad"),
    [
        (1, build_world("drift", 0.231)),
        (2, build_world("drift", 0.1, level=0.11)),
        (3, build_world("drift", 0.1, level=-0.26)),
        (4, build_world("no_signal", None, serves=True)),
        (4, build_world("no_signal", None, serves=False, error="failed")),
    ],
)
def test_a_bad_world_breaks_its_bar(page, bar, bad):
    worlds = [*build_good_worlds(), bad, bad]
    assert not list_met(page, worlds)[bar]


def test_the_median_regret_has_a_bar(page):
    worlds = [world | {"contestants": build_world("drift", 0.15)["contestants"]} for world in build_good_worlds()[:5]]
    assert not list_met(page, worlds)[0]


def test_only_the_campaign_may_be_far_from_the_level(page):
    worlds = [*build_good_worlds(), build_world("campaign", 0.1, level=0.4)]
    assert list_met(page, worlds)[3]


def test_a_world_that_could_not_be_scored_meets_no_bar(page):
    worlds = build_good_worlds()
    del worlds[0]["contestants"]["leadlight"]
    met = list_met(page, worlds)
    assert [met[1], met[3], met[5]] == [False] * 3


def test_nothing_run_meets_no_bar(page):
    assert list_met(page, []) == [False] * 5
