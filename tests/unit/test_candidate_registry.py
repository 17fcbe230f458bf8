"""Candidates come by their names: built-in ones and those that packages add, with a sentence for what is wrong."""

import importlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from leadlight.features.errors import BundleError, ParamsError
from leadlight.models.candidates import names
from leadlight.models.candidates.base import list_kinds, load_model, save_model
from leadlight.models.candidates.candidate import Candidate
from leadlight.models.candidates.names import find_problem, list_built_in, list_candidates
from leadlight.models.candidates.registry import find_candidate, find_kind, find_module
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.training.fit import fit_procedure, judge_candidates
from leadlight.pipelines.params.sections import Training

SMALLEST = """\
source: {leads: {path: a.csv, lead_id: id, outcome: {column: won, won: [1]}}}
attributes: {size: {kind: number}}
training: {candidates: [%s]}
"""
#: a candidate in one file: one number, cut at its median
MODULE = """
from dataclasses import dataclass
import numpy as np
from leadlight.models.candidates.candidate import Candidate, Words


@dataclass(frozen=True)
class HalfModel:
    kind = "halves"
    features: tuple
    cut: float

    def explain_log_odds(self, frame):
        parts = np.zeros((len(frame), len(self.features)))
        parts[:, self.features.index("count_7d__demo")] = np.where(frame["count_7d__demo"] > self.cut, 1.0, -1.0)
        return -0.5, parts

    explain_with_reference = explain_log_odds

    def save(self, folder):
        return {"features": list(self.features), "cut": self.cut}


class HalvesCandidate(Candidate):
    label = Words("two halves", "zwei Hälften")
    sentence = Words("One number is cut at its median.")

    def fit(self, data, context, settings):
        names = tuple(context.catalogue.names)
        return HalfModel(names, float(data.frame["count_7d__demo"].median()))

    def load(self, folder, description):
        return HalfModel(tuple(description["features"]), description["cut"])


not_a_class = 3
"""


