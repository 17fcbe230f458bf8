"""A challenger serves only if it is better on leads that neither has learned from, and keeps every limit."""

import copy
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from leadlight.features.catalogue import AttributeSpec
from leadlight.features.errors import BundleError, NotEnoughDataError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.candidates.logistic import AdditiveLogisticModel, ShapeFunction
from leadlight.models.scoring.bundle import load_scorer, save_scorer
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import Threshold
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.jobs.promote import is_decided, promote
from leadlight.pipelines.jobs.rollback import rollback
from leadlight.pipelines.params import load_params
from leadlight.pipelines.registry.champion import PREVIOUS_CHAMPION_TAG, open_registry, set_champion
from leadlight.pipelines.registry.mlflow_registry import CHALLENGER, CHAMPION
from leadlight.pipelines.registry.model_comparison import select_out_of_sample
from leadlight.pipelines.registry.run_logging import log_model, log_training
from leadlight.pipelines.registry.training_run import DatasetSummary, TrainingRun
from leadlight.pipelines.workspace.workdir import Workdir, read_json, write_frame, write_json

PARAMS = """\
source:
  leads: {path: x.csv, lead_id: lead, created_at: {column: c, format: "%Y-%m-%d"}}
  deals: {path: y.csv, lead_id: lead, closed_at: {column: c, format: "%Y-%m-%d"}}
attributes: {size: {kind: number}, age: {kind: number}}
"""
WINDOWS = {
    "train_end": "2024-03-01T00:00:00", "calibrate_start": "2024-04-01T00:00:00",
    "calibrate_end": "2024-05-01T00:00:00", "test_start": "2024-06-01T00:00:00",
}  # fmt: skip
CATALOGUE = FeatureSet(
    (AttributeSpec("size", "number"), AttributeSpec("age", "number")), (), has_activities=False, has_age=False
).catalogue
SIZE, AGE = "attribute__size", "attribute__age"
KNOTS = (-3.0, 3.0)


