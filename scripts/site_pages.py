"""Hooks of the documentation site: pages of the root folder, and links to source files.

mkdocs reads ``docs/`` only. Files of the root (glossary, changelog, contributing) become pages of ``project/``, and a
file or folder of the repository that a page links to becomes a page of ``source/``, so that no link needs a network.
"""

import ast
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

PROJECT = ("GLOSSARY.md", "CHANGELOG.md", "CONTRIBUTING.md")
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
LANGUAGES = {".py": "python", ".yaml": "yaml", ".json": "json", ".sh": "bash", ".css": "css", ".html": "html+jinja"}


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made from files outside of ``docs/``."""
    root = Path(config.config_file_path).parent
    for name in PROJECT:
        files.append(File.generated(config, f"project/{name}", content=(root / name).read_text(encoding="utf-8")))
    linked = set()
    for page in files.documentation_pages():
        for _, target, _ in LINK.findall(page.content_string):
            path = _find_outside(page.src_uri, target)
            if path is not None and str(path) not in PROJECT:
                linked.add(path)
    for path in sorted(linked):
        files.append(File.generated(config, _name_page(path), content=_render_source(root, path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point links that leave ``docs/`` at the pages made for them."""
    here = PurePosixPath(page.file.src_uri).parent

    def replace(match: re.Match[str]) -> str:
        path = _find_outside(page.file.src_uri, match[2])
        if path is None:
            return match[0]
        made = f"project/{path}" if str(path) in PROJECT else _name_page(path)
        return f"{match[1]}{os.path.relpath(made, here)}{match[3]}"

    return LINK.sub(replace, markdown)


def _find_outside(page: str, target: str) -> PurePosixPath | None:
    """Return the path in the repository that a link of a page names, or None if it stays inside of the site."""
    if "://" in target or target.startswith(("#", "mailto:")):
        return None
    # pages of the root folder link from there
    folder = "." if page.startswith("project/") else str(PurePosixPath("docs") / PurePosixPath(page).parent)
    path = PurePosixPath(os.path.normpath(f"{folder}/{target.partition('#')[0]}"))
    return None if path.parts[:1] in ((), ("docs",)) or page.startswith("source/") else path


def _name_page(path: PurePosixPath) -> str:
    return f"source/{path}.md"


def _render_source(root: Path, path: PurePosixPath) -> str:
    """Return a page that shows a file, or lists the files of a folder with the first line of their docstrings."""
    place = root / path
    if not place.exists():
        raise FileNotFoundError(f"A page links to {path}. There is no such file.")
    head = f"---\nsearch:\n  exclude: true\n---\n\n# `{path}`\n\n"
    if place.is_file():
        text = place.read_text(encoding="utf-8")
        fence = "`" * 4
        return f"{head}{fence}{LANGUAGES.get(place.suffix, 'text')}\n{text}{fence}\n"
    rows = ["| file | what it does |", "|---|---|"]
    for entry in sorted(place.rglob("*.py")):
        if "__pycache__" not in entry.parts and entry.name != "__init__.py":
            said = ast.get_docstring(ast.parse(entry.read_text(encoding="utf-8"))) or ""
            rows.append(f"| `{entry.relative_to(place).as_posix()}` | {said.partition(chr(10))[0]} |")
    rows += [f"| `{entry.relative_to(place).as_posix()}` | |" for entry in sorted(place.rglob("*")) if _is_shown(entry)]
    return head + "\n".join(rows) + "\n"


def _is_shown(entry: Path) -> bool:
    return entry.is_file() and entry.suffix in {".yaml", ".html", ".ipynb", ".json", ".md"}
