"""Generate the reference of commands and of exit codes from the code.

``LEADLIGHT_UPDATE_RESULTS=1 pytest tests/rules/test_reference.py`` rewrites the pages; the test keeps them current.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

__all__ = ["PAGES", "render_commands", "render_exit_codes"]

#: exit codes that are no errors of Leadlight
OTHER_CODES = {
    0: ("", "done"),
    2: ("", "invalid usage: an option that does not exist, or a missing argument"),
    10: ("", "`leadlight watch` found something to act on"),
    11: ("", "`leadlight run` trained, and nothing predicts wins better than the base rate"),
    130: ("", "interrupted"),
}
VARIABLES = {
    "LEADLIGHT_STORE_URL": "SQLAlchemy URL of the score store, SQLite or PostgreSQL; in the working folder if unset; "
    "its password is percent-encoded (@ as %40)",
    "LEADLIGHT_MLFLOW_URI": "MLflow server or database of runs and versions; SQLite in the working folder if unset",
    "LEADLIGHT_HOST": "address that `leadlight serve` listens on; 127.0.0.1 if unset",
    "LEADLIGHT_PORT": "its port; 8000 if unset",
    "LEADLIGHT_ALLOWED_HOSTS": "hosts that it answers for, with commas, such as queue.example.com or *.lan, beside "
    "localhost, 127.0.0.1, [::1] and LEADLIGHT_HOST, or the name of the machine where that is 0.0.0.0",
    "LEADLIGHT_DUCKDB_MEMORY": "memory that DuckDB may use, such as 4GB; beyond it, DuckDB writes to disk",
    "LEADLIGHT_NOTEBOOK_FOLDER": "trained folder that notebooks open; the checkout if unset",
    "LEADLIGHT_REAL_DATA": "tests: folder of the public data sets",
    "LEADLIGHT_CHROMIUM": "tests and pictures: the browser to use",
    "LEADLIGHT_TESTS_STRICT": "tests: 1 makes a missing component a failure instead of a skipped test",
    "LEADLIGHT_UPDATE_RESULTS": "tests: 1 rewrites saved figures and generated pages instead of comparing them",
}


def render_commands() -> str:
    """Return the page of commands as Markdown, from the Typer application."""
    from leadlight.pipelines.cli.main import app

    group: Any = typer.main.get_command(app)
    context = typer.Context(group, info_name="leadlight")
    lines = [
        "# Commands",
        "",
        "Generated from the command line itself; a test keeps this page current. Most commands take",
        "`params.yaml` and the working folder `work` of the present folder, unless options name others.",
        "",
        "| command | what it does |",
        "|---|---|",
    ]
    details = []
    for name, command in _walk(group, context, "leadlight"):
        first = inspect.cleandoc(command.help or "").partition("\n")[0]
        lines.append(f"| [`{name}`](#{name.replace(' ', '-')}) | {first} |")
        details += _describe(name, command, context)
    return "\n".join([*lines, "", *details]).rstrip() + "\n"


def render_exit_codes() -> str:
    """Return the page of exit codes and environment variables as Markdown, from the classes of errors."""
    from leadlight.features import errors

    found = {}
    for kind in errors.LeadlightError.__subclasses__():
        if kind.__module__ == errors.__name__:
            first = inspect.cleandoc(kind.__doc__ or "").partition("\n")[0].rstrip(".")
            found[kind.exit_code] = (f"`{kind.__name__}`", first[:1].lower() + first[1:])
    rows = [f"| {code} | {error} | {text} |" for code, (error, text) in sorted((OTHER_CODES | found).items())]
    variables = [f"| `{name}` | {text} |" for name, text in VARIABLES.items()]
    head = """# Exit codes and environment variables

Generated from `features/errors.py` and `scripts/reference_pages.py`; a test keeps this page current.

## Exit codes

An error is one sentence on standard error, such as "The X of Y must be Z. Got V.", and one of these exit codes.
Where the store fails, pages and API say no more than that. The sentence, which holds the address of the store, is in
the log of the server: its standard error.

| code | error | meaning |
|---|---|---|
"""
    middle = """

## Environment variables

What changes a score is in `params.yaml`. What only changes where things run is an environment variable.

| variable | meaning |
|---|---|
"""
    return head + "\n".join(rows) + middle + "\n".join(variables) + "\n"


def _walk(command: Any, context: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Give every command that runs, with its full name."""
    if not hasattr(command, "list_commands"):
        yield name, command
        return
    for inner in command.list_commands(context):
        yield from _walk(command.get_command(context, inner), context, f"{name} {inner}")


def _describe(name: str, command: Any, context: Any) -> list[str]:
    text = inspect.cleandoc(command.help or "")
    rows = [_describe_parameter(parameter, context) for parameter in command.params if parameter.name != "help"]
    table = ["| option | meaning | default |", "|---|---|---|", *rows] if rows else []
    return [f"## {name}", "", text, "", *table, ""]


def _describe_parameter(parameter: Any, context: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    called = ", ".join(f"`{option}`" for option in names)
    if parameter.param_type_name == "argument":
        called = f"`{parameter.name.upper()}`"
    default = parameter.default
    if parameter.required:
        shown = "required"
    elif isinstance(default, bool):
        shown = f"`{names[0] if default or not parameter.secondary_opts else parameter.secondary_opts[0]}`"
        shown = shown if default or parameter.secondary_opts else "no"
    else:
        shown = "none" if default is None or "UNSET" in repr(default) else f"`{default}`"
    return f"| {called} | {(getattr(parameter, 'help', '') or '').replace('|', 'or')} | {shown} |"


#: page below docs/ -> what renders it
PAGES = {"reference/commands.md": render_commands, "reference/exit-codes.md": render_exit_codes}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (Path(__file__).resolve().parent.parent / "docs" / page).write_text(render(), encoding="utf-8")
