"""The command line. Heavy libraries are imported by the commands that need them.

Exit codes: 0 done; 2 the command was not understood; 3 params; 4 source; 5 not enough data; 6 policy;
7 scorer; 8 store; 9 another command is at work in the folder; 10 watched, and somebody must act;
130 interrupted.
"""

import sys

import typer

from features.errors import LeadlightError
from pipelines.commands import asking, building, checking, night, promoting, reporting, starting, watching

__all__ = ["app", "main"]

app = typer.Typer(
    name="leadlight",
    help="Predictive lead scoring that sales can see through.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

#: in the order of ``--help``
COMMANDS = (
    starting.init,
    building.simulate,
    building.ingest,
    checking.audit,
    building.snapshot,
    building.featurize,
    building.train,
    building.calibrate,
    building.truth,
    building.evaluate,
    building.register,
    building.run,
    promoting.promote,
    promoting.rollback,
    promoting.retrain,
    night.score,
    watching.watch,
    asking.explain,
    asking.sql,
    night.serve,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(reporting.report, name="report")


def main() -> None:
    """Run a command; a user's mistake is one sentence and an exit code, never a traceback."""
    try:
        app()
    except LeadlightError as error:
        from pipelines.console import errors

        errors.print(f"[bold red]Error:[/] {_plain(str(error))}", soft_wrap=True)
        sys.exit(error.exit_code)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
