"""What a threshold would bring: by drawn tables, by brute force, and by a naive bootstrap."""

import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.models.metrics.bootstrap import ClusterBootstrap
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.metrics.threshold_sums import bootstrap_sums_above, count_leads_above
from leadlight.models.scoring.scale import ScoreScale
from leadlight.models.scoring.thresholds import select_threshold
from leadlight.pipelines.params.sections import Policy, UnitEconomics
from leadlight.pipelines.reporting.formatting import (
    format_interval,
    format_number,
    format_percent_interval,
    format_percent_scaled,
)
from leadlight.pipelines.reports.thresholds import backtest
from leadlight.pipelines.reports.thresholds.backtest import Backtest
from leadlight.pipelines.reports.thresholds.dataset import ContactEconomics, _with_previous
from leadlight.pipelines.reports.thresholds.metrics import compute_metrics_at
from leadlight.pipelines.reports.thresholds.policy_backtest import assign_weekly_stages, backtest_policy
from leadlight.pipelines.reports.thresholds.text import render_policy_yaml

WEEKS = pd.date_range("2025-03-03", periods=9, freq="7D")
#: probability and score are the same but for the percent sign
IDENTITY = ScoreScale(0.5, 0.8)


def material(looks, fewest=1, win=100.0, dated=True):
    looks = looks.assign(as_of=pd.Timestamp("2025-01-01"), weight=1.0)
    probability, won = looks["probability"].to_numpy(), looks["won"].to_numpy()
    scored = ScoredSnapshots(probability, won, looks["lead_id"].to_numpy(dtype=object), 2.0)
    return SimpleNamespace(
        snapshots=looks,
        scored=scored,
        params=SimpleNamespace(training=SimpleNamespace(seed=7)),
        policy=Policy(min_leads=fewest),
        economy=ContactEconomics(win, 10.0, 30.0, ""),
        dated=dated,
    )


@pytest.fixture(scope="module")
def drawn():
    """Lead A rises, B falls, C was never seen before, D is new and stays below."""
    return pd.DataFrame(
        [
            # lead, probability, won, first, previous, on_grid
            ("A", 0.1, 0, True, np.nan, False),
            ("A", 0.6, 1, False, 0.1, True),
            ("B", 0.7, 0, True, np.nan, False),
            ("B", 0.2, 0, False, 0.7, True),
            ("C", 0.8, 1, False, np.nan, True),
            ("D", 0.3, 0, True, np.nan, False),
        ],
        columns=["lead_id", "probability", "won", "first", "previous", "on_grid"],
    )


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 150, 900).astype(str).astype(object)
    p = np.round(rng.beta(1, 5, 900), 2)
    won = (rng.random(900) < p).astype(int)
    return ScoredSnapshots(p, won, groups, 10.0)


def test_the_figures_of_a_drawn_table_are_those_counted_by_hand(drawn):
    row = compute_metrics_at(material(drawn), np.array([0.5]))[0]
    values = {name: figure[0] for name, figure in row.items() if isinstance(figure, list)}
    assert row["leads"] == 3
    # above are A later, B first and C: of them A and C won, who are all that won
    assert values["precision"] == pytest.approx(2 / 3)
    assert values["recall"] == 1
    assert values["lift"] == pytest.approx((2 / 3) / (2 / 6))
    # on the grid A and C of three stand above
    assert (values["standing"], values["standing_share"]) == (2, pytest.approx(2 / 3))
    # B comes at its first snapshot; of the two that can be followed one enters, so of three 1.5
    assert values["entering_per_week"] == pytest.approx((1 + 1.5) / 2)
    assert values["wins_per_week"] == pytest.approx((0 + 3 * 1 / 2) / 2)
    assert values["hours_per_week"] == pytest.approx(1.25 * 30 / 60)
    assert values["value_per_week"] == pytest.approx(0.75 * 100 - 1.25 * 10)


def test_what_cannot_be_told_is_not_told(drawn):
    no_worth = compute_metrics_at(material(drawn, win=None), np.array([0.5]))[0]
    assert no_worth["value_per_week"] is None
    assert no_worth["entering_per_week"] is not None
    no_dates = compute_metrics_at(material(drawn, dated=False), np.array([0.5]))[0]
    assert no_dates["precision"] is not None
    assert [no_dates[k] for k in ("standing", "entering_per_week", "hours_per_week")] == [None] * 3
    no_grid = compute_metrics_at(material(drawn.assign(on_grid=False)), np.array([0.5]))[0]
    assert (no_grid["standing"], no_grid["standing_share"]) == (None, None)


def test_a_precision_of_few_leads_is_not_told_though_all_of_them_won(drawn):
    rows = compute_metrics_at(material(drawn, fewest=2), np.array([0.5, 0.75, 0.9]))
    assert [row["leads"] for row in rows] == [3, 1, 0]
    assert [row["believed"] for row in rows] == [True, False, False]
    assert [row["precision"] is None for row in rows] == [False, True, True]


