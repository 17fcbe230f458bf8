"""Simulated worlds with a known truth: added-up chances, what an export can tell, regret, and laws that are kept."""

import json
import sys

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module", autouse=True)
def _importable(benchmarks):
    """Let the tests of this file import the package `worlds`."""


@pytest.fixture(scope="module")
def late_world():
    """300 leads whose engagement acts 30 days late, of which about 40 win, and its truth."""
    from worlds.export import draw_missing
    from worlds.history import simulate_world
    from worlds.truth import compute_truth

    world = simulate_world("late", 5, leads=300, wins=40)
    return world, compute_truth(world, draw_missing(world, 5), 5, futures=60)


@pytest.fixture(scope="module", params=["missing", "hidden"])
def veiled_truth(request):
    """The truth of 1,000 leads of a world of which the export lacks much."""
    from worlds.export import draw_missing
    from worlds.history import simulate_world
    from worlds.truth import compute_truth

    world = simulate_world(request.param, 5, leads=1000, wins=150)
    return compute_truth(world, draw_missing(world, 5), 5, futures=5)


def draw_wins(world, rows, futures, rng):
    """Draw wins day by day: the share of futures in which each lead wins within 90 days."""
    from worlds import dynamics
    from worlds.population import DAYS, MEAN_FIT

    law, leads = world.law, world.leads.iloc[rows]
    state = dynamics.State(*(np.repeat(part[rows], futures) for part in world.state))
    fit, created = (np.repeat(leads[name].to_numpy(np.float32), futures) for name in ("fit", "created_day"))
    past = [np.repeat(world.engagement[rows, day], futures) for day in range(DAYS)]
    is_open, won = np.ones(len(fit), dtype=bool), np.zeros(len(fit), dtype=bool)
    for day in range(DAYS, DAYS + 90):
        past.append(dynamics.compute_engagement(law, state))
        chance = dynamics.compute_win_chance(
            law,
            world.base,
            calendar=np.float32(dynamics.compute_calendar(law, day)),
            age=day - created,
            engagement=past[day - law.delay_days],
            own=fit,
            centred_fit=fit - np.float32(MEAN_FIT),
        )
        drawn = rng.random(len(fit))
        won |= is_open & (drawn < chance)
        is_open &= drawn >= chance + dynamics.LOSS
        place, kinds = dynamics.sample_activities(law, state, day - created, rng)
        dynamics.add_activities(state, place, kinds)
        dynamics.decay(law, state)
    return won.reshape(len(rows), futures).mean(axis=1)


def test_added_up_chances_are_the_share_of_wins_that_are_drawn(late_world):
    world, truth = late_world
    rows = np.flatnonzero(world.leads["closed_day"] == 600)
    assert truth["lead_id"].tolist() == world.leads["lead_id"].iloc[rows].tolist()
    p = truth["probability"].to_numpy()
    share = draw_wins(world, rows, 400, np.random.default_rng(3))
    errors = (share - p) / np.sqrt(p * (1 - p) / 400)
    assert abs((share - p).mean()) < 4 * np.sqrt((p * (1 - p)).sum() / 400) / len(p)
    # drawn wins are as far from the added-up chances as chance makes them, lead by lead
    assert 0.8 < (errors**2).mean() < 1.5


def test_the_truth_has_no_regret_and_its_mean_has_all(late_world):
    from worlds.regret import compute_regret, judge_predictions

    _, truth = late_world
    p = truth["probability"].to_numpy()
    assert compute_regret(p, p) == 0
    assert compute_regret(p, np.full_like(p, p.mean())) == pytest.approx(1)
    assert 0 < compute_regret(p, (p + p.mean()) / 2) < 1 < compute_regret(p, p[::-1])
    judged = judge_predictions(truth, p)["all"]
    assert (judged["regret"], judged["level"], judged["excess"]) == (0, 0, 0)
    assert judge_predictions(truth, truth["given_export"].to_numpy())["all"]["regret_given_export"] == 0
    assert judge_predictions(truth, p / 2)["all"]["level"] == pytest.approx(np.log(0.5))


def test_where_all_have_the_same_chance_there_is_no_regret_to_speak_of():
    from worlds.regret import compute_regret

    assert compute_regret(np.full(50, 0.04), np.linspace(0.01, 0.2, 50)) is None


def test_what_is_missing_is_integrated_out_to_the_same_mean(veiled_truth):
    p, given = (veiled_truth[name].to_numpy() for name in ("probability", "given_export"))
    apart = p - given
    assert apart.std() > 0.1 * p.std()
    assert abs(apart.mean()) < 3 * apart.std() / np.sqrt(len(p))
    # an expectation given the export: what is left has nothing to do with it
    slope = np.cov(apart, given)[0, 1] / given.var()
    assert abs(slope) < 3 * (apart * (given - given.mean())).std() / (given.var() * np.sqrt(len(p)))


