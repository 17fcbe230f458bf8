"""The check of the calibration and figures by segment: right where it is right, wrong where it is wrong."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from leadlight.models.metrics.bootstrap import ClusterBootstrap
from leadlight.models.metrics.metrics import calculate_ece, fit_calibration_line
from leadlight.models.scoring.calibration_answers import FAILS, HOLDS, TOO_LITTLE_EVIDENCE
from leadlight.models.validation.calibration_check import (
    answer_by_age,
    answer_intervals,
    check_calibration,
    check_calibration_by_age,
    resample_slope,
)
from leadlight.models.validation.segments import NOT_KNOWN, compute_segment_metrics


def drawn(seed, rows=4000, off=0.0, slope=1.0):
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2.5, 1.2, rows)
    won = (rng.random(rows) < expit(slope * log_odds + off)).astype(int)
    return expit(log_odds), won, ClusterBootstrap(np.arange(rows), seed)


@pytest.mark.slow
def test_resamples_that_are_kept_are_those_that_are_drawn_anew(monkeypatch):
    leads, columns = np.arange(900) // 3, np.random.default_rng(2).random((2, 900))
    kept = [ClusterBootstrap(leads, seed).resample_sums(columns) for seed in (4, 5, 6, 4)]
    monkeypatch.setattr("leadlight.models.metrics.bootstrap.MAX_KEPT", 0)
    anew = [ClusterBootstrap(leads, seed).resample_sums(columns) for seed in (4, 5, 6, 4)]
    np.testing.assert_array_equal(kept, anew)
    assert (kept[0][1:] != kept[1][1:]).any()


@pytest.mark.parametrize(
    ("off", "slope", "answer"), [(0.0, 1.0, HOLDS), (1.0, 1.0, FAILS), (0.0, 0.5, FAILS), (1.5, 2.5, FAILS)]
)
def test_the_check_fails_where_the_level_or_the_slope_is_wrong(off, slope, answer):
    p, won, bootstrap = drawn(2, off=off, slope=slope)
    found = check_calibration(p, won, bootstrap)
    assert found["answer"] == answer
    assert found["slope"]["low"] < found["slope"]["value"] < found["slope"]["high"]
    assert found["ece"]["value"] == pytest.approx(calculate_ece(p, won))


@pytest.mark.parametrize(
    ("slope", "ratio", "answer"),
    [
        ((0.75, 1.3), (0.85, 1.2), HOLDS),
        ((0.75, 1.3), (0.85, 0.95), HOLDS),  # excludes 1, but by less than is tolerated
        ((-4.09, 2.44), (0.9, 1.1), TOO_LITTLE_EVIDENCE),
        ((0.9, 1.1), (0.7, 1.3), TOO_LITTLE_EVIDENCE),
        ((0.9, 1.1), (1.16, 1.28), FAILS),
        ((0.5, 0.9), (0.9, 1.1), FAILS),
        ((-4.09, 2.44), (1.16, 1.28), FAILS),
        ((float("nan"), float("nan")), (0.9, 1.1), TOO_LITTLE_EVIDENCE),
    ],
)
def test_the_check_holds_only_within_the_tolerances_and_fails_only_where_one_is_excluded(slope, ratio, answer):
    assert answer_intervals(12, (1.0, *slope), (1.0, *ratio)) == answer
    assert answer_intervals(9, (1.0, *slope), (1.0, *ratio)) == TOO_LITTLE_EVIDENCE


def test_a_resampled_slope_is_near_that_of_a_refit():
    p, won, _ = drawn(5, rows=800)
    bootstrap = ClusterBootstrap(np.arange(800) // 2, 0, draws=100)
    slope, *resampled = resample_slope(p, won, bootstrap)
    refitted = bootstrap.resample(lambda rows: fit_calibration_line(p[rows], won[rows])[0])[:, 0]
    assert slope == pytest.approx(fit_calibration_line(p, won)[0])
    assert np.corrcoef(resampled, refitted)[0, 1] > 0.99
    assert np.std(resampled) == pytest.approx(np.std(refitted), rel=0.05)


def test_new_and_older_leads_are_checked_apart():
    p, won, _ = drawn(4, rows=8000)
    ages, leads = np.where(np.arange(8000) % 2, 6.9, 7.1), np.arange(8000)
    ages[:4] = np.nan  # known of neither group
    high = np.where(ages <= 7, expit(logit(p) + 1.0), p)
    checks = check_calibration_by_age(high, won, leads, ages, 0)
    assert {name: check["answer"] for name, check in checks.items()} == {"all": FAILS, "new": FAILS, "older": HOLDS}
    assert checks["new"]["snapshots"] + checks["older"]["snapshots"] + 4 == checks["all"]["snapshots"]
    assert answer_by_age(high, won, leads, ages, 0) == {"all": FAILS, "new": FAILS, "older": HOLDS}
    assert answer_by_age(p, won, leads, None, 0) == {"all": HOLDS}


def test_a_group_of_few_wins_has_no_figures():
    p, won, _ = drawn(4)
    ages = np.where(won.cumsum() <= 9, 3.0, 30.0)
    few = check_calibration_by_age(p, won, np.arange(len(p)), ages, 0)["new"]
    assert few == {"answer": TOO_LITTLE_EVIDENCE, "snapshots": int((ages == 3).sum()), "wins": 9}
    assert answer_by_age(p, won, np.arange(len(p)), np.full(len(p), 8.0), 0)["new"] == TOO_LITTLE_EVIDENCE


def test_of_one_chance_for_all_the_level_alone_decides():
    won = (np.random.default_rng(0).random(4000) < 0.1).astype(int)
    bootstrap = ClusterBootstrap(np.arange(4000), 0)
    answers = [check_calibration(np.full(4000, rate), won, bootstrap)["answer"] for rate in (0.1, 0.3)]
    assert answers == [HOLDS, FAILS]


def test_segments_are_told_with_counts_and_only_where_there_are_enough_leads(world):
    p, _, _ = drawn(3, rows=len(world.won))
    leads = np.array([f"L{i}" for i in range(len(p))])
    told = compute_segment_metrics(p, world.won, leads, frame=world.frame, catalogue=world.catalogue, seed=0)
    industry = told[told["attribute"] == "industry"].set_index("segment")
    steel = (world.frame["attribute__industry"] == "steel").to_numpy()
    assert industry.loc["steel", "snapshots"] == steel.sum()
    assert industry.loc["steel", "wins"] == world.won[steel].sum()
    assert industry.loc["steel", "expected_wins"] == pytest.approx(p[steel].sum())
    assert industry.loc["steel", "auc"] == pytest.approx(roc_auc_score(world.won[steel], p[steel]))
    assert NOT_KNOWN in industry.index
    assert "rare" not in industry.index
    assert (told["leads"] >= 50).all()
    sizes = told[(told["attribute"] == "employees") & (told["segment"] != NOT_KNOWN)]
    assert sizes["snapshots"].sum() == world.frame["attribute__employees"].notna().sum()


def test_a_segment_of_few_wins_has_no_interval():
    from leadlight.features.catalogue import Catalogue, Feature

    catalogue = Catalogue((Feature("x", "attribute", "x", "fit", "category", 0, "x"),), ())
    frame = pd.DataFrame({"x": pd.Series(["a"] * 100 + ["b"] * 100, dtype="str")})
    won = np.array([1] * 3 + [0] * 97 + [1] * 40 + [0] * 60)
    told = compute_segment_metrics(
        np.full(200, 0.2), won, np.arange(200), frame=frame, catalogue=catalogue, seed=0
    ).set_index("segment")
    assert np.isnan(told.loc["a", "low"])
    assert told.loc["b", "low"] < 2.0 < told.loc["b", "high"]
