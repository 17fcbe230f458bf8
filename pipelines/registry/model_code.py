"""Code and requirements that are logged with a model: the import closure of the scorer bundle."""

import ast
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from leadlight.models.candidates.base import list_kinds
from leadlight.models.candidates.registry import find_module
from leadlight.models.scoring.code_version import SCORING_PACKAGES, find_package_folder

__all__ = ["copy_scoring_code", "ignore_uv_files", "list_requirements"]

PACKAGE, ROOT_MODULE = "leadlight", "leadlight.models.scoring.bundle"


def copy_scoring_code(folder: Path) -> Path:
    """Copy the modules that a score depends on to ``folder/leadlight``, and return that path."""
    source, target = find_package_folder(), folder / PACKAGE
    target.mkdir(parents=True)
    shutil.copy2(source / "__init__.py", target)
    for name in SCORING_PACKAGES:
        shutil.copytree((source / name).resolve(), target / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    return target


@contextmanager
def ignore_uv_files() -> Iterator[None]:
    """Keep MLflow from logging the pyproject.toml and uv.lock of the current folder."""
    before = os.environ.get("MLFLOW_LOG_UV_FILES")
    os.environ["MLFLOW_LOG_UV_FILES"] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ["MLFLOW_LOG_UV_FILES"]
        else:
            os.environ["MLFLOW_LOG_UV_FILES"] = before


def list_requirements(bundle: Path) -> list[str]:
    """List the distributions that loading a bundle imports, pinned to the installed versions.

    Its candidates are imported by name: their modules count as well.
    """
    modules = {ROOT_MODULE, *(find_module(kind) for kind in list_kinds(bundle / "model"))}
    imported = {module.split(".")[0] for root in modules for module in _find_import_closure(root)}
    distributions = metadata.packages_distributions()
    names = {
        name
        for module in imported - sys.stdlib_module_names - {PACKAGE}
        for name in distributions.get(module, [module])
    }
    return [f"{name}=={metadata.version(name)}" for name in sorted(names, key=str.lower)]


def _find_import_closure(root: str) -> set[str]:
    """Find all modules that a module of leadlight imports, directly or not."""
    closure: set[str] = set()
    waiting = {root}
    while waiting:
        module = waiting.pop()
        closure.add(module)
        path = _find_source(module)
        if path is not None:
            waiting |= _list_imports(path) - closure
    return closure


def _find_source(module: str) -> Path | None:
    """Find the file of a module of leadlight; None for other modules and for names that are no modules."""
    package, *names = module.split(".")
    if package != PACKAGE:
        return None
    path = find_package_folder().joinpath(*names)
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


def _list_imports(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return modules
