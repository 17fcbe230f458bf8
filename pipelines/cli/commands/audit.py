"""Commands that check something before it is relied on."""

from leadlight.pipelines.cli.commands.options import (
    PARAMS,
    WORK,
    ParamsOption,
    WorkdirOption,
    run_stage_command,
)

__all__ = ["audit"]


def audit(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Say what is wrong with the source and what gives the outcome away, before anything is trained."""
    report = run_stage_command("audit", params, workdir)
    from leadlight.pipelines.audit.console import print_report
    from leadlight.pipelines.workspace.console import console

    print_report(report, console)
    console.print(f"The report with pictures is {workdir / 'audit' / 'audit.html'}.", soft_wrap=True)
