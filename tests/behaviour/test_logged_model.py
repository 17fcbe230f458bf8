"""A logged model loads with its own code and its own requirements alone, and refuses other code."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from leadlight.features.errors import BundleError
from leadlight.models.scoring.bundle import get_bundle_checksum, load_scorer
from leadlight.pipelines.jobs.register import register
from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.workspace.workdir import Workdir


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    """A working folder whose only version was registered from a folder that uv manages."""
    copy = tmp_path_factory.mktemp("logged")
    registry = shutil.ignore_patterns("mlflow.db", "mlartifacts")
    shutil.copytree(trained, copy, dirs_exist_ok=True, ignore=registry)
    (copy / "pyproject.toml").write_text('[project]\nname = "elsewhere"\nversion = "1"\n')
    (copy / "uv.lock").write_text("version = 1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(copy)
        register(Workdir(copy / "work"), Workdir(copy / "work").root.parent)
    return copy


@pytest.fixture(scope="module")
def model(folder):
    """Folder of the logged model."""
    return open_registry(Workdir(folder / "work")).download().bundle.parent.parent


def test_only_the_code_that_a_score_depends_on_is_logged(model):
    code = model / "code" / "leadlight"
    assert sorted(path.name for path in (model / "code").iterdir()) == ["leadlight"]
    assert sorted(path.name for path in code.iterdir()) == ["__init__.py", "features", "models"]
    files = [path for path in code.rglob("*") if not path.is_dir()]
    assert {path.suffix for path in files} == {".py"}
    assert not [path for path in code.rglob("*") if path.is_symlink()]


def test_no_file_of_the_project_that_it_was_logged_from_is_in_the_artifact(model):
    assert not [path for path in model.rglob("*") if path.name in {"pyproject.toml", "uv.lock"}]
    assert "MLFLOW_LOG_UV_FILES" not in os.environ


def list_with_dependencies(requirements: list[str]) -> set[str]:
    """Names of all installed distributions that these need."""
    waiting, names = [Requirement(line) for line in requirements], set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        entry = (name, *sorted(requirement.extras))
        if entry in names:
            continue
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        names.add(entry)
        for need in map(Requirement, needs):
            extras = ["", *requirement.extras]
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(need)
    return {name for name, *_ in names}


#: in a process where only what the model requires can be imported, and leadlight only from the model
ALONE = """
import json, sys
from pathlib import Path
blocked, folder, frame = set(json.loads(sys.argv[1])), sys.argv[2], sys.argv[3]
sys.path[:] = [entry for entry in sys.path if not (Path(entry) / "leadlight").exists()]

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
import mlflow, pandas as pd
loaded = mlflow.pyfunc.load_model(folder)
scored = loaded.predict(pd.read_parquet(frame))
import leadlight
print(json.dumps([leadlight.__file__, scored["score"].tolist()]))
"""


def test_a_process_with_nothing_but_the_requirements_of_the_model_loads_it_and_predicts(folder, model, root, tmp_path):
    requirements = (model / "requirements.txt").read_text(encoding="utf-8").split()
    names = list_with_dependencies(requirements)
    blocked = [
        module
        for module, distributions in metadata.packages_distributions().items()
        if module != "leadlight" and not names & {canonicalize_name(name) for name in distributions}
    ]
    assert {"ibis", "duckdb", "dvc", "shap"} <= set(blocked)
    scorer = load_scorer(folder / "work" / "bundle")
    plain = pd.read_parquet(folder / "work" / "features.parquet").head(40)[scorer.columns]
    plain.to_parquet(tmp_path / "plain.parquet")
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, json.dumps(blocked), str(model), str(tmp_path / "plain.parquet")],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env=os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    file, scores = json.loads(done.stdout.splitlines()[-1])
    assert Path(file).is_relative_to(model)
    assert not Path(file).is_relative_to(root)
    assert scores == pytest.approx(scorer.score(plain)["score"].tolist())


#: in a process that has imported another version of leadlight before
OTHER = """
import sys
sys.path.insert(0, sys.argv[1])
import leadlight.models.scoring.bundle
assert leadlight.__file__.startswith(sys.argv[1])
import mlflow
mlflow.pyfunc.load_model(sys.argv[2])
"""


def test_a_process_that_has_imported_other_code_is_refused_in_one_sentence(model, tmp_path):
    shutil.copytree(model / "code", tmp_path / "code")
    stages = tmp_path / "code" / "leadlight" / "models" / "scoring" / "stages.py"
    stages.write_text(stages.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-P", "-c", OTHER, str(tmp_path / "code"), str(model)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode != 0
    assert "BundleError: The imported code of leadlight" in done.stderr


def test_a_night_with_other_code_is_scored_and_says_so(folder, monkeypatch):
    params = load_params(folder / "params.yaml")
    monkeypatch.setattr("leadlight.models.scoring.bundle.describe_code", lambda: {"version": "9.9.9", "hash": "0" * 12})
    night = score(params, folder, Workdir(folder / "work"), pd.Timestamp("2025-08-01"))
    assert len(night.scored)
    assert "9.9.9" in night.other_code


def test_a_bundle_that_was_changed_together_with_its_manifest_is_refused(folder, tmp_path, monkeypatch):
    """Its files match its manifest, but not the checksum that it was registered with."""
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    workdir = Workdir(folder / "work")
    register(workdir, workdir.root.parent)
    registry = open_registry(workdir)
    version = registry.download()
    content = json.loads((version.bundle / "scorer.json").read_text())
    content["thresholds"]["sales_qualified"]["probability"] = 0.001
    (version.bundle / "scorer.json").write_text(json.dumps(content))
    with pytest.raises(BundleError, match=r"Got a change in scorer\.json"):
        registry.download()
    manifest = json.loads((version.bundle / "manifest.json").read_text())
    digest = hashlib.sha256((version.bundle / "scorer.json").read_bytes()).hexdigest()
    manifest["files"]["scorer.json"] = digest
    (version.bundle / "manifest.json").write_text(json.dumps(manifest))
    changed = get_bundle_checksum(version.bundle)
    sentence = rf"must be its tag in the registry, {version.tags['bundle']}\. Got {changed}\."
    for download in (registry.download, lambda: registry.download_version("1")):
        with pytest.raises(BundleError, match=sentence):
            download()
