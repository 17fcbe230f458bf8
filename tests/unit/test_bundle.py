"""The bundle: the same scores after loading, no pickle, and no silence about a change."""

import json

import numpy as np
import pandas as pd
import pytest

from leadlight.features.catalogue import AttributeSpec
from leadlight.features.errors import BundleError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.calibration.parametric import BetaCalibrator
from leadlight.models.scoring.bundle import get_bundle_checksum, load_scorer, save_scorer
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import Threshold

FIGURE = (0.1, 0.05, 0.2)


@pytest.fixture(scope="module")
def scorer(world, models):
    return Scorer(
        world.catalogue,
        models["blend"],
        BetaCalibrator(1.1, 0.9, -0.2),
        {
            "marketing_qualified": Threshold("probability >= 0.2", 0.2, FIGURE, FIGURE, FIGURE),
            "sales_qualified": Threshold("probability >= 0.5", 0.5, FIGURE, FIGURE, FIGURE),
        },
        GradeScale("ABCD", (np.inf, 0.1, -0.4)),
        GradeScale("1234", (0.6, 0.2, -0.2)),
        {"spellings": {}, "horizon_days": 90},
    )


def test_a_loaded_scorer_gives_the_same_to_the_last_bit(world, scorer, tmp_path):
    save_scorer(scorer, tmp_path / "bundle")
    loaded = load_scorer(tmp_path / "bundle")
    pd.testing.assert_frame_equal(loaded.score(world.frame), scorer.score(world.frame), check_exact=True)
    assert loaded.thresholds == scorer.thresholds
    assert loaded.catalogue == scorer.catalogue


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


@pytest.mark.parametrize("name", ["scorer.json", "model/model.json", "model/second/trees.txt"])
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


def test_a_scorer_refuses_a_catalogue_that_it_was_not_trained_on(scorer):
    other = FeatureSet((AttributeSpec("country", "category"),), (), has_activities=False, has_age=False)
    with pytest.raises(BundleError, match=r"must be those of params\.yaml.*train anew"):
        scorer.check_catalogue(other.catalogue)
    scorer.check_catalogue(scorer.catalogue)
