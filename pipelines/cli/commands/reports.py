"""``leadlight report NAME``: one command per registered report."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from leadlight.pipelines.cli.commands.options import PARAMS, WORK, ParamsOption, WorkdirOption

__all__ = ["report"]


class ReportGroup(TyperGroup):
    """Imports a report only when its command or its help is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all reports."""
        from leadlight.pipelines.reporting.report import list_reports

        return list_reports()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a report; None if there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        from leadlight.pipelines.reporting.report import load_report

        chosen = load_report(cmd_name)
        app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
        app.command(name=cmd_name, help=chosen.help)(_build_command(chosen))
        return typer.main.get_command(app)


report = typer.Typer(
    cls=ReportGroup,
    help="Pages to talk about: they change nothing else.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@report.callback()
def _group() -> None:
    """Register the group, whose commands are listed by :class:`ReportGroup`."""


def _build_command(chosen: Any) -> Callable[..., None]:
    """Return a function with ``--params``, ``--workdir`` and the options of ``chosen.build``."""

    def command(params: Path, workdir: Path, **options: Any) -> None:
        from leadlight.pipelines.params import load_params
        from leadlight.pipelines.reporting.report import write_report
        from leadlight.pipelines.workspace.console import console, show_progress
        from leadlight.pipelines.workspace.workdir import Workdir

        settings = load_params(params)
        with show_progress(chosen.progress) as update:
            content, folder = write_report(
                chosen, settings, Workdir(workdir), lambda share: update(share=share), **options
            )
            update(result=chosen.summarize(content))
        chosen.print_console(content, console)
        if folder is not None:
            console.print(chosen.pointer.format(folder=folder), markup=False, soft_wrap=True)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("params", keyword, default=PARAMS, annotation=ParamsOption),
        inspect.Parameter("workdir", keyword, default=WORK, annotation=WorkdirOption),
        *(p for p in inspect.signature(chosen.build).parameters.values() if p.kind is keyword),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command
