"""The bundle: the same scores after loading, no pickle, and no silence about a change."""

import contextlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadlight.features.catalogue import AttributeSpec
from leadlight.features.errors import BundleError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.scoring.bundle import (
    compare_code,
    get_bundle_checksum,
    load_evaluation_scorer,
    load_scorer,
    refuse_other_code,
    save_scorer,
)
from leadlight.models.scoring.code_version import SCORING_PACKAGES, describe_code, find_package_folder
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import Threshold

FIGURE = (0.1, 0.05, 0.2)


@pytest.fixture(scope="module")
def scorer(world, models):
    return Scorer(
        world.catalogue,
        models["combined"],
        PlattCalibrator(1.1, -0.2),
        {
            "marketing_qualified": Threshold("probability >= 0.2", 0.2, FIGURE, FIGURE, FIGURE),
            "sales_qualified": Threshold("probability >= 0.5", 0.5, FIGURE, FIGURE, FIGURE),
        },
        GradeScale("ABCD", (np.inf, 0.1, -0.4)),
        GradeScale("1234", (0.6, 0.2, -0.2)),
        ScorerMetadata(candidate="combined", horizon_days=90, time="dates", activity_types=["visit"]),
    )


def test_a_loaded_scorer_gives_the_same_to_the_last_bit(world, scorer, tmp_path):
    save_scorer(scorer, tmp_path / "bundle")
    loaded = load_scorer(tmp_path / "bundle")
    pd.testing.assert_frame_equal(loaded.score(world.frame), scorer.score(world.frame), check_exact=True)
    assert loaded.thresholds == scorer.thresholds
    assert loaded.catalogue == scorer.catalogue


def test_a_bundle_holds_the_scorer_that_was_judged_beside_the_one_that_serves(world, scorer, tmp_path):
    judged = replace(scorer, calibrator=PlattCalibrator(0.9, 0.3))
    save_scorer(scorer, tmp_path / "bundle", evaluation=judged)
    serves, evaluated = load_scorer(tmp_path / "bundle"), load_evaluation_scorer(tmp_path / "bundle")
    pd.testing.assert_frame_equal(serves.score(world.frame), scorer.score(world.frame), check_exact=True)
    pd.testing.assert_frame_equal(evaluated.score(world.frame), judged.score(world.frame), check_exact=True)
    path = tmp_path / "bundle" / "evaluation" / "scorer.json"
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    for load in (load_scorer, load_evaluation_scorer):
        with pytest.raises(BundleError, match=r"Got a change in evaluation/scorer\.json"):
            load(tmp_path / "bundle")


def test_a_bundle_without_the_scorer_that_was_judged_says_so(scorer, tmp_path):
    save_scorer(scorer, tmp_path / "bundle", evaluation=scorer)
    save_scorer(scorer, tmp_path / "bundle")
    assert load_scorer(tmp_path / "bundle") is not None
    with pytest.raises(BundleError, match=r"must hold the scorer that was judged\. It is missing: train anew\."):
        load_evaluation_scorer(tmp_path / "bundle")


def test_rating_says_what_scoring_does_but_for_the_reasons(world, scorer):
    rated = scorer.predict(world.frame)
    pd.testing.assert_frame_equal(rated, scorer.score(world.frame).drop(columns="reasons"), check_exact=True)


def test_writing_twice_gives_the_same_bytes(scorer, tmp_path):
    first = save_scorer(scorer, tmp_path / "a")
    assert save_scorer(load_scorer(tmp_path / "a"), tmp_path / "b") == first
    assert get_bundle_checksum(tmp_path / "b") == first


def test_a_bundle_is_text_and_json_and_nothing_else(scorer, tmp_path):
    save_scorer(scorer, tmp_path / "bundle")
    for path in (tmp_path / "bundle").rglob("*"):
        if path.is_file():
            assert path.suffix in {".json", ".txt"}
            path.read_text(encoding="utf-8")


def test_what_a_new_bundle_replaces_is_gone(scorer, tmp_path):
    (tmp_path / "bundle" / "old").mkdir(parents=True)
    save_scorer(scorer, tmp_path / "bundle")
    assert not (tmp_path / "bundle" / "old").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


class Killed(BaseException):
    """Stands for a process that ends between two calls: no handler for errors runs."""


@pytest.mark.parametrize("after", range(6))
def test_a_kill_between_any_two_steps_of_a_replacement_leaves_a_bundle_that_loads(
    world, scorer, tmp_path, monkeypatch, after
):
    """Every rename and every deletion is a step; the process ends before step number `after`."""
    bundle = tmp_path / "bundle"
    save_scorer(scorer, bundle)
    newer = replace(scorer, calibrator=PlattCalibrator(1.3, -0.1))
    steps = []

    def stepwise(function):
        def step(*args, **kwargs):
            if len(steps) >= after:
                raise Killed
            steps.append(function.__name__)
            return function(*args, **kwargs)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stepwise(Path.replace))
        patch.setattr(Path, "unlink", stepwise(Path.unlink))
        patch.setattr(shutil, "rmtree", stepwise(shutil.rmtree))
        with contextlib.suppress(Killed):
            save_scorer(newer, bundle)
    loaded = load_scorer(bundle)
    assert loaded.calibrator in (scorer.calibrator, newer.calibrator)
    save_scorer(newer, bundle)
    assert load_scorer(bundle).calibrator == newer.calibrator