def scorer(size: float, age: float, shift: float = 0.0, *, stretch: float = 1.0, bar: float = 0.4) -> Scorer:
    """The law of the drawn world is size 1, age 1: a scorer may know less of it, or be out of scale."""
    curves = {
        SIZE: ShapeFunction(KNOTS, None, (-3 * size, 3 * size, 0.0)),
        AGE: ShapeFunction(KNOTS, None, (-3 * age, 3 * age, 0.0)),
    }
    curves = {name: curves.get(name, ShapeFunction((), None, (0.0,))) for name in CATALOGUE.names}
    figure = (0.1, 0.05, 0.2)
    snapshots = {
        "windows": WINDOWS,
        "cut_off": "2024-12-01T00:00:00",
        "gap_days": 20,
        "learned_until": "2024-05-01T00:00:00",
        "splits": {"test": {"snapshots": 100, "wins": 9, "leads": 50}},
    }
    return Scorer(
        CATALOGUE,
        AdditiveLogisticModel(-1.0, curves),
        PlattCalibrator(stretch, shift),
        {
            "marketing_qualified": Threshold("top 20 percent", bar, figure, figure, figure),
            "sales_qualified": Threshold("top 5 percent", bar + 0.3, figure, figure, figure),
        },
        GradeScale("ABCD", (np.inf, 0.1, -0.4)),
        GradeScale("1234", (0.6, 0.2, -0.2)),
        ScorerMetadata(candidate="logistic", horizon_days=20, time="dates", snapshots=snapshots),
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Snapshots of 2024 whose outcomes follow the law, two of each lead."""
    root = tmp_path_factory.mktemp("world") / "work"
    draw = np.random.default_rng(5)
    rows = 4000
    days = np.sort(draw.integers(0, 300, rows))
    frame = pd.DataFrame(
        {
            "lead_id": [f"L{row // 2:05d}" for row in range(rows)],
            "as_of": pd.Timestamp("2024-01-01") + pd.to_timedelta(days * 86_400 + np.arange(rows), unit="s"),
            SIZE: draw.normal(size=rows).clip(-3, 3),
            AGE: draw.normal(size=rows).clip(-3, 3),
        }
    )
    won = (draw.random(rows) < expit(-1 + frame[SIZE] + frame[AGE])).astype("int8")
    moments = {name: pd.Timestamp(text) for name, text in WINDOWS.items()}
    split = np.select(
        [
            frame["as_of"] < moments["train_end"],
            (frame["as_of"] >= moments["calibrate_start"]) & (frame["as_of"] < moments["calibrate_end"]),
            frame["as_of"] >= moments["test_start"],
        ],
        ["train", "calibrate", "test"],
        default="gap",
    )
    snapshots = frame[["lead_id", "as_of"]].assign(
        won=won, split=split, days_to_win=np.where(won == 1, 5.0, np.nan), on_grid=True
    )
    write_frame(Workdir(root).snapshots, snapshots)
    write_frame(Workdir(root).features, frame.assign(missing__size=0.0, missing__age=0.0))
    write_json(Workdir(root).snapshot_report, {"windows": WINDOWS, "gap_days": 20, "cut_off": "2024-12-01T00:00:00"})
    return root


@pytest.fixture
def arena(world, tmp_path, monkeypatch):
    """A working folder with an empty registry, and a function that registers scorers in their order."""
    shutil.copytree(world, tmp_path / "work")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    workdir = Workdir(tmp_path / "work")
    workdir.plots.mkdir()
    registry = open_registry(workdir, create=True)

    def enter(*scorers: Scorer) -> None:
        for entry in scorers:
            tags = {
                "bundle": save_scorer(entry, workdir.bundle, evaluation=entry),
                "calibration": "holds",
                "candidate": "any",
            }
            window = DatasetSummary("test", "0", {})
            training = TrainingRun(
                "any", "any", tags, {}, {}, (window,), pd.DataFrame({"candidate": ["any"]}), pd.DataFrame()
            )
            run = log_training(registry, training, workdir, tmp_path / "params.yaml")
            logged = log_model(registry, run, workdir.bundle, training)
            registry.make_challenger(registry.create_version(run, logged, tags, "any"))

    return load_params(tmp_path / "params.yaml"), workdir, registry, enter


KNOWS_HALF, KNOWS_ALL, KNOWS_NOTHING_RIGHT = scorer(1, 0), scorer(1, 0.9), scorer(-1, 0)


def test_a_better_challenger_serves_and_one_command_goes_back_as_far_as_there_is(arena):
    params, workdir, registry, enter = arena
    loose = {"max_moved_share": 1.0, "max_volume_change": 9.0, "min_rank_correlation": -1.0}
    wide = params.model_copy(update={"promotion": params.promotion.model_copy(update=loose)})
    enter(KNOWS_NOTHING_RIGHT, KNOWS_HALF)
    set_champion(registry, "2", {"promotion.verdict": "by hand"})
    enter(KNOWS_ALL)
    decision = promote(wide, workdir)
    assert (decision.verdict, decision.promoted) == ("better", True)
    number, tags = registry.find_version(CHAMPION)
    assert number == "3"
    assert (tags["promotion.verdict"], tags["promotion.against"], tags[PREVIOUS_CHAMPION_TAG]) == ("better", "2", "2")
    assert tags["promotion.gain"].startswith(f"{decision.gain.value:.6f} [{decision.gain.low:.6f}, ")
    assert "calibration passed: " in tags["promotion.gates"]
    assert tags["promotion.decided_at"].endswith("Z")
    written = read_json(workdir.promotion)
    assert (written["verdict"], written["promoted"], written["challenger"]["version"]) == ("better", True, "3")

    assert rollback(wide, workdir, "sales asked for it") == {"from": "3", "to": "2"}
    assert registry.find_version(CHAMPION)[0] == "2"
    assert registry.find_version(CHALLENGER)[1]["rollback.reason"] == "sales asked for it"
    again = promote(wide, workdir)
    assert not again.promoted
    assert "was rolled back on " in again.reason
    assert registry.find_version(CHAMPION)[0] == "2"

    assert rollback(wide, workdir, "further")["to"] == "1"
    with pytest.raises(BundleError, match="Got version 1, before which nobody served"):
        rollback(wide, workdir, "too far")
    assert registry.find_version(CHAMPION)[0] == "1"


def test_a_better_challenger_that_breaks_a_limit_does_not_serve_and_the_limit_is_named(arena):
    params, workdir, registry, enter = arena
    enter(KNOWS_HALF, KNOWS_ALL)
    decision = promote(params, workdir)
    failed = {gate.name: gate for gate in decision.gates if not gate.passed}
    assert decision.verdict == "better"
    assert not decision.promoted
    assert decision.reason.startswith("Better, but held back: ")
    assert failed["sales_qualified"].message in decision.reason
    found, tags = registry.find_version(CHALLENGER)
    assert registry.find_version(CHAMPION)[0] == "1"
    assert "sales_qualified FAILED" in tags["promotion.gates"]
    assert PREVIOUS_CHAMPION_TAG not in tags
    assert found == "2"


def test_a_challenger_out_of_scale_fails_the_calibration_even_against_a_worse_champion(arena):
    params, workdir, registry, enter = arena
    enter(KNOWS_NOTHING_RIGHT, scorer(1, 0.9, 0.9, stretch=1.4))
    decision = promote(params, workdir)
    assert decision.verdict == "better"
    assert not {gate.name: gate.passed for gate in decision.gates}["calibration"]
    assert registry.find_version(CHAMPION)[0] == "1"


def test_a_worse_challenger_and_an_identical_one_change_nothing(arena):
    params, workdir, registry, enter = arena
    enter(KNOWS_ALL, KNOWS_HALF)
    assert promote(params, workdir).verdict == "worse"
    enter(KNOWS_ALL)
    same = promote(params, workdir)
    assert (same.verdict, same.gain) == ("no evidence", None)
    assert "are the same bundle" in same.reason
    registry.set_alias(CHALLENGER, "1")
    alone = promote(params, workdir)
    assert alone.verdict == "no evidence"
    assert "both challenger and champion" in alone.reason
    assert registry.find_version(CHAMPION)[0] == "1"


def test_two_policies_leave_the_scores_uncompared_and_the_volumes_say_it(arena):
    params, workdir, _, enter = arena
    stricter = scorer(1, 0, bar=0.65)
    thresholds = {
        name: replace(threshold, sentence="probability >= 0.65") for name, threshold in stricter.thresholds.items()
    }
    enter(scorer(1, 0), replace(stricter, thresholds=thresholds))
    gates = {gate.name: gate for gate in promote(params, workdir).gates}
    assert gates["stability"].passed
    assert gates["stability"].figures["moved_share"] is None
    assert not gates["marketing_qualified"].passed
    assert "sentences of the policy differ" in gates["marketing_qualified"].message


def test_models_that_cannot_be_asked_the_same_question_are_refused_with_the_way_out(arena):
    params, workdir, registry, enter = arena
    longer = scorer(1, 0.9)
    enter(KNOWS_HALF, replace(longer, metadata=replace(longer.metadata, horizon_days=90)))
    with pytest.raises(BundleError, match=r"Got 90 and 20 days.*register --as-champion") as refusal:
        promote(params, workdir)
    assert refusal.value.exit_code == 7
    enter(KNOWS_ALL)
    write_frame(workdir.features, pd.read_parquet(workdir.features).drop(columns=AGE))
    with pytest.raises(BundleError, match=f"Got none named {AGE}"):
        promote(params, workdir)
    assert registry.find_version(CHAMPION)[0] == "1"


def test_only_snapshots_that_neither_learned_from_are_used(world):
    data = read_labelled_snapshots(Workdir(world))
    window, note = select_out_of_sample(data, KNOWS_ALL, KNOWS_HALF)
    assert note is None
    pd.testing.assert_frame_equal(window.frame, data.select_split("test").frame)

    def later(**moments: str) -> Scorer:
        snapshots = copy.deepcopy(KNOWS_ALL.metadata.snapshots)
        snapshots["windows"] |= moments
        return replace(KNOWS_ALL, metadata=replace(KNOWS_ALL.metadata, snapshots=snapshots))

    eager = later(calibrate_end="2024-08-01T00:00:00", test_start="2024-09-01T00:00:00")
    window, note = select_out_of_sample(data, eager, KNOWS_HALF)
    assert window.frame["as_of"].min() >= pd.Timestamp("2024-09-01")
    assert "only snapshots from 2024-09-01 on are used" in note
    with pytest.raises(NotEnoughDataError, match="Got none from 2025-06-01 on"):
        select_out_of_sample(data, later(calibrate_end="2025-05-01T00:00:00", test_start="2025-06-01T00:00:00"))


def test_a_registered_scorer_is_the_one_that_was_saved(arena):
    _, workdir, registry, enter = arena
    enter(KNOWS_ALL)
    features = pd.read_parquet(workdir.features).head(20)
    loaded = load_scorer(registry.download().bundle)
    pd.testing.assert_frame_equal(loaded.score(features), KNOWS_ALL.score(features))


def test_a_decision_that_was_not_carried_out_is_taken_up_again(arena):
    params, workdir, registry, enter = arena
    enter(KNOWS_HALF, KNOWS_ALL)
    answered = {"promotion.verdict": "no evidence", "promotion.against": "1"}
    assert is_decided({}, "1", answered)
    assert not is_decided({}, "2", answered)  # somebody else serves by now
    registry.set_tags("2", {"promotion.verdict": "better", "promotion.against": "1", PREVIOUS_CHAMPION_TAG: "1"})
    assert registry.find_version(CHAMPION)[0] == "1"  # tags alone move nothing: killed before the alias was set
    assert not is_decided({}, "1", registry.find_version(CHALLENGER)[1])
    assert is_decided({}, "1", registry.find_version(CHALLENGER)[1] | {"rollback.at": "2024-12-01T00:00:00Z"})
    with pytest.raises(BundleError, match="before which nobody served"):
        rollback(params, workdir, "nothing took effect")
