"""The command line. Heavy libraries are imported by the commands that need them.

Exit codes: 0 done; 2 the command was not understood; 3 params; 4 source; 5 not enough data; 6 policy;
7 scorer; 8 store; 9 another command is at work in the folder; 10 watched, and somebody must act;
130 interrupted.
"""

import sys

import typer

from leadlight.features.errors import LeadlightError
from leadlight.pipelines.cli.commands import (
    audit,
    init,
    inspection,
    monitoring,
    promotion,
    reports,
    scoring,
    training,
)

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
    init.init,
    training.simulate,
    training.ingest,
    audit.audit,
    training.snapshot,
    training.featurize,
    training.train,
    training.calibrate,
    training.truth,
    training.evaluate,
    training.register,
    training.run,
    promotion.promote,
    promotion.rollback,
    promotion.retrain,
    scoring.score,
    monitoring.watch,
    inspection.explain,
    inspection.sql,
    scoring.serve,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(reports.report, name="report")


def main() -> None:
    """Run a command; a user's mistake is one sentence and an exit code, never a traceback."""
    try:
        app()
    except LeadlightError as error:
        from leadlight.pipelines.workspace.console import errors

        errors.print(f"[bold red]Error:[/] {_plain(str(error))}", soft_wrap=True)
        sys.exit(error.exit_code)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
