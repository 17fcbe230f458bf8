"""Write the dvc.yaml of the repository and of each example, from their params and the imports of each stage.

A folder of code is named as a whole where a stage imports at least half of its modules, or where it has
templates; else each file.
"""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import grimp
from ruamel.yaml import YAML

from leadlight.pipelines.project.dvc_pipeline import STAGE_FILES, build_dvc_pipeline, render_dvc_yaml
from leadlight.pipelines.stages.table import STAGES

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "scripts/write_dvc_files.py"


def build_dvc_files() -> dict[Path, str]:
    """Return path -> text of every dvc.yaml of the repository."""
    graph = grimp.build_graph("leadlight", cache_dir=None)
    code = {name: _summarize_folders(list_stage_code(graph, name)) for name in STAGE_FILES}
    texts = {}
    for params in sorted([ROOT / "params.yaml", *ROOT.glob("examples/*/params.yaml")]):
        up = os.path.relpath(ROOT, params.parent)
        here = {name: sorted(str(Path(up, path)) for path in paths) for name, paths in code.items()}
        content = YAML(typ="safe", pure=True).load(params.read_text(encoding="utf-8"))
        texts[params.with_name("dvc.yaml")] = render_dvc_yaml(build_dvc_pipeline(content, code=here), COMMAND)
    return texts


def list_stage_code(graph: grimp.ImportGraph, name: str) -> set[Path]:
    """Return the files with code that a stage imports, directly or not, relative to the root."""
    stage = STAGES[name]
    functions = [function for function in (stage.function, stage.at_moment) if function]
    pending = {f"leadlight.pipelines.{function.partition(':')[0]}" for function in functions}
    reached: set[str] = set()
    while pending:
        module = pending.pop()
        reached.add(module)
        imported = graph.find_modules_directly_imported_by(module) | {module.rpartition(".")[0]}
        pending |= {name for name in imported if name.startswith("leadlight.")} - reached
    files = {_find_file(module) for module in reached}
    return {file.relative_to(ROOT) for file in files if _has_code(file)}


def _summarize_folders(files: set[Path]) -> list[str]:
    return sorted(_summarize(Path("features"), files)) + [
        path for room in ("models", "pipelines") for path in sorted(_summarize(Path(room), files))
    ]


def _summarize(folder: Path, files: set[Path]) -> Iterator[str]:
    inside = {file for file in files if folder in file.parents}
    if not inside:
        return
    modules = [path for path in (ROOT / folder).rglob("*.py") if _has_code(path)]
    templates = any((ROOT / folder).glob("*.html"))
    if folder != Path("pipelines") and (templates or 2 * len(inside) >= len(modules)):
        yield folder.as_posix()
        return
    for file in inside:
        if file.parent == folder:
            yield file.as_posix()
    for sub in sorted({folder / file.relative_to(folder).parts[0] for file in inside if file.parent != folder}):
        yield from _summarize(sub, files)


def _find_file(module: str) -> Path:
    path = ROOT.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _has_code(path: Path) -> bool:
    """Whether a file has more than a docstring."""
    return len(ast.parse(path.read_text(encoding="utf-8")).body) > 1


def main() -> None:
    """Write the files."""
    for path, text in build_dvc_files().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
