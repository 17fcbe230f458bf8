"""Figures against scikit-learn and worked examples; intervals by lead; choice of what beats the base rate."""

import typing

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from leadlight.models.calibration.parametric import solve_intercept
from leadlight.models.candidates.rules import Rule, resolve_rules
from leadlight.models.metrics.bootstrap import ClusterBootstrap
from leadlight.models.metrics.curves import compute_curves
from leadlight.models.metrics.metrics import (
    bin_calibration,
    calculate_ece,
    calculate_lift,
    compute_metrics,
    fit_calibration_line,
)
from leadlight.models.metrics.oracle import measure_regret_to_oracle
from leadlight.models.metrics.selection_metric import SELECTION_METRICS
from leadlight.models.training.selection import calculate_cluster_robust_se, select_candidate
from leadlight.pipelines.params.sections import Training


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    p = rng.beta(1, 5, 4000)
    return p, (rng.random(4000) < p).astype(int)


def test_figures_are_those_of_scikit_learn(sample):
    p, won = sample
    found = compute_metrics(p, won)
    assert found["auc"] == pytest.approx(roc_auc_score(won, p))
    assert found["average_precision"] == pytest.approx(average_precision_score(won, p))
    assert found["log_loss"] == pytest.approx(log_loss(won, p))
    assert found["brier"] == pytest.approx(brier_score_loss(won, p))


def test_lift_of_a_worked_example():
    p = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
    won = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    assert calculate_lift(p, won, 0.1) == pytest.approx(5.0)
    assert calculate_lift(p, won, 0.2) == pytest.approx(5.0)
    assert calculate_lift(np.full(10, 0.3), won, 0.1) == pytest.approx(1.0)


def test_probabilities_that_differ_by_rounding_alone_are_ties(sample):
    """Points added up in another order, or on another processor, differ in the last bits."""
    p, won = sample
    tied = np.round(p, 2)
    noisy = np.random.default_rng(1).choice([-1, 1], len(p)) * 1e-16 + tied
    assert len(np.unique(noisy)) > len(np.unique(tied))
    assert compute_metrics(noisy, won) == pytest.approx(compute_metrics(tied, won), rel=1e-12)


def test_calibration_error_of_a_worked_example():
    p = np.repeat([0.1, 0.6], 50)
    won = np.concatenate([np.tile([1, 0, 0, 0, 0], 10), np.tile([1, 1, 1, 1, 0], 10)])
    assert calculate_ece(p, won) == pytest.approx(0.5 * 0.1 + 0.5 * 0.2)
    assert sum(band["snapshots"] for band in bin_calibration(p, won)) == 100


def test_the_calibration_line_is_a_logistic_regression_on_log_odds(sample):
    p, won = sample
    distorted = expit(0.5 * np.log(p / (1 - p)) - 1)
    log_odds = np.log(distorted / (1 - distorted))
    reference = LogisticRegression(C=np.inf, tol=1e-10).fit(log_odds[:, None], won)
    slope, intercept = fit_calibration_line(distorted, won)
    assert slope == pytest.approx(reference.coef_[0, 0], abs=1e-3)
    assert intercept == pytest.approx(reference.intercept_[0], abs=1e-3)
    assert slope == pytest.approx(2.0, abs=0.3)


def test_the_truth_has_no_regret_and_the_base_rate_has_all_of_it():
    q = np.random.default_rng(1).beta(1, 9, 1000)
    assert measure_regret_to_oracle(q, q)["regret"] == pytest.approx(0.0, abs=1e-12)
    assert measure_regret_to_oracle(np.full(1000, q.mean()), q)["regret"] == pytest.approx(1.0)
    assert measure_regret_to_oracle(np.clip(q * 1.5, 0, 1), q)["regret"] > 0.01
    assert measure_regret_to_oracle(q + 0.01, q)["mean_absolute_error"] == pytest.approx(0.01)


