"""Rules of the house: rooms, names, sizes, nothing of one machine, documents that are current."""

import json
import os
import re
import runpy
import subprocess
from pathlib import Path

import pytest

from leadlight.pipelines.engines.engine import build_feature_set
from leadlight.pipelines.params import load_params
from leadlight.pipelines.params.documentation import render_reference
from leadlight.pipelines.reporting.feature_dictionary import render_feature_dictionary

UPDATE = os.environ.get("LEADLIGHT_UPDATE_RESULTS") == "1"
ROOMS = ("features", "models", "serving", "pipelines")


@pytest.fixture(scope="module")
def tracked(root):
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    return [root / name for name in listing.splitlines() if (root / name).is_file()]


def test_no_module_is_longer_than_three_hundred_lines(tracked, root):
    long = {
        str(p.relative_to(root)): n
        for p in tracked
        if p.suffix == ".py" and (n := len(p.read_text().splitlines())) > 300
    }
    assert long == {}


def test_no_file_is_named_for_odds_and_ends(tracked):
    assert [p for p in tracked if p.stem in {"utils", "misc", "helpers", "common", "util"}] == []


def test_test_folders_shadow_no_room(root):
    assert not list((root / "tests").rglob("__init__.py"))
    assert not {p.name for p in (root / "tests").iterdir()} & set(ROOMS)


def test_the_doors_between_the_rooms_are_shut(root):
    linter = root / ".venv" / "bin" / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_nothing_of_one_machine_and_no_registry_is_in_a_file(tracked, root):
    forbidden = re.compile(
        r"pypi\.(org|python)|pythonhosted|deb\.debian\.org|/work/(main|steering|shared)|/root/|/home/\w"
    )
    found = []
    for path in tracked:
        if path.suffix in {".png", ".ico"} or path.name == "test_house.py":
            continue
        found += [
            f"{path.relative_to(root)}: {m.group()}" for m in forbidden.finditer(path.read_text(encoding="utf-8"))
        ]
    assert found == []


def test_no_pickle_no_data_and_nothing_large_is_tracked(tracked):
    bad = {".pkl", ".pickle", ".joblib", ".db", ".sqlite", ".duckdb", ".parquet", ".gz", ".csv"}
    assert [p for p in tracked if p.suffix in bad] == []
    assert [p for p in tracked if p.stat().st_size > 1_000_000] == []


def test_the_lock_of_dvc_is_left_to_each_clone(root):
    command = ["git", "ls-files", "dvc.lock"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert listed == "", "docs/decisions/0006: the lock belongs into the clone of whoever trains"


def test_the_lock_carries_hashes_and_no_address(root):
    lock = (root / "requirements" / "lock.txt").read_text(encoding="utf-8")
    packages = re.findall(r"^[A-Za-z0-9][\w.-]*==", lock, flags=re.MULTILINE)
    assert len(packages) > 100
    assert "://" not in lock
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.strip())
    assert all("--hash=sha256:" in block for block in blocks)


def test_every_bound_of_a_dependency_has_its_reason_beside_it(root):
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if re.match(r'\s+"[\w.\[\]-]+[><=]', line)]
    assert len(lines) > 25
    assert [line for line in lines if "# " not in line] == []


def test_what_the_readme_and_the_guide_point_at_exists(root):
    pages = [(root / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")]
    assert len(pages[0].splitlines()) <= 120
    for name in re.findall(r"`((?:features|models|serving|pipelines|docs|examples|tests)/[\w/.]*)`", "\n".join(pages)):
        assert (root / name).exists(), name


def test_the_page_of_params_is_current(root):
    path = root / "docs" / "params.md"
    if UPDATE:
        path.write_text(render_reference(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == render_reference()


def test_the_feature_dictionary_is_current(root):
    path, page = root / "docs" / "features.md", render_feature_dictionary(catalogue_of(root))
    if UPDATE:
        path.write_text(page, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page


def test_the_page_of_benchmarks_is_made_from_the_saved_results(root):
    page = runpy.run_path(str(root / "benchmarks" / "page.py"))["render_page"](root)
    assert (root / "docs" / "benchmarks.md").read_text(encoding="utf-8") == page


def test_the_saved_benchmark_meets_its_bars(root):
    saved = json.loads((root / "docs" / "results" / "bench_features.json").read_text(encoding="utf-8"))
    bars = saved["bars"]
    assert bars["times_faster_than_pandas"] >= 3
    assert bars["times_the_hand_written_sql"] <= 1.5
    assert bars["exponent"] <= 1.1
    assert bars["peak_gib_at_50_million"] <= 6
    assert max(saved["small"]["largest_difference"].values()) < 1e-8


def catalogue_of(root: Path):
    params = load_params(root / "params.yaml")
    report = {"historised": list(params.attributes), "rows": {"activities": 1}, "time": "dates"}
    return build_feature_set(params, report).catalogue


def test_figures_of_the_first_decision_are_those_that_were_saved(root):
    saved = json.loads((root / "docs" / "results" / "snapshot_weights.json").read_text(encoding="utf-8"))
    text = (root / "docs" / "decisions" / "0001-snapshots-weigh-the-same.md").read_text(encoding="utf-8")
    for name, figures in saved.items():
        assert f"| {name} | {figures['predicted_over_true']:.2f} | {figures['regret']:.2f} |" in text