def test_nodes_have_the_mean_hazard_of_the_leads_that_look_the_same(late_world):
    from worlds.population import CATEGORIES, compute_effect
    from worlds.truth import ATTRIBUTES, list_nodes

    world, _ = late_world
    missing = pd.DataFrame(np.random.default_rng(1).random((300, 5)) < 0.5, columns=list(ATTRIBUTES))
    fit, weights = list_nodes(world, missing, np.arange(300))
    sizes = 150 * np.exp(1.3 * np.random.default_rng(2).standard_normal(100_000))
    means = {name: sum(share * np.exp(effect) for share, effect in CATEGORIES[name].values()) for name in CATEGORIES}
    means["employees"] = np.exp(compute_effect("employees", pd.Series(sizes))).mean()
    expected = np.ones(300)
    for name in ATTRIBUTES:
        known = np.exp(compute_effect(name, world.leads[name]))
        expected *= np.where(missing[name], means[name], known)
    assert (weights * np.exp(fit[:, 1:])).sum(axis=1) == pytest.approx(expected, rel=0.01)
    assert fit[:, 0] == pytest.approx(world.leads["fit"].to_numpy(), abs=1e-6)


def test_where_nothing_is_missing_the_export_tells_the_truth(late_world):
    from worlds.truth import ATTRIBUTES, compute_truth

    world, _ = late_world
    missing = pd.DataFrame(False, index=world.leads.index, columns=list(ATTRIBUTES))
    truth = compute_truth(world, missing, 5, futures=3)
    assert truth["given_export"].to_numpy() == pytest.approx(truth["probability"].to_numpy(), rel=1e-5)


def list_laws():
    """Read the names, for which the folder of benchmarks must not be importable yet."""
    import re
    from pathlib import Path

    text = (Path(__file__).parents[2] / "benchmarks" / "worlds" / "laws.py").read_text(encoding="utf-8")
    return re.findall(r'^    "(\w+)": Law\(', text, re.MULTILINE)


@pytest.mark.parametrize("name", list_laws())
def test_every_law_makes_an_export_with_won_and_lost_deals(name, tmp_path):
    from worlds.export import draw_missing, write_export
    from worlds.history import simulate_world
    from worlds.laws import LAWS

    assert list(LAWS) == list_laws()
    world = simulate_world(name, 1, leads=200, wins=20)
    write_export(world, draw_missing(world, 1), tmp_path)
    leads, acts, deals = (pd.read_csv(tmp_path / f"{table}.csv") for table in ("leads", "activities", "deals"))
    assert len(leads) == leads["lead_id"].nunique() == 200
    assert 5 <= (deals["status"] == "won").sum() <= 40 < (deals["status"] == "lost").sum()
    assert leads["created_at"].str.len().eq(10 if world.law.day_stamps else 19).all()
    times = acts.merge(leads[["lead_id", "created_at"]]).merge(deals, how="left")
    assert (times["occurred_at"] >= times["created_at"]).all()
    assert (times["occurred_at"] <= times["closed_at"].fillna("9")).all()
    assert (
        acts.groupby("lead_id")["occurred_at"].min().reindex(leads["lead_id"]).tolist() == leads["created_at"].tolist()
    )


def test_the_same_seed_makes_the_same_world_and_another_seed_another():
    from worlds.history import simulate_world

    first, again, other = (simulate_world("drift", seed, leads=100, wins=10).leads for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_a_world_that_the_folder_holds_is_not_simulated_again(monkeypatch, tmp_path):
    from worlds import evaluation

    simulate = evaluation.simulate_world
    monkeypatch.setattr(evaluation, "simulate_world", lambda name, seed: simulate(name, seed, leads=100, wins=10))
    place = evaluation.prepare_world("drift", 1, tmp_path)
    assert list(tmp_path.iterdir()) == [place]
    about = json.loads((place / "world.json").read_text())
    assert len(pd.read_parquet(place / "truth.parquet")) == about["open"] == 100 - about["wins"] - about["losses"]
    monkeypatch.setattr(evaluation, "simulate_world", None)
    assert evaluation.prepare_world("drift", 1, tmp_path) == place
    with pytest.raises(TypeError):
        evaluation.prepare_world("drift", 2, tmp_path)


def test_a_snapshot_is_labelled_by_a_win_within_the_horizon_and_not_before_that_has_ended():
    from worlds.rivals import label_snapshots

    moments = ["2024-01-01", "2024-01-02", "2024-01-02", "2024-02-01"]
    snapshots = pd.DataFrame({"lead_id": ["a", "a", "b", "a"], "as_of": pd.to_datetime(moments)})
    deals = pd.DataFrame({"lead_id": ["a", "b"], "closed_at": ["2024-01-11", "2024-01-03"]})
    deals["status"] = ["won", "lost"]
    label = label_snapshots(snapshots, deals, "2024-02-10", 10)
    assert label[:3].tolist() == [False, True, False]
    assert pd.isna(label[3])


def test_a_law_kept_for_the_last_judgement_is_refused_without_its_option(monkeypatch):
    import world_regret
    from worlds.laws import DEVELOPED, JUDGED, LAWS

    assert len(JUDGED) == 4
    assert set(DEVELOPED) | set(JUDGED) == set(LAWS)
    monkeypatch.setattr(sys, "argv", ["world_regret.py", "--laws", "drift", "campaign"])
    with pytest.raises(SystemExit, match="Got campaign without it"):
        world_regret.main()