def find_ends(bootstrap, values):
    return np.quantile(bootstrap.resample(lambda rows: float(values[rows].mean())), [0.025, 0.975])


def test_intervals_hold_the_truth_about_nineteen_times_in_twenty():
    rng = np.random.default_rng(2)
    held = 0
    for seed in range(60):
        values = rng.normal(size=200)
        low, high = find_ends(ClusterBootstrap(np.arange(200), seed), values)
        held += low <= 0 <= high
    assert 50 <= held <= 60


def test_snapshots_of_one_lead_count_as_one():
    rng = np.random.default_rng(3)
    values = np.repeat(rng.normal(size=50), 40)
    groups = np.repeat(np.arange(50), 40)
    wide, narrow = (
        find_ends(ClusterBootstrap(groups, 0), values),
        find_ends(ClusterBootstrap(np.arange(2000), 0), values),
    )
    assert wide[1] - wide[0] > 4 * (narrow[1] - narrow[0])
    assert calculate_cluster_robust_se(values, groups) == pytest.approx(values.std() / np.sqrt(50), rel=0.05)


def compare(noise, leads=4000, seed=4, slope=1.0, **more):
    """Compare the base rate and candidates that say the truth with some noise."""
    rng = np.random.default_rng(seed)
    truth = slope * rng.normal(0, 1.5, leads) - 1
    won = (rng.random(leads) < expit(truth)).astype(int)
    margins = {"constant": np.full(leads, -1.0)}
    margins |= {name: truth + rng.normal(0, scale, leads) for name, scale in noise.items()}
    return select_candidate(margins, won, np.arange(leads), origin=np.zeros(leads), **more)


def test_the_best_is_chosen_and_a_simpler_one_only_if_it_is_equal():
    equal = compare({"logistic": 0.001, "boosted": 0.0})
    assert equal.name == "logistic"
    worse = compare({"logistic": 0.7, "boosted": 0.0})
    assert worse.name == "boosted"
    assert worse.loss_gap["logistic"] > 0
    assert worse.loss_gap["boosted"] == worse.standard_error["boosted"] == 0
    assert worse.has_signal


def test_a_planted_signal_is_found_and_its_gain_told_with_its_error():
    found = compare({"logistic": 0.3}, leads=1500)
    assert found.name == "logistic"
    assert found.gain["logistic"] == pytest.approx(found.log_loss["constant"] - found.log_loss["logistic"])
    assert found.gain["logistic"] > 1.96 * found.gain_error["logistic"] > 0


def test_without_a_signal_nothing_is_chosen():
    """Candidates that say noise, and rules of thumb that say it too."""
    chosen = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        won = (rng.random(600) < 0.15).astype(int)
        base = np.full(600, np.log(0.15 / 0.85))
        margins = {"constant": base} | {name: base + rng.normal(0, 0.2, 600) for name in ("points", "logistic", "mean")}
        chosen.append(select_candidate(margins, won, np.arange(600), origin=np.zeros(600)).has_signal)
    assert sum(chosen) <= 3


def test_the_rule_book_serves_where_the_best_does_not_beat_the_base_rate_and_it_does():
    won = np.tile([1, 0, 0, 0, 0], 400)
    base, rng = np.full(2000, np.log(0.25)), np.random.default_rng(0)
    # the best on average, but for a hundred leads of which it is very sure: its error is large
    wild = base + 0.9 * (2 * won - 1) * (rng.random(2000) < 0.55)
    leads = np.arange(2000)
    sure = np.where(won == 1, 0.15, -0.05) + base
    margins = {"constant": base, "points": sure, "logistic": wild}
    clear = select_candidate(margins, won, leads, origin=np.zeros(len(won)))
    assert clear.name == "logistic"
    # of two leads alone, nothing is known of its gain
    few = np.where(np.arange(2000) < 1000, 0, 1)
    gain_of_one = np.where(few == 0, 2.6 * (2 * won - 1), -0.2 * (2 * won - 1))
    unsure = select_candidate(margins | {"logistic": base + gain_of_one}, won, few, origin=np.zeros(len(won)))
    assert unsure.values["logistic"] < unsure.values["points"]
    assert unsure.name == "points"
    del margins["points"]
    assert (
        select_candidate(margins | {"logistic": base + gain_of_one}, won, few, origin=np.zeros(len(won))).name
        == "constant"
    )