def test_intervals_are_those_of_the_thresholds_in_the_bundle(many):
    looks = pd.DataFrame({"lead_id": many.leads, "probability": many.probability, "won": many.won})
    looks = looks.assign(first=True, previous=np.nan, on_grid=False)
    chosen = select_threshold("top 20 percent", many, 7)
    row = compute_metrics_at(material(looks), np.array([0.01, chosen.probability]))[1]
    assert row["precision"] == pytest.approx(chosen.precision)
    assert row["recall"] == pytest.approx(chosen.recall)
    assert row["leads"] == chosen.leads


def test_many_thresholds_at_once_are_the_same_as_one_after_the_other(many):
    p, thresholds = many.probability, np.array([-np.inf, 0.05, 0.2, 0.21, 0.9])
    at_once = bootstrap_sums_above({"won": (p, many.won), "all": (p, np.ones(len(p)))}, thresholds, many.leads, 5)
    for place, threshold in enumerate(thresholds):
        above = p >= threshold
        columns = np.stack([above * many.won, above]).astype(float)
        won, every = ClusterBootstrap(many.leads, 5).resample_sums(columns).T
        assert np.array_equal(at_once["won"][:, place], won)
        assert np.array_equal(at_once["all"][:, place], every)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 1)), min_size=1), st.floats(0, 1))
def test_leads_above_are_the_different_ones(rows, threshold):
    lead, value = (np.array(column) for column in zip(*rows, strict=True))
    expected = len({name for name, p in rows if p >= threshold})
    assert count_leads_above(value, lead, np.array([threshold]))[0] == expected


@given(st.floats(0, 100), st.floats(0.01, 0.4), st.floats(0.1, 0.5))
def test_a_score_and_its_probability_lead_back_to_each_other(score, low, width):
    scale = ScoreScale(low, low + width)
    there = scale.invert(np.array([score, 50.0, 80.0]))
    assert scale.score(there) == pytest.approx([score, 50, 80])
    assert there[1:].tolist() == [low, low + width]


def test_the_snapshot_before_is_that_of_all_snapshots_and_not_of_those_that_have_a_score():
    days = pd.to_datetime(["2025-01-01", "2025-01-31", "2025-03-02"])
    snapshots = pd.DataFrame({"lead_id": ["A"] * 3 + ["B"], "as_of": [*days, days[1]]})
    told = pd.DataFrame(
        {
            "lead_id": ["A", "A", "A", "B"],
            "as_of": [days[0], days[2], days[2], days[1]],
            "probability": [0.1, 0.3, 0.3, 0.4],
        }
    )
    looks = _with_previous(told, snapshots)
    assert looks["first"].tolist() == [True, False, False, True]
    assert looks["previous"].isna().all()  # the second snapshot of A was never scored
    followed = _with_previous(told.assign(as_of=[days[0], days[1], days[1], days[1]]), snapshots)
    assert followed["previous"].tolist()[1:3] == [0.1, 0.1]


def told(**rows):
    """A replay of leads whose scores are written week by week; 0 where they are not open."""
    score = np.array([[float(s) for s in text.split()] for text in rows.values()]).T
    probability = np.where(score > 0, score / 100, np.nan)
    won = np.where(score > 0, [name.startswith("won") for name in rows], np.nan)
    return Backtest(list(WEEKS[: len(score)]), np.array(list(rows), dtype=object), probability, won, 1.0)


def week_by_week(found, key, name="marketing_qualified"):
    return [week[key] for week in found[name]["weeks"]]


def test_a_drawn_history_is_replayed_as_counted_by_hand():
    history = told(
        steady="60 60 60 60 60 60",
        rises="40 40 60 60 60 60",
        trembles="51 49 51 49 51 49",
        swings="55 40 55 55 55 40",
        comes="0 55 55 0 0 0",
        won_comes="0 0 0 90 90 90",
    )
    found = backtest_policy(history, IDENTITY, 3.0, seed=1)
    assert week_by_week(found, "standing") == [3, 3, 5, 5, 5, 4]
    assert week_by_week(found, "entering") == [0, 1, 2, 1, 0, 0]
    assert week_by_week(found, "leaving") == [0, 1, 0, 0, 0, 1]
    assert week_by_week(found, "closed") == [0, 0, 0, 1, 0, 0]
    assert week_by_week(found, "flaps") == [0, 0, 1, 0, 0, 1]
    # without hysteresis the one that trembles leaves in week 1 and takes it back every week from then on
    assert week_by_week(found, "flaps_without") == [0, 0, 2, 1, 1, 2]
    mql = found["marketing_qualified"]
    assert (mql["flaps"], mql["flaps_without"]) == (2, 6)
    assert mql["entering_per_week"] == pytest.approx(4 / 5)
    assert mql["won_of_entered"][0] == pytest.approx(1 / 4)
    assert mql["precision"][0] == pytest.approx(3 / 25)
    assert week_by_week(found, "standing", "sales_qualified") == [0, 0, 0, 1, 1, 1]


