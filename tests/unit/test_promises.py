"""What grades and thresholds are held to on a later window: a prediction interval, at the newest ages."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.model_selection import GroupKFold

from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.metrics.age_standardization import compute_standardization_weights
from leadlight.models.metrics.bootstrap import ClusterBootstrap, proportion_interval
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.grades import GradeScale, GradeStatistics, compute_grade_statistics
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import select_threshold
from leadlight.models.validation.threshold_backtest import backtest_expectations, calculate_prediction_interval


def test_square_and_add_is_the_published_interval_of_a_difference():
    """Newcombe 1998, table II: 56/70 against 48/80, method 10: 0.0524 to 0.3339 for a difference of 0.2."""

    def wilson(wins, n):
        z, p = norm.ppf(0.975), wins / n
        half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return p, (p + z**2 / (2 * n) - half) / (1 + z**2 / n), (p + z**2 / (2 * n) + half) / (1 + z**2 / n)

    promised, shown = wilson(48, 80), wilson(56, 70)
    low, high = calculate_prediction_interval(promised, shown)
    difference = shown[0] - promised[0]
    assert (difference - (high - promised[0]), difference + promised[0] - low) == pytest.approx(
        (0.0524, 0.3339), abs=5e-5
    )


def test_figures_that_are_to_hold_together_are_given_as_much_more_room():
    promised, shown = (0.1, 0.08, 0.13), (0.12, 0.1, 0.15)
    one, eight = (calculate_prediction_interval(promised, shown), calculate_prediction_interval(promised, shown, 8))
    # 2.734 is the normal quantile of 1 - 0.025 / 8
    np.testing.assert_allclose(np.array(eight) - 0.1, (np.array(one) - 0.1) * 2.734 / 1.96, rtol=1e-3)


def draw(rng, leads, rate=0.1, per_lead=3):
    """Leads whose snapshots all win or all lose: the most that they can go together."""
    won = np.repeat(rng.random(leads) < rate, per_lead).astype(int)
    return won, np.repeat(np.arange(leads), per_lead)


def interval_of(won, leads, seed):
    sums = ClusterBootstrap(leads, seed).resample_sums(np.stack([won * 1.0, np.ones(len(won))])).T
    return proportion_interval(sums[0], sums[1], len(np.unique(leads)))


@pytest.mark.parametrize(("then", "now"), [(400, 400), (1500, 300), (300, 1500)])
@pytest.mark.slow
def test_a_later_window_lies_inside_in_95_of_100_cases_and_inside_the_promise_alone_in_fewer(then, now):
    rng = np.random.default_rng(then)
    inside = alone = 0
    for seed in range(200):
        promised, shown = interval_of(*draw(rng, then), seed), interval_of(*draw(rng, now), seed)
        low, high = calculate_prediction_interval(promised, shown)
        inside += low <= shown[0] <= high
        alone += promised[1] <= shown[0] <= promised[2]
    assert inside / 200 == pytest.approx(0.95, abs=0.035)
    assert alone < inside - 10 * (then >= now)


def test_a_rate_without_a_win_still_has_an_upper_end():
    assert interval_of(np.zeros(60, dtype=int), np.arange(60) // 3, 0) == pytest.approx((0, 0, 0.161), abs=1e-3)


@dataclass(frozen=True)
class Drawn(ScoredSnapshots):
    """A window of which ages and periods are known too."""

    ages: np.ndarray | None = None
    period: np.ndarray | None = None


def world(rng, leads, shift=0.0, ages=None):
    """Probabilities, outcomes and ages: older leads are colder."""
    ages = rng.uniform(0, 300, leads) if ages is None else ages
    strength = rng.normal(0, 1, leads) - ages / 100
    p = 1 / (1 + np.exp(-(strength - 0.5)))
    won = (rng.random(leads) < 1 / (1 + np.exp(-(strength - 0.5 + shift)))).astype(int)
    return Drawn(p, won, np.arange(leads), ages=ages), strength


def scorer_of(then, strength, weight=None):
    scored = ScoredSnapshots(then.probability, then.won, then.leads, 10.0, weight)
    thresholds = {
        "marketing_qualified": select_threshold("top 30 percent", scored, 1),
        "sales_qualified": select_threshold("top 10 percent", scored, 1),
    }
    scales = (GradeScale.fit(names, strength, then.won, then.leads, 1, weight=weight) for names in ("ABCD", "1234"))
    return Scorer(
        None,
        None,
        PlattCalibrator(),
        thresholds,
        *scales,
        ScorerMetadata(candidate="any", horizon_days=90, time="dates"),
    )


def judged(scorer, now, strength, earlier=None):
    now = replace(now, grades=grades_of(scorer, strength))
    none = np.empty(0)
    earlier = earlier or Drawn(none, none, none, grades={"fit": none, "engagement": none}, period=none.astype(int))
    return backtest_expectations(scorer, now, earlier, 3, period=earlier.period, ages=earlier.ages)


def grades_of(scorer, strength):
    return {"fit": scorer.fit_grades.assign(strength), "engagement": scorer.engagement_grades.assign(strength)}


def earlier_of(scorer, windows, strengths, ages=None):
    """Windows as periods; the first is the newest."""
    sizes = [len(window.won) for window in windows]
    first = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    return Drawn(
        np.concatenate([window.probability for window in windows]),
        np.concatenate([window.won for window in windows]),
        np.concatenate([window.leads + start for window, start in zip(windows, first, strict=True)]),
        grades=grades_of(scorer, np.concatenate(strengths)),
        ages=np.concatenate([window.ages for window in windows]),
        period=np.repeat(np.arange(len(windows)), sizes),
    )


@pytest.mark.slow
def test_where_nothing_changes_promises_hold_and_where_outcomes_do_they_do_not():
    outside = judged_in_all = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        then, strength = world(rng, 4000)
        scorer = scorer_of(then, strength)
        found = judged(scorer, *world(rng, 3000))
        assert found["judged"] == 2 * 3 + 2 * 2 * len(scorer.fit_grades.expected)
        outside, judged_in_all = outside + len(found["outside"]), judged_in_all + found["judged"]
    # cuts lie where their own window is at its best, so a little more than one in twenty
    assert outside / judged_in_all <= 0.12
    lost = judged(scorer, *world(rng, 3000, shift=-1.0))["outside"]
    assert {"thresholds.marketing_qualified.precision", "fit.A.win_rate", "engagement.1.win_rate"} <= set(lost)


@pytest.mark.slow
def test_of_an_older_base_what_is_promised_at_its_ages_holds_and_nothing_else_does():
    rng = np.random.default_rng(1)
    then, strength = world(rng, 6000)
    newest = rng.uniform(0, 300, 6000).clip(150) - rng.uniform(0, 149, 6000) * 0.2
    now, later = world(rng, 6000, ages=rng.permutation(newest))
    unweighed = judged(scorer_of(then, strength), now, later)
    assert {"thresholds.marketing_qualified.share", "engagement.2.win_rate"} & set(unweighed["outside"])
    weight = compute_standardization_weights(then.ages, newest)
    weighed = judged(scorer_of(then, strength, weight), now, later)
    assert weighed["outside"] == []
    share = [told["thresholds"]["marketing_qualified"]["share"] for told in (unweighed, weighed)]
    # "top 30 percent" is that of the base as old as it is now
    assert share[0]["shown"]["value"] < 0.25
    assert share[1]["promised"]["value"] == pytest.approx(0.3, abs=0.001)
    assert share[1]["shown"]["value"] == pytest.approx(0.3, abs=0.03)


@pytest.mark.slow
def test_where_periods_differ_a_later_one_is_held_to_what_they_differ_by():
    outside = {"alone": 0, "with periods": 0}
    for seed in range(8):
        rng = np.random.default_rng(seed)
        # the market of each period is a law of its own: chances of all leads go up and down together
        drawn = [world(rng, 2000, shift=rng.normal(0, 0.4)) for _ in range(9)]
        (then, strength), (now, later) = drawn[0], drawn[1]
        scorer = scorer_of(then, strength)
        earlier = earlier_of(scorer, [w for w, _ in (drawn[0], *drawn[2:])], [s for _, s in (drawn[0], *drawn[2:])])
        outside["alone"] += bool(judged(scorer, now, later)["outside"])
        found = judged(scorer, now, later, earlier)
        assert found["periods"] == 8
        outside["with periods"] += bool(found["outside"])
    assert outside["with periods"] <= outside["alone"] / 2


def test_a_grade_promises_what_leads_did_whom_the_cuts_of_others_put_there():
    rng = np.random.default_rng(3)
    strength, leads = rng.normal(size=6000), np.repeat(np.arange(2000), 3)
    won = (rng.random(6000) < 0.1 * np.exp(strength).clip(0, 9)).astype(int)
    scale = GradeScale.fit("ABCD", strength, won, leads, 5)
    grades = np.empty(6000, dtype="<U1")
    for rest, held in GroupKFold(5).split(strength, won, leads):
        others = GradeScale.fit("ABCD", strength[rest], won[rest], leads[rest], 5)
        grades[held] = others.assign(strength[held])
    assert (grades != scale.assign(strength)).any()
    assert "".join(row.grade for row in scale.expected) == "ABCD"
    for row in scale.expected:
        own = grades == row.grade
        assert (row.snapshots, row.leads) == (own.sum(), len(np.unique(leads[own])))
        assert row.win_rate[0] == pytest.approx(won[own].mean())
        assert row.lift[0] == pytest.approx(won[own].mean() / won.mean())
        assert row.win_rate[1] < row.win_rate[0] < row.win_rate[2]
    assert GradeScale.from_dict(scale.to_dict()) == scale
    assert GradeScale.fit("ABCD", strength, won, leads, 5) == scale


@pytest.mark.slow
def test_without_anything_to_learn_no_grade_promises_to_be_better():
    rng = np.random.default_rng(8)
    best = []
    for _ in range(60):  # cut and told on the same rows, the best grade would promise half as much again
        strength, won = rng.normal(size=900), (rng.random(900) < 0.1).astype(int)
        best.append(GradeScale.fit("ABCD", strength, won, np.arange(900), 1).expected[0].lift[0])
    assert np.mean(best) == pytest.approx(1.0, abs=0.12)


def test_scales_of_older_bundles_can_be_read():
    old = GradeScale.from_dict({"names": "ABCD", "cuts": [None, 1.0, 0.5]})
    assert old.expected == ()
    assert old.assign(np.array([2.0, 0.7])).tolist() == ["B", "C"]


def test_grades_that_nobody_has_are_left_out_and_no_win_promises_nothing():
    grades, leads = np.array(["A"] * 10 + ["C"] * 30), np.arange(40)
    rows = compute_grade_statistics("ABCD", grades, np.array([1] * 5 + [0] * 35), leads, 0)
    assert [(row.grade, row.snapshots) for row in rows] == [("A", 10), ("C", 30)]
    assert all(np.isfinite([*row.win_rate, *row.lift]).all() for row in rows)
    assert compute_grade_statistics("ABCD", grades, np.zeros(40, dtype=int), leads, 0) == ()
    assert isinstance(rows[0], GradeStatistics)
