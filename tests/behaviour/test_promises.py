"""Grades and thresholds against what they promised: in the metrics, on the card, and kept by the demo."""

import json

import numpy as np
import pytest

from leadlight.models.scoring.bundle import load_evaluation_scorer, load_scorer
from leadlight.models.validation.threshold_backtest import calculate_prediction_interval
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.datasets.out_of_time_scores import link_predictions, predict_snapshots, read_out_of_time
from leadlight.pipelines.workspace.workdir import Workdir


@pytest.fixture(scope="module")
def told(trained):
    class Told:
        work = Workdir(trained / "work")
        metrics = json.loads(work.details.read_text(encoding="utf-8"))
        promises = metrics["expectations"]
        html = (work.plots / "card.html").read_text(encoding="utf-8")
        scorer = load_evaluation_scorer(work.bundle)

    return Told


def verdicts(promises):
    for name, figures in promises["thresholds"].items():
        for figure, verdict in figures.items():
            yield f"thresholds.{name}.{figure}", verdict
    for group, grades in promises["grades"].items():
        for grade, figures in grades.items():
            for figure, verdict in figures.items():
                yield f"{group}.{grade}.{figure}", verdict


def interval(told):
    return told["value"], told["low"], told["high"]


@pytest.mark.slow
def test_every_verdict_follows_from_the_intervals_beside_it(told):
    every = dict(verdicts(told.promises))
    assert told.promises["judged"] == len(every) >= 12
    outside = [name for name, verdict in every.items() if not verdict["inside"]]
    assert sorted(told.promises["outside"]) == sorted(outside)
    of = {name: told.promises["together"]["thresholds" if "thresholds" in name else "grades"] for name in every}
    for name, verdict in every.items():
        promised, shown = interval(verdict["promised"]), interval(verdict["shown"])
        held = verdict["prediction_interval"]
        assert (held["low"], held["high"]) == pytest.approx(
            calculate_prediction_interval(promised, shown, of[name], verdict["between_periods"]), abs=1e-5
        )
        assert held["low"] <= promised[1]
        assert promised[2] <= held["high"]
        assert verdict["inside"] == (held["low"] <= shown[0] <= held["high"])
        assert verdict["inside_expected"] == (promised[1] <= shown[0] <= promised[2])


@pytest.mark.slow
def test_promises_are_those_of_the_bundle_and_what_is_shown_is_that_of_the_test_window(told):
    test = read_labelled_snapshots(told.work).select_split("test")
    test = test.filter(test.frame["on_grid"].to_numpy())
    scored = told.scorer.score(test.frame).assign(won=test.won)
    for name, threshold in told.scorer.thresholds.items():
        above = scored["probability"] >= threshold.probability
        found = told.promises["thresholds"][name]
        assert interval(found["precision"]["promised"]) == pytest.approx(threshold.precision, abs=1e-6)
        assert found["precision"]["shown"]["value"] == pytest.approx(scored.loc[above, "won"].mean(), abs=1e-6)
        assert found["share"]["shown"]["value"] == pytest.approx(above.mean(), abs=1e-6)
    for group, scale in (("fit", told.scorer.fit_grades), ("engagement", told.scorer.engagement_grades)):
        shown = scored.groupby(f"{group}_grade")["won"].mean()
        kept = {row.grade: row for row in scale.expected}
        assert set(told.promises["grades"][group]) == set(kept) & set(shown.index)
        for grade, figures in told.promises["grades"][group].items():
            assert interval(figures["win_rate"]["promised"]) == pytest.approx(kept[grade].win_rate, abs=1e-6)
            assert figures["win_rate"]["shown"]["value"] == pytest.approx(shown[grade], abs=1e-6)


@pytest.mark.slow
def test_the_card_lists_every_figure_with_its_verdict(told):
    for name, verdict in verdicts(told.promises):
        row = told.html.split(f'<tr data-key="{name}">')[1].split("</tr>")[0]
        assert f">{'inside' if verdict['inside'] else 'outside'}</span>" in row
        for value in (
            verdict["shown"]["value"],
            *interval(verdict["promised"]),
            *verdict["prediction_interval"].values(),
        ):
            assert f'value="{value}"' in row
    inside = told.promises["judged"] - len(told.promises["outside"])
    assert f"{inside} of {told.promises['judged']} figures" in told.html


@pytest.mark.slow
def test_what_is_kept_of_grades_is_far_from_certain_of_few_leads(told):
    rows = [row for scale in (told.scorer.fit_grades, told.scorer.engagement_grades) for row in scale.expected]
    assert all(row.leads <= row.snapshots for row in rows)
    assert all(row.win_rate[1] <= row.win_rate[0] <= row.win_rate[2] for row in rows)


@pytest.mark.slow
def test_out_of_time_snapshots_are_counted_at_the_ages_of_those_after_them(told):
    known, scorer = read_labelled_snapshots(told.work), load_scorer(told.work.bundle)
    predictions = read_out_of_time(told.work, scorer.metadata.candidate)
    newest = predict_snapshots(scorer.model, known.select_unfinished(), scorer.catalogue)
    assert predictions["as_of"].max() < newest["as_of"].min()
    linked, weight = link_predictions(predictions, newest)
    ages, wanted = linked["age_days"].to_numpy(), newest.loc[newest["on_grid"], "age_days"].mean()
    assert weight.mean() == pytest.approx(1)
    assert abs(np.average(ages, weights=weight) - wanted) < abs(ages.mean() - wanted)
    assert scorer.metadata.at_newest_ages


def test_grades_and_thresholds_of_the_demo_stay_inside_their_intervals(root):
    """The committed figures; other worlds are judged by `make bench-promises`."""
    promises = json.loads((root / "work" / "details.json").read_text(encoding="utf-8"))["expectations"]
    assert [len(grades) for grades in promises["grades"].values()] == [4, 4]
    assert len(promises["thresholds"]) == 2
    assert promises["judged"] == 22
    assert promises["outside"] == []
