"""Tuning: never worse than not tuning where it looked, the same twice, within its bounds."""

import numpy as np
import pytest
from leadlight.models.training.tuning import build_search

from leadlight.models.calibration.parametric import calculate_log_losses
from leadlight.models.candidates.base import margins
from leadlight.models.candidates.built_in.logistic import PENALTIES
from leadlight.models.candidates.candidate import TrainedCandidate, TrainingContext
from leadlight.models.candidates.registry import find_candidate
from leadlight.models.candidates.rolling_origin import Fold
from leadlight.models.metrics.selection_metric import SELECTION_METRICS
from leadlight.models.training.fit import TrainingData, TrainingSettings, fit_candidates
from leadlight.pipelines.params.sections import Training


@pytest.fixture(scope="module")
def window(world):
    thirds = np.array_split(np.arange(len(world.won)), 3)
    origins = (Fold(thirds[0], thirds[1]), Fold(np.concatenate(thirds[:2]), thirds[2]))
    return TrainingData(world.frame, world.won, world.leads, origins)


def settings(**more):
    changed = Training(**{"max_rounds": 60, "min_category_leads": 20} | more)
    return TrainingSettings(**changed.model_dump(exclude={"min_wins"}))


def train(name, window, world, chosen) -> TrainedCandidate:
    """Train one candidate alone, with the models of its folds."""
    metric = SELECTION_METRICS[chosen.metric]
    context = TrainingContext(
        window, world.catalogue, chosen, (), metric, build_search(chosen, metric), get_fitted=lambda other: None
    )
    return find_candidate(name).train(context)


def test_more_trials_are_never_worse_after_the_origins(window, world):
    one, five = (train("interactions", window, world, settings(trials=trials)).tuning for trials in (1, 5))
    assert one["settings"]["num_leaves"] == 8
    assert five["log_loss"] <= one["log_loss"]
    assert five["trials"] == 5
    assert not five["stopped_by_time"]


def test_the_same_seed_chooses_the_same(window, world):
    first, again = (train("additive", window, world, settings(trials=4)) for _ in range(2))
    assert first.tuning == again.tuning
    np.testing.assert_array_equal(margins(first.model, world.frame), margins(again.model, world.frame))


def test_time_is_a_bound_and_says_so(window, world):
    bounded = settings(trials=10_000, tuning_seconds=1)
    chosen = train("additive", window, world, bounded).tuning
    assert chosen["stopped_by_time"]
    assert 1 <= chosen["trials"] < 10_000


def test_the_penalty_is_the_best_of_those_tried_after_the_origins(window, world):
    tuned = train("logistic", window, world, settings())
    assert tuned.tuning["penalty"] in PENALTIES
    judged = [
        calculate_log_losses(margins(model, world.frame.iloc[origin.test]), world.won[origin.test])
        for model, origin in zip(tuned.fold_models, window.folds, strict=True)
    ]
    assert tuned.tuning["log_loss"] == pytest.approx(float(np.concatenate(judged).mean()), rel=1e-3)


def test_what_is_said_out_of_time_comes_from_models_that_never_saw_it(window, world):
    flipped = world.won.copy()
    last = window.folds[-1].test
    flipped[last] = 1 - flipped[last]
    other = TrainingData(window.frame, flipped, window.leads, window.folds)
    only = settings(candidates=("logistic",))
    # one penalty: what is learned must not change, though what is chosen might
    said = [fit_candidates(part, world.catalogue, only)["logistic"] for part in (window, other)]
    if said[0].tuning["penalty"] == said[1].tuning["penalty"]:
        np.testing.assert_allclose(said[0].out_of_time.margin, said[1].out_of_time.margin, atol=1e-9)
    assert not np.allclose(margins(said[0].model, world.frame), margins(said[1].model, world.frame))


def test_the_blend_out_of_time_is_the_mean_of_its_parts(window, world):
    fitted = fit_candidates(window, world.catalogue, settings(trials=1))
    other = fitted["blend"].tuning["of"][1]
    mean = (fitted["logistic"].out_of_time.margin + fitted[other].out_of_time.margin) / 2
    np.testing.assert_allclose(fitted["blend"].out_of_time.margin, mean)
    parts = fitted["blend"].out_of_time
    assert parts.fit.shape == parts.engagement.shape == parts.margin.shape


@pytest.mark.parametrize("name", [name for name in SELECTION_METRICS if name != "log_loss"])
def test_another_metric_chooses_and_is_what_is_said(window, world, name):
    chosen = settings(trials=3, metric=name, max_rounds=30)
    metric = SELECTION_METRICS[name]
    for kind in ("logistic", "additive"):
        tuned = train(kind, window, world, chosen)
        assert "log_loss" not in tuned.tuning
        log_odds = [
            margins(model, world.frame.iloc[origin.test])
            for model, origin in zip(tuned.fold_models, window.folds, strict=True)
        ]
        said = tuned.tuning[name]
        if kind == "logistic":
            expected = metric.calculate(
                np.concatenate(log_odds), np.concatenate([world.won[o.test] for o in window.folds])
            )
            assert said == pytest.approx(expected, abs=1e-12)
        else:  # LightGBM's own figure, the mean over folds
            each = [metric.calculate(m, world.won[o.test]) for m, o in zip(log_odds, window.folds, strict=True)]
            assert said == pytest.approx(np.mean(each), abs=0.02)
            assert 0 < said < 1


def test_trials_improve_a_metric_of_which_more_is_better(window, world):
    few, many = (
        train("interactions", window, world, settings(trials=trials, metric="auc", max_rounds=30)).tuning["auc"]
        for trials in (1, 4)
    )
    assert many >= few > 0.5


def test_every_trial_is_kept_with_its_settings_and_the_best_one_is_what_was_chosen(window, world):
    fitted = fit_candidates(window, world.catalogue, settings(trials=8, candidates=("logistic", "additive", "blend")))
    chosen, tried = fitted["additive"].tuning, fitted["additive"].trials
    assert len(tried) == 8
    best = min((trial for trial in tried if not trial.pruned), key=lambda trial: trial.value)
    assert (best.settings, best.rounds, best.value) == (chosen["settings"], chosen["rounds"], chosen["log_loss"])
    assert len({tuple(trial.settings.values()) for trial in tried}) == 8
    penalties = [trial.settings["penalty"] for trial in fitted["logistic"].trials]
    assert penalties == list(PENALTIES[: len(penalties)])
    assert fitted["logistic"].tuning["penalty"] in penalties
    assert fitted["blend"].trials == ()


@pytest.mark.parametrize(("metric", "loss"), [("log_loss", 0.5), ("auc", -0.5)])
def test_a_pruned_trial_says_so_with_its_last_value_and_round(metric, loss):
    tried = []
    search = build_search(settings(trials=5), SELECTION_METRICS[metric], tried.append)

    def evaluate(trial, report):
        worse = 0.1 * trial.suggest_int("place", 0, 100) * (trial.number == 4)
        for step in range(100):
            report(loss + worse, step)
        trial.set_user_attr("rounds", 7)
        return loss

    search(evaluate, {"place": 50})
    assert [trial.pruned for trial in tried] == [False] * 4 + [True]
    assert [trial.rounds for trial in tried[:4]] == [7] * 4
    assert tried[3].value == 0.5
    assert tried[4].rounds == 51
    assert tried[4].value == pytest.approx(
        SELECTION_METRICS[metric].convert_to_loss(loss + 0.1 * tried[4].settings["place"])
    )