def test_a_new_bundle_that_cannot_be_moved_in_leaves_the_old_one_in_its_place(scorer, tmp_path, monkeypatch):
    bundle = tmp_path / "bundle"
    before, rename = save_scorer(scorer, bundle), Path.replace

    def refuse(path, target):
        if path.name.endswith(".part"):
            raise OSError("no space")
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="no space"):
        save_scorer(replace(scorer, calibrator=PlattCalibrator(1.3, -0.1)), bundle)
    assert get_bundle_checksum(bundle) == before
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize("name", ["scorer.json", "model/model.json", "model/member_1/member_0/trees.txt"])
def test_a_changed_file_is_refused_by_name(scorer, tmp_path, name):
    save_scorer(scorer, tmp_path / "bundle")
    path = tmp_path / "bundle" / name
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(BundleError, match=f"Got a change in {name}"):
        load_scorer(tmp_path / "bundle")


def test_a_file_that_is_missing_or_too_many_is_refused(scorer, tmp_path):
    save_scorer(scorer, tmp_path / "bundle")
    (tmp_path / "bundle" / "extra.txt").write_text("x")
    with pytest.raises(BundleError, match=r"extra\.txt"):
        load_scorer(tmp_path / "bundle")
    with pytest.raises(BundleError, match="must be complete and readable"):
        load_scorer(tmp_path / "nothing")


def test_another_format_is_refused(scorer, tmp_path):
    save_scorer(scorer, tmp_path / "bundle")
    path = tmp_path / "bundle" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(BundleError, match="The format of the bundle"):
        load_scorer(tmp_path / "bundle")


def test_a_manifest_that_lacks_a_key_is_refused(scorer, tmp_path):
    save_scorer(scorer, tmp_path / "bundle")
    path = tmp_path / "bundle" / "manifest.json"
    for key in ("format", "code", "catalogue", "files"):
        whole = json.loads(path.read_text())
        path.write_text(json.dumps({name: value for name, value in whole.items() if name != key}))
        with pytest.raises(BundleError, match="must have the keys catalogue, code, files, format"):
            load_scorer(tmp_path / "bundle")
        path.write_text(json.dumps(whole))


def test_other_code_than_wrote_a_bundle_is_named_but_does_not_keep_it_from_loading(
    world, scorer, tmp_path, monkeypatch
):
    bundle = tmp_path / "bundle"
    save_scorer(scorer, bundle)
    assert compare_code(bundle) is None
    refuse_other_code(bundle)
    other = {"version": "9.9.9", "hash": "0123456789ab"}
    monkeypatch.setattr("leadlight.models.scoring.bundle.describe_code", lambda: other)
    assert load_scorer(bundle).predict(world.frame).equals(scorer.predict(world.frame))
    assert re.search(r"code of leadlight.*Got version 9\.9\.9 \(0123456789ab\)\.$", compare_code(bundle))
    with pytest.raises(BundleError, match=r"9\.9\.9.*process that has not imported leadlight"):
        refuse_other_code(bundle)


def test_the_hash_of_the_code_is_that_of_every_module_that_a_score_depends_on(tmp_path, monkeypatch):
    (tmp_path / "leadlight").mkdir()
    for name in SCORING_PACKAGES:
        shutil.copytree(find_package_folder() / name, tmp_path / "leadlight" / name)
    here = describe_code()["hash"]
    monkeypatch.setattr("leadlight.models.scoring.code_version.find_package_folder", lambda: tmp_path / "leadlight")
    assert describe_code()["hash"] == here
    for name in ("models/scoring/stages.py", "features/errors.py"):
        path = tmp_path / "leadlight" / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text + "#\n", encoding="utf-8")
        assert describe_code()["hash"] != here
        path.write_text(text, encoding="utf-8")
    (tmp_path / "leadlight" / "models" / "more.py").touch()
    assert describe_code()["hash"] != here


def test_a_scorer_refuses_a_catalogue_that_it_was_not_trained_on(scorer):
    other = FeatureSet((AttributeSpec("country", "category"),), (), has_activities=False, has_age=False)
    with pytest.raises(BundleError, match=r"must be those of params\.yaml.*train anew"):
        scorer.check_catalogue(other.catalogue)
    scorer.check_catalogue(scorer.catalogue)


def test_metadata_comes_back_as_it_was_written_and_a_key_too_few_or_too_many_is_refused(scorer):
    content = scorer.metadata.to_dict()
    assert ScorerMetadata.from_dict(json.loads(json.dumps(content))) == scorer.metadata
    for changed in ({key: content[key] for key in content if key != "time"}, content | {"tone": "high"}):
        with pytest.raises(BundleError, match=r"metadata of a scorer must have the keys.*difference in t"):
            ScorerMetadata.from_dict(changed)
