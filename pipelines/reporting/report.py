"""The interface of a report, its discovery, and the way it is written."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir, write_atomically, write_json

__all__ = ["Report", "list_reports", "load_report", "write_files", "write_report"]

PACKAGE = "leadlight.pipelines.reports"


class Report(NamedTuple):
    """A report that ``leadlight report NAME`` builds, writes and prints.

    The package ``reports/NAME`` holds it as ``REPORT`` in ``report.py``, and its template ``page.html``.

    Parameters
    ----------
    name : str
        Name of the command and of the folder below ``work/report``.
    help : str
        Help of the command.
    progress : str
        Text beside the progress bar.
    build : callable
        Takes params, workdir and a callback for the share that is done, then options by keyword, which are
        annotated for Typer. Returns the content.
    summarize : callable
        Content -> the line that stays when the progress bar ends.
    render_files : callable
        Content -> files by name: text, or plain data for JSON. No files: nothing is written.
    print_console : callable
        Prints content.
    pointer : str
        Line that names a file; ``{folder}`` is where the files are.
    """

    name: str
    help: str
    progress: str
    build: Callable[..., Any]
    summarize: Callable[[Any], str]
    render_files: Callable[[Any], Mapping[str, Any]]
    print_console: Callable[[Any, Console], None]
    pointer: str = "The page with pictures is {folder}/index.html."


def list_reports() -> list[str]:
    """Return the names of the packages that hold a report, without importing them."""
    folders = importlib.import_module(PACKAGE).__path__
    modules = pkgutil.iter_modules(folders)
    return [m.name for m in modules if any((Path(f) / m.name / "report.py").exists() for f in folders)]


def load_report(name: str) -> Report:
    """Import a report."""
    report: Report = importlib.import_module(f"{PACKAGE}.{name}.report").REPORT
    return report


def write_report(
    report: Report,
    params: Params,
    workdir: Workdir,
    on_progress: Callable[[float], None] = lambda share: None,
    **options: Any,
) -> tuple[Any, Path | None]:
    """Build a report and write its files below ``report/`` of the working folder.

    Returns
    -------
    content : object
        What the report built.
    folder : Path or None
        Folder of the files; None where there are none.

    Raises
    ------
    LeadlightError
        Any that ``report.build`` raises; then nothing is written.
    """
    content = report.build(params, workdir, on_progress, **options)
    files = report.render_files(content)
    folder = workdir.root / "report" / report.name
    write_files(folder, files)
    return content, folder if files else None


def write_files(folder: Path, files: Mapping[str, Any]) -> None:
    """Write files atomically, each text as it is and everything else as JSON."""
    for name, content in files.items():
        if not isinstance(content, str):
            write_json(folder / name, content)
            continue
        with write_atomically(folder / name) as temporary:
            temporary.write_text(content, encoding="utf-8")
