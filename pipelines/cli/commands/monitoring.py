"""Command that monitors the model."""

import typer

from leadlight.pipelines.cli.commands.options import PARAMS, WORK, AsOfOption, ParamsOption, WorkdirOption

__all__ = ["watch"]

#: exit code of the verdict "act", so that cron can send mail
ACT_CODE = 10


def watch(as_of: AsOfOption = None, params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Say after a night whether the model is still right; exit code 10 where somebody must act."""
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.reports.monitoring.console import print_report
    from leadlight.pipelines.reports.monitoring.watch import run_monitoring as watch_night
    from leadlight.pipelines.workspace.as_of import get_latest_midnight_utc, get_now_utc, parse_as_of
    from leadlight.pipelines.workspace.console import console, show_progress
    from leadlight.pipelines.workspace.workdir import Workdir

    settings = load_params(params)
    zone = settings.source.timezone
    moment = parse_as_of(as_of, zone) if as_of is not None else get_latest_midnight_utc(zone)
    clock = get_now_utc() if as_of is None else None
    with show_progress("Watching the newest night") as report_progress:
        report = watch_night(settings, Workdir(workdir), moment, clock)
        report_progress(result=f"{report['as_of'][:10]}, {report['leads']:,} leads, {report['model_version']}")
    print_report(report, console)
    console.print(f"The page with pictures is {workdir / 'watch' / 'index.html'}.", soft_wrap=True)
    if report["verdict"] == "act":
        raise typer.Exit(ACT_CODE)
