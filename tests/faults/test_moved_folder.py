"""A working folder that was moved or copied, or has an odd name, works on its own files or is refused."""

import dataclasses
import hashlib
import shutil

import pytest

from leadlight.features.errors import SourceError
from leadlight.models.scoring.bundle import load_scorer, save_scorer
from leadlight.pipelines.jobs.register import register
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.workspace.workdir import Workdir

NEXT = ("--as-of", "2024-10-21")


def list_files(folder):
    return {str(path): hashlib.sha256(path.read_bytes()).digest() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def original(trained_tiny, tmp_path):
    """A trained folder and its registry, at the place where it registered."""
    folder = shutil.copytree(trained_tiny, tmp_path / "original")
    open_registry(Workdir(folder / "work"))
    return folder


def test_a_copy_registers_in_itself_and_leaves_the_original_alone(original, tmp_path):
    copy = Workdir(shutil.copytree(original, tmp_path / "copy") / "work")
    before = list_files(original)
    scorer = load_scorer(copy.bundle)
    save_scorer(dataclasses.replace(scorer, metadata=dataclasses.replace(scorer.metadata, hysteresis=9.5)), copy.bundle)
    assert register(copy, copy.root.parent)["version"] == "2"
    assert list_files(original) == before
    registry = open_registry(copy)
    for number in ("1", "2"):
        assert registry.download_version(number).bundle.is_relative_to(copy.root)
    assert not list(copy.root.rglob("registered_model_meta"))  # loading a model writes nothing beside it


@pytest.mark.parametrize("name", ["moved", 'Größe #1; 100% "O\'Neill" & a=b'])
def test_a_moved_folder_scores_with_its_champion(trained_crm, leadlight, tmp_path, name, monkeypatch):
    moved = dataclasses.replace(trained_crm, folder=tmp_path / name)
    shutil.move(trained_crm.folder, moved.folder)
    monkeypatch.chdir(tmp_path)
    done = leadlight(moved, "score", *NEXT)
    assert done.code == 0, done
    assert len(list((moved.work / "scores").iterdir())) == 2
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a?b", "a%25b", "a*b", "a[b]c", "a{b}", "a\\b", "b\udcff"])
def test_a_path_that_would_be_read_as_a_pattern_is_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(SourceError, match="path of the working folder"):
        Workdir(tmp_path / name / "work")
    assert list(tmp_path.iterdir()) == []
