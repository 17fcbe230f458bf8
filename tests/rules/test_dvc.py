"""dvc.yaml declares everything that changes the result of a stage: code, params and files."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from ruamel.yaml import YAML

from leadlight.pipelines.project.dvc_pipeline import STAGE_FILES
from leadlight.pipelines.stages.table import STAGES

#: code that a stage imports and that cannot change its result; to be given with a reason
INFRASTRUCTURE: dict[str, str] = {}


@pytest.fixture(scope="module")
def pipeline(root: Path):
    return YAML(typ="safe").load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("leadlight", cache_dir=None)


def paths_of(entries) -> list[str]:
    return [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]


def is_covered(key: str, declared: list[str], separator: str) -> bool:
    return any(key == entry or key.startswith(entry + separator) for entry in declared)


def import_closure(graph: grimp.ImportGraph, modules: set[str]) -> set[str]:
    """Modules that run when these are imported or called, among them the packages that hold them."""
    reached, pending = set(), set(modules)
    while pending:
        module = pending.pop()
        reached.add(module)
        imported = graph.find_modules_directly_imported_by(module) | {module.rpartition(".")[0]}
        pending |= {name for name in imported if name.startswith("leadlight.")} - reached
    return reached


def file_of(root: Path, module: str) -> Path:
    path = root.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def has_code(path: Path) -> bool:
    """Whether a file has more than a docstring."""
    return len(ast.parse(path.read_text(encoding="utf-8")).body) > 1


def test_stages_of_dvc_are_those_of_the_command_line(pipeline, root):
    assert tuple(pipeline) == tuple(name for name, stage in STAGES.items() if stage.in_pipeline)
    stages = pipeline.values()
    made = {path for stage in stages for path in paths_of(stage["outs"] + stage.get("metrics", []))}
    for name, stage in pipeline.items():
        assert stage["cmd"] == f"leadlight {name}"
        assert [path for path in stage["deps"] if path not in made and not (root / path).exists()] == []


@pytest.mark.parametrize("name", STAGE_FILES)
def test_code_that_a_stage_imports_is_among_its_dependencies(name, pipeline, graph, root):
    stage = STAGES[name]
    functions = [function for function in (stage.function, stage.at_moment) if function]
    modules = {f"leadlight.pipelines.{function.partition(':')[0]}" for function in functions}
    declared = [*pipeline[name]["deps"], *INFRASTRUCTURE]
    files = {file_of(root, module) for module in import_closure(graph, modules)}
    needed = sorted(file.relative_to(root).as_posix() for file in files if has_code(file))
    assert len(needed) > 5
    assert [file for file in needed if not is_covered(file, declared, "/")] == []


@pytest.mark.parametrize("name", STAGE_FILES)
def test_params_that_a_stage_reads_are_declared(name, pipeline, trained):
    reads = json.loads((trained / "reads.json").read_text(encoding="utf-8"))[name]["params"]
    declared = pipeline[name].get("params", [])
    assert reads
    assert [key for key in reads if not is_covered(key, declared, ".")] == []


#: (stage, key) that a stage declares and that this run did not read. An earlier stage reads each, so what follows
#: runs again all the same; a narrower declaration would miss keys that the params file does not have yet.
WIDER = {
    ("audit", "source.leads.consent.granted"),
    ("audit", "source.leads.owner"),
    *((stage, "snapshots.after_days") for stage in ("featurize", "train", "evaluate")),
}


def list_leaves(content, path: str = "") -> list[str]:
    if not (isinstance(content, dict) and content):
        return [path]
    return [leaf for key, value in content.items() for leaf in list_leaves(value, f"{path}.{key}".lstrip("."))]


def test_each_key_of_params_reruns_the_stages_that_read_it_and_no_others(pipeline, trained):
    reads = json.loads((trained / "reads.json").read_text(encoding="utf-8"))
    keys = list_leaves(YAML(typ="safe").load((trained / "params.yaml").read_text(encoding="utf-8")))
    assert len(keys) > 100
    found = {
        (name, key): (is_covered(key, stage.get("params", []), "."), is_covered(key, reads[name]["params"], "."))
        for key in keys
        for name, stage in pipeline.items()
    }
    assert [entry for entry, (declared, read) in found.items() if read and not declared] == []
    wider = {entry for entry, (declared, read) in found.items() if declared and not read}
    assert sorted(wider - WIDER) == []
    assert sorted(WIDER - wider) == []


@pytest.mark.parametrize("name", STAGE_FILES)
def test_files_that_a_stage_uses_are_dependencies_or_outputs(name, pipeline, trained):
    paths = json.loads((trained / "reads.json").read_text(encoding="utf-8"))[name]["paths"]
    stage = pipeline[name]
    declared = paths_of(stage["deps"] + stage["outs"] + stage.get("metrics", []))
    assert [path for path in paths if not is_covered(f"work/{path}", declared, "/")] == []


def test_what_is_shown_of_leads_runs_no_stage_again(pipeline, trained):
    reads = json.loads((trained / "reads.json").read_text(encoding="utf-8"))
    declared = {key for stage in pipeline.values() for key in stage.get("params", [])}
    read = {key for stage in reads.values() for key in stage["params"]}
    assert [key for key in declared | read if key.partition(".")[0] == "display"] == []


def test_registering_is_no_stage_of_the_pipeline(pipeline):
    assert "register" not in pipeline
    assert not STAGES["register"].in_pipeline


def test_every_dvc_yaml_is_what_the_generator_writes(root):
    specification = importlib.util.spec_from_file_location("write_dvc_files", root / "scripts" / "write_dvc_files.py")
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    texts = script.build_dvc_files()
    assert len(texts) == 1 + len(list(root.glob("examples/*/params.yaml")))
    for path, text in texts.items():
        assert path.read_text(encoding="utf-8") == text, f"run scripts/write_dvc_files.py: {path} is out of date"


def test_declared_params_are_in_the_params_of_the_demo(pipeline, root):
    params = YAML(typ="safe").load((root / "params.yaml").read_text(encoding="utf-8"))
    for stage in pipeline.values():
        for key in stage.get("params", []):
            section = params
            for part in key.split("."):
                assert part in section, f"DVC refuses the missing key {key}"
                section = section[part]


def test_bytecode_is_no_dependency(root):
    names = ["models/scoring/__pycache__/scale.cpython-313.pyc", "pipelines/stages/__pycache__/table.pyc"]
    command = [sys.executable, "-m", "dvc", "check-ignore", *names]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout.split() == names
