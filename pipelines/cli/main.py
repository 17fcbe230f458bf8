"""The command line. Heavy libraries are imported by the commands that need them.

Exit codes: 0 done; 2 invalid usage; 3 params; 4 source; 5 not enough data; 6 policy; 7 scorer; 8 store;
9 the working folder is locked by another command; 10 `watch` found something to act on; 12 disk or memory of the
machine; 13 the server cannot listen; 130 interrupted.
"""

import gc
import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from leadlight.features.errors import LeadlightError
from leadlight.pipelines.cli.commands import (
    exports,
    init,
    inspection,
    monitoring,
    promotion,
    reports,
    scoring,
    training,
)
from leadlight.pipelines.cli.machine_faults import convert_machine_fault
from leadlight.pipelines.cli.output_streams import protect_output_streams
from leadlight.pipelines.stages.table import STAGES

__all__ = ["app", "main"]

#: objects before a garbage collection, and collections of a generation before one of the next. A command imports some
#: 3,000 modules and ends: with Python's own thresholds it spends a fifth of its time on finding that all are in use
GC_THRESHOLDS = (50_000, 20, 100)

app = typer.Typer(
    name="leadlight",
    help="Predictive lead scoring that sales can see through.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

#: in the order of ``--help``
COMMANDS: tuple[Callable[..., None], ...] = (
    init.init,
    *map(training.make_stage_command, STAGES),
    training.run,
    promotion.promote,
    promotion.rollback,
    promotion.retrain,
    scoring.score,
    scoring.withdraw,
    exports.export,
    monitoring.watch,
    inspection.explain,
    inspection.sql,
    scoring.serve,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(reports.report, name="report")


def main() -> None:
    """Run a command; print a LeadlightError, or a fault of the machine, as one sentence and exit with its code."""
    gc.set_threshold(*GC_THRESHOLDS)
    protect_output_streams()
    try:
        app()
    except LeadlightError as error:
        _exit_with(error)
    except Exception as error:
        fault = convert_machine_fault(error)
        if fault is None:
            raise
        _exit_with(fault)


def _exit_with(error: LeadlightError) -> NoReturn:
    from rich.markup import escape

    from leadlight.pipelines.workspace.console import errors

    errors.print(f"[bold red]Error:[/] {escape(str(error))}", soft_wrap=True)
    sys.exit(error.exit_code)