def install(folder: Path, distribution: str, **entries: str) -> None:
    """Put the metadata of a distribution, as pip writes it, and the module of the candidate into a folder."""
    metadata = folder / f"{distribution}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (metadata / "entry_points.txt").write_text(f"[{names.GROUP}]\n{lines}", encoding="utf-8")
    (folder / "halves_of_ones_own.py").write_text(MODULE, encoding="utf-8")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that adds the candidate ``halves``."""
    install(tmp_path / "site", "halves", halves="halves_of_ones_own:HalvesCandidate")
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield tmp_path / "site"
    sys.modules.pop("halves_of_ones_own", None)


def test_every_built_in_candidate_has_words_and_goes_through_the_same_door():
    assert list_built_in() == ("boosted", "combined", "constant", "logistic", "mean", "points", "sklearn")
    for name in list_built_in():
        candidate = find_candidate(f"{name}:module:function" if name == "sklearn" else name)
        assert isinstance(candidate, Candidate)
        assert candidate.label.en
        assert candidate.label.de
        assert candidate.sentence.en.endswith(".")
        assert candidate.sentence.de.endswith(".")


def test_no_module_of_training_or_of_the_card_names_a_kind(root):
    for path in ("models/candidates/base.py", "models/training/fit.py", "models/scoring/bundle.py"):
        text = (root / path).read_text(encoding="utf-8")
        assert [name for name in ("points", "logistic", "boosted", "mean", "combined") if f'"{name}"' in text] == [], (
            path
        )


def test_params_accept_what_is_known_and_refuse_the_rest(load, refusal, package):
    read = load(SMALLEST % "halves, 'sklearn:my_package.my_module:make', logistic")
    assert read.training.candidates == ("halves", "sklearn:my_package.my_module:make", "logistic")
    said = refusal(SMALLEST % "logistic, catbost")
    assert "must be one of boosted, combined, constant, halves, logistic, mean, points, sklearn" in said
    assert said.endswith("Got catbost.")
    assert "must have something after the colon. Got sklearn:." in refusal(SMALLEST % "'sklearn:'")
    assert "must name each candidate once. Got points twice." in refusal(SMALLEST % "points, points")


def test_names_are_checked_without_an_import(package):
    assert find_problem("halves") is None
    assert "halves_of_ones_own" not in sys.modules
    assert find_module("halves") == "halves_of_ones_own"
    assert find_module("seasonal") == find_module("combined")
    assert importlib.util.find_spec(find_module("boosted")).name.endswith("built_in.boosted")


def test_a_candidate_of_a_package_is_fitted_saved_and_loaded(world, package, tmp_path):
    settings = TrainingSettings(**Training(candidates=("halves",)).model_dump(exclude={"min_wins"}))
    window = TrainingData(world.frame, world.won, world.leads)
    judged = judge_candidates(window, world.catalogue, settings)
    assert list(judged) == ["constant", "halves"]  # the base rate is always compared
    assert judged["halves"].settings == {}
    assert set(np.unique(judged["halves"].out_of_time.margin)) == {-1.5, 0.5}
    model = fit_procedure("halves", {}, window, catalogue=world.catalogue, settings=settings)
    save_model(model, tmp_path / "model")
    assert list_kinds(tmp_path / "model") == {"halves"}
    assert load_model(tmp_path / "model") == model


def test_a_bundle_without_its_package_is_refused_by_the_name_of_the_candidate(world, package, tmp_path, monkeypatch):
    model = find_candidate("halves").load(tmp_path, {"features": world.catalogue.names, "cut": 1.0})
    save_model(model, tmp_path / "model")
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(package)])
    with pytest.raises(BundleError) as raised:
        load_model(tmp_path / "model")
    assert str(raised.value).endswith("Got halves: install the package with which it was trained.")


@pytest.mark.parametrize(
    ("content", "words"),
    [({"kind": "logistic"}, "Got 'base'."), ({}, "Got 'kind'."), ([1], "complete and readable"),
     ({"kind": "boosted", "features": [], "levels": {}}, "trees.txt")],
)  # fmt: skip
def test_a_damaged_model_is_refused(tmp_path, content, words):
    (tmp_path / "model.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BundleError, match="must be complete and readable") as raised:
        load_model(tmp_path)
    assert words in str(raised.value)


def test_trees_that_lightgbm_cannot_read_are_refused(tmp_path):
    (tmp_path / "model.json").write_text('{"kind": "boosted", "features": [], "levels": {}}', encoding="utf-8")
    (tmp_path / "trees.txt").write_text("no trees", encoding="utf-8")
    with pytest.raises(BundleError, match="must be complete and readable"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("no_such_module:Candidate", "The candidate odd must be importable from no_such_module:Candidate."),
        ("halves_of_ones_own:Missing", "The candidate odd must be importable from halves_of_ones_own:Missing."),
        ("halves_of_ones_own:not_a_class", "The candidate odd must be a subclass of"),
    ],
)
def test_a_package_that_is_wrong_is_refused(tmp_path, monkeypatch, entry, words):
    install(tmp_path, "odd", odd=entry)
    monkeypatch.syspath_prepend(tmp_path)
    assert "odd" in list_candidates()
    with pytest.raises(ParamsError) as raised:
        find_candidate("odd")
    assert str(raised.value).startswith(words)
    sys.modules.pop("halves_of_ones_own", None)


def test_a_name_that_two_define_is_refused(tmp_path, monkeypatch, package):
    install(tmp_path / "one", "logistic_too", logistic="halves_of_ones_own:HalvesCandidate")
    install(tmp_path / "two", "halves_too", halves="halves_of_ones_own:HalvesCandidate")
    for folder in ("one", "two"):
        monkeypatch.syspath_prepend(tmp_path / folder)
    for name in ("logistic", "halves"):
        with pytest.raises(ParamsError, match=f"The candidate {name} must be defined once"):
            find_kind(name)


def test_an_argument_is_given_where_one_is_wanted_and_nowhere_else():
    with pytest.raises(ParamsError, match=r"sklearn must be written as sklearn:MODULE:FUNCTION\. Got sklearn"):
        find_candidate("sklearn")
    with pytest.raises(ParamsError, match=r"logistic must be written as logistic\. Got logistic:strong"):
        find_candidate("logistic:strong")
    with pytest.raises(ParamsError, match=r"A candidate must be one of .*\. Got nothing_like_it\."):
        find_candidate("nothing_like_it")


def test_the_example_of_an_own_package_is_a_candidate_in_one_file(root):
    folder = root / "examples" / "candidate_of_ones_own"
    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        "README.md", "leadlight_catboost.py", "pyproject.toml",
    }  # fmt: skip
    assert f'[project.entry-points."{names.GROUP}"]' in (folder / "pyproject.toml").read_text(encoding="utf-8")
    lock = (root / "requirements" / "lock.txt").read_text(encoding="utf-8")
    assert "catboost" not in lock


def read_blocks(root: Path, language: str, page: str = "candidates.md") -> list[str]:
    page = (root / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def test_the_pipeline_of_the_page_works_as_it_is(world, root, tmp_path, monkeypatch, load):
    (pipeline,) = read_blocks(root, "python")
    (tmp_path / "own_models.py").write_text(pipeline, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (yaml,) = read_blocks(root, "yaml")
    name = load(SMALLEST.rpartition("training")[0] + yaml).training.candidates[-1]
    settings = TrainingSettings(**Training(candidates=(name,)).model_dump(exclude={"min_wins"}))
    some = world.frame.head(120)
    window = TrainingData(some, world.won[:120], world.leads[:120])
    model = fit_procedure(name, {}, window, catalogue=world.catalogue, settings=settings)
    assert model.features == tuple(world.catalogue.names)


def test_the_entry_point_of_the_page_is_that_of_the_example(root):
    (block,) = read_blocks(root, "toml")
    assert block in (root / "examples" / "candidate_of_ones_own" / "pyproject.toml").read_text(encoding="utf-8")