@pytest.mark.parametrize("name", SELECTION_METRICS)
def test_every_metric_selects_by_its_own_values_and_errors(name):
    rng = np.random.default_rng(4)
    truth = np.repeat(rng.normal(-1, 1.5, 1000), 2)
    won = (rng.random(2000) < expit(truth)).astype(int)
    groups = np.repeat(np.arange(1000), 2)
    margins = {"constant": np.full(2000, -0.7), "a": truth + rng.normal(0, 3.0, 2000), "b": truth, "c": truth.copy()}
    choice = select_candidate(margins, won, groups, origin=np.zeros(len(won)), metric=name, seed=1)
    metric = SELECTION_METRICS[name]
    assert choice.metric == name
    assert choice.name == "b"  # as good as c, and simpler; a is worse
    losses = {key: metric.convert_to_loss(value) for key, value in choice.values.items()}
    best = min(losses, key=losses.get)
    for key in margins:
        assert choice.loss_gap[key] == pytest.approx(losses[key] - losses[best], abs=1e-12)
    assert choice.loss_gap["a"] > choice.standard_error["a"] > 0
    assert choice.standard_error[best] == 0
    expected = {
        "log_loss": log_loss(won, expit(truth + solve_intercept(truth, won))),
        "brier": brier_score_loss(won, expit(truth)),
        "auc": roc_auc_score(won, truth),
        "average_precision": average_precision_score(won, truth),
    }
    assert choice.values["b"] == pytest.approx(expected[name], abs=1e-9)


def test_the_error_of_a_metric_of_ranks_is_that_of_whole_leads():
    rng = np.random.default_rng(7)
    truth = rng.normal(-1, 1.5, 800)
    won = (rng.random(800) < expit(truth)).astype(int)
    margins = {"constant": np.zeros(800), "a": truth + rng.normal(0, 2.0, 800), "b": truth}
    alone = select_candidate(margins, won, np.arange(800), origin=np.zeros(800), metric="auc")
    four = {name: np.repeat(margin, 4) for name, margin in margins.items()}
    together = select_candidate(
        four, np.repeat(won, 4), np.repeat(np.arange(800), 4), origin=np.zeros(3200), metric="auc"
    )
    assert together.standard_error["a"] == pytest.approx(alone.standard_error["a"], rel=0.15)


def test_metrics_that_params_allow_are_those_that_can_select():
    assert set(typing.get_args(Training.model_fields["metric"].annotation)) == set(SELECTION_METRICS)


def test_curves_start_and_end_where_they_must(sample):
    drawn = compute_curves(*sample)
    assert drawn["roc"].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
    assert drawn["gains"].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
    assert drawn["precision_recall"].iloc[-1]["recall"] == 1.0
    assert drawn["precision_recall"]["recall"].is_monotonic_increasing
    assert drawn["reliability"]["snapshots"].sum() == len(sample[0])
    assert max(map(len, drawn.values())) <= 210


def test_the_rule_book_adds_up_points(world):
    rules = [
        Rule("industry", 20, values=("  STEEL",)),
        Rule("demo", 40, within_days=30, at_least=2),
        Rule("unsubscribe", -15, within_days=7),
    ]
    frame = world.frame.head(200)
    expected = (
        20 * (frame["attribute__industry"] == "steel")
        + 40 * (frame["count_30d__demo"] >= 2)
        - 15 * (frame["count_7d__unsubscribe"] >= 1)
    )
    resolved = resolve_rules(rules, world.catalogue)
    earned = sum(points for rule in resolved for points in rule.evaluate(frame).values())
    np.testing.assert_allclose(earned, expected)