def test_who_returns_after_more_than_four_weeks_did_not_flap():
    found = backtest_policy(told(slow="60 40 40 40 40 40 60", quick="60 40 40 40 40 60 60"), IDENTITY, 3.0, seed=1)
    assert week_by_week(found, "flaps") == [0, 0, 0, 0, 0, 1, 0]


def test_only_weeks_whose_outcome_is_known_are_judged():
    history = told(won_a="60 60 60", b="60 60 60", c="60 60 60")
    history.won[1:] = np.nan
    assert history.known.tolist() == [True, False, False]
    precision = backtest_policy(history, IDENTITY, 0.0, seed=1)["marketing_qualified"]["precision"]
    assert precision[0] == pytest.approx(1 / 3)
    assert precision[1] < precision[0] < precision[2]
    history.won[:] = np.nan
    assert backtest_policy(history, IDENTITY, 0.0, seed=1)["marketing_qualified"]["precision"] is None


@given(st.lists(st.lists(st.floats(0.001, 0.999), min_size=4, max_size=4), min_size=2, max_size=6))
def test_what_comes_and_goes_accounts_for_what_stands(rows):
    probability = np.array(rows)
    weeks = list(WEEKS[: len(rows)])
    history = Backtest(weeks, np.arange(4).astype(object), probability, np.full_like(probability, np.nan), 1.0)
    ranks = assign_weekly_stages(history, IDENTITY, 3.0)
    assert set(np.unique(ranks)) <= {0, 1, 2}
    for name in ("marketing_qualified", "sales_qualified"):
        told_weeks = backtest_policy(history, IDENTITY, 3.0, seed=1)[name]["weeks"]
        for before, now in itertools.pairwise(told_weeks):
            assert now["standing"] == before["standing"] + now["entering"] - now["leaving"] - now["closed"]


def test_of_a_large_base_the_same_leads_are_followed_through_all_weeks(monkeypatch):
    ids = np.array([f"L{n:03d}" for n in range(60)], dtype=object)
    by_hash = ids[np.argsort(pd.util.hash_array(ids))]
    early, late = by_hash[[n for n in range(60) if n % 2]], by_hash[:30]  # the later base was cut at 30
    parts = [pd.DataFrame({"lead_id": part, "moment": moment}) for part, moment in ((early, 1), (late, 2))]
    monkeypatch.setattr(backtest, "MAX_LEADS", 30)
    counted = SimpleNamespace(count=lambda: SimpleNamespace(execute=lambda: 60))
    monkeypatch.setattr(backtest, "select_open_leads", lambda engine, moment: counted)
    parts[0] = parts[0].head(29)
    kept, standing_for = backtest._same_leads(pd.concat(parts), None)
    assert set(kept["lead_id"]) == set(late)
    assert standing_for == 2.0


def test_figures_are_written_with_as_many_digits_as_tell():
    assert format_percent_scaled(0.0042) == "0.42\N{NO-BREAK SPACE}%"
    assert format_percent_scaled(0.25) == "25.0\N{NO-BREAK SPACE}%"
    assert format_percent_scaled(0.756) == "76\N{NO-BREAK SPACE}%"
    assert [format_number(v) for v in (0, 3.25, 46.2, 4493.3, 431_269)] == ["0", "3.2", "46", "4,493", "431k"]
    assert format_interval([46.2, 40.8, 51.7]) == "46 (41 to 52)"
    assert format_percent_interval([0.25, 0.212, 0.3036]) == "25.0\N{NO-BREAK SPACE}% (21.2 to 30.4)"
    assert format_interval(None) == format_percent_interval(None) == "–"


def test_what_is_to_be_pasted_is_a_policy_but_for_who_agreed(many):
    from ruamel.yaml import YAML

    policy = Policy(hysteresis=2.5, economics=UnitEconomics(win=900, minutes=20))
    proposed = {
        "marketing_qualified": select_threshold("top 20 percent", many, 0),
        "sales_qualified": select_threshold("top 10 percent", many, 0, min_leads=5),
    }
    text = render_policy_yaml(policy, proposed)
    section = YAML(typ="safe", pure=True).load(text)["policy"]
    agreed = section.pop("agreed")
    assert {name: agreed[name] for name in proposed} == {name: section[name] for name in proposed}
    read = Policy.model_validate(section)
    assert read == policy.model_copy(update={n: t.sentence for n, t in proposed.items()})
    with pytest.raises(ValueError, match="on"):
        Policy.model_validate(section | {"agreed": agreed})
