"""A project of one's own: `leadlight init --project`, then git and DVC, in a folder outside the checkout."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from leadlight.features.errors import ParamsError
from leadlight.pipelines.inference.dvc_experiments import read_experiments
from leadlight.pipelines.project.dvc_pipeline import build_dvc_pipeline
from leadlight.pipelines.project.files import check_code_version, write_project
from leadlight.pipelines.stages.table import STAGES

FILES = {"leads": "leads.csv.gz", "activities": "activities.parquet", "deals": "deals.csv"}
AGREED = """policy:
  agreed: {by: [Marketing, Sales], "on": "2025-08-01", marketing_qualified: top 20 percent,
           sales_qualified: top 5 percent}
"""
PROGRAMS = Path(sys.executable).parent


def run(folder: Path, *words: str, code: int = 0) -> str:
    """Run a program of the environment in a folder and return what it prints."""
    environment = os.environ | {
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "DVC_NO_ANALYTICS": "true", "COLUMNS": "120",
        "GIT_AUTHOR_NAME": "test", "GIT_AUTHOR_EMAIL": "test@example.org",
        "GIT_COMMITTER_NAME": "test", "GIT_COMMITTER_EMAIL": "test@example.org",
    }  # fmt: skip
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def read_registry(project: Path) -> tuple:
    """Read aliases and tags of all versions."""
    client = MlflowClient(f"sqlite:///{project / 'work' / 'mlflow.db'}")
    versions = client.search_model_versions("name = 'leadlight'")
    return client.get_registered_model("leadlight").aliases, {v.version: dict(v.tags) for v in versions}


@pytest.fixture(scope="module")
def project(trained, tmp_path_factory, write_some):
    """A project on the tables of the simulated CRM as if they were an export; trained once by DVC."""
    folder = tmp_path_factory.mktemp("own") / "scoring"
    exports = folder / "exports"
    write_some(trained / "data" / "simulated", exports, 4, FILES)
    words = [part for name, file in FILES.items() for part in (f"--{name}", f"scoring/exports/{file}")]
    said = run(folder.parent, "leadlight", "init", *words, "--project", "scoring")
    assert "dvc repro" in said
    text = (folder / "params.yaml").read_text(encoding="utf-8")
    text = text.replace("training: {seed: 7}", "training: {seed: 7, min_wins: 20, candidates: [logistic]}")
    assert "  # agreed:" in text
    text = text.replace("policy:", AGREED, 1)
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    run(folder, "git", "init", "-q")
    run(folder, "dvc", "init", "-q")
    run(folder, "dvc", "add", "-q", *(f"exports/{file}" for file in FILES.values()))
    ran = run(folder, "dvc", "repro")
    assert [name for name in STAGES if f"Running stage '{name}'" in ran] == [
        "ingest", "audit", "snapshot", "featurize", "train", "calibrate", "evaluate"
    ]  # fmt: skip
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "first model")
    return folder


def test_git_holds_what_describes_the_model_and_no_export(project):
    kept = set(run(project, "git", "ls-files").split())
    assert {"params.yaml", "dvc.yaml", "dvc.lock", "leadlight.json", "README.md", "work/metrics.json"} <= kept
    assert {"exports/leads.csv.gz.dvc", ".gitignore", ".dvcignore"} <= kept
    assert not {name for name in kept if name.endswith((".csv", ".gz", ".parquet", ".db"))}
    assert run(project, "git", "status", "--porcelain") == ""


def test_a_second_repro_does_nothing_and_another_file_runs_all(project, tmp_path):
    assert "Running stage" not in run(project, "dvc", "repro")
    copy = shutil.copytree(project, tmp_path / "copy", symlinks=True)
    file = copy / "exports" / "deals.csv"
    text = file.read_bytes()
    file.unlink()
    file.write_bytes(text[: text.rindex(b"\n", 0, -1) + 1])
    assert {"ingest", "audit"} <= set(json.loads(run(copy, "dvc", "status", "--json")))


def test_another_clone_pulls_everything_from_a_remote_and_is_up_to_date(project, tmp_path):
    run(project, "dvc", "remote", "add", "-f", "-d", "storage", str(tmp_path / "storage"))
    run(project, "dvc", "push", "-q")
    run(project, "git", "commit", "-qam", "remote")
    run(tmp_path, "git", "clone", "-q", str(project), "clone")
    run(tmp_path / "clone", "dvc", "pull", "-q")
    said = run(tmp_path / "clone", "dvc", "repro")
    assert "Running stage" not in said
    assert "up to date" in said
    assert (tmp_path / "clone" / "work" / "plots" / "card.html").exists()
    registered = run(tmp_path / "clone", "leadlight", "register")
    assert "champion is version 1" in registered


def test_an_experiment_in_a_folder_of_its_own_shows_what_it_moves_and_leaves_registry_and_files_alone(project):
    run(project, "leadlight", "register")
    before = read_registry(project), (project / "work" / "bundle" / "manifest.json").read_bytes()
    said = run(
        project, "dvc", "exp", "run", "-S", "policy.sales_qualified=top 4 percent", "--name", "stricter", "--temp"
    )
    assert "Running stage 'evaluate'" in said
    assert (read_registry(project), (project / "work" / "bundle" / "manifest.json").read_bytes()) == before
    shown = run(project, "dvc", "exp", "show", "--csv")
    assert "stricter" in shown
    assert "work/metrics.json:sales_qualified.precision" in shown or "sales_qualified.precision" in shown
    assert run(project, "git", "status", "--porcelain") == ""
    assert_table_of_experiments(project)


def assert_table_of_experiments(project):
    """Experiments are tabled beside the commit they start from, and looking at them writes nothing."""
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    table = read_experiments(project)
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before
    commit, stricter = table.iloc[0], table.loc["stricter"]
    metrics = json.loads((project / "work" / "metrics.json").read_text(encoding="utf-8"))
    assert (commit["state"], commit["changed"], stricter["state"]) == ("commit", "", "Success")
    assert stricter["changed"] == "policy.sales_qualified: top 4 percent"
    assert commit["log_loss"] == pytest.approx(metrics["log_loss"])
    assert table[["log_loss", "auc", "ece"]].notna().all(axis=None)


def test_without_experiments_or_without_dvc_there_is_no_table(project, tmp_path):
    assert read_experiments(tmp_path) is None
    run(tmp_path, "git", "init", "-q")
    assert read_experiments(tmp_path) is None
    run(tmp_path, "dvc", "init", "-q")
    assert read_experiments(tmp_path) is None
    run(tmp_path, "git", "commit", "-qm", "empty", "--allow-empty")
    assert read_experiments(tmp_path) is None


def test_an_experiment_in_place_reruns_what_depends_on_it_and_leaves_the_registry_alone(project, tmp_path):
    copy = shutil.copytree(project, tmp_path / "copy", symlinks=True)
    before = read_registry(copy)
    said = run(copy, "dvc", "exp", "run", "-S", "policy.sales_qualified=top 6 percent")
    assert re.findall(r"Running stage '(\w+)'", said) == ["calibrate", "evaluate"]
    assert read_registry(copy) == before
    card = (copy / "work" / "plots" / "card.html").read_text(encoding="utf-8")
    assert "Changed since the agreement of 2025-08-01 by Marketing and Sales: the SQL threshold." in card
    difference = run(copy, "dvc", "metrics", "diff")
    assert "sales_qualified" in difference
    assert len(difference.splitlines()) <= 20
    assert run(copy, "dvc", "exp", "show", "--csv").count("\n") >= 2
    assert "sales_qualified" in run(copy, "dvc", "exp", "show", "--only-changed", "--hide-queued")
    assert "dvc.lock" in run(copy, "git", "status", "--short")


def test_plots_have_titles_and_the_scorer_is_an_artifact(project):
    titles = json.loads(run(project, "dvc", "plots", "show", "--json"))["data"]
    assert {"ROC", "Reliability", "Gains", "Candidates"} <= set(titles)
    assert "artifacts" in (project / "dvc.yaml").read_text(encoding="utf-8")


def test_other_code_than_the_project_names_is_refused_until_it_is_written_again(project, tmp_path):
    copy = shutil.copytree(project, tmp_path / "copy", symlinks=True)
    (copy / "leadlight.json").write_text('{"version": "0.0.1", "hash": "0"}', encoding="utf-8")
    said = run(copy, "leadlight", "ingest", code=3)
    assert "Got 0.0.1 (0): run `leadlight init --project" in said
    run(copy, "leadlight", "init", "--project", ".")
    check_code_version(copy)
    changed = set(json.loads(run(copy, "dvc", "status", "--json")))
    assert changed == set()  # the same code again: nothing has to run


def test_files_of_somebody_else_are_kept_or_refused(project, tmp_path):
    shutil.copy(project / "params.yaml", tmp_path)
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    assert write_project(tmp_path / "params.yaml").kept == ("README.md",)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"
    (tmp_path / "dvc.yaml").write_text("stages: {}", encoding="utf-8")
    with pytest.raises(ParamsError, match=r"dvc\.yaml must be new or written by"):
        write_project(tmp_path / "params.yaml")
    shutil.copy(project / "params.yaml", tmp_path / "other.yaml")
    with pytest.raises(ParamsError, match=r"must be named params\.yaml"):
        write_project(tmp_path / "other.yaml")


def test_a_database_is_read_on_every_run():
    source = {"database": "postgresql://localhost/crm", "leads": {"path": "leads"}, "deals": {"path": "deals"}}
    stages = build_dvc_pipeline({"source": source, "attributes": {}})["stages"]
    assert stages["ingest"]["always_changed"]
    assert stages["ingest"]["deps"] == ["leadlight.json"]
    assert "simulate" not in stages
    assert "truth" not in stages
