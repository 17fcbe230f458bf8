"""Commands that check something before it is relied on."""

from leadlight.pipelines.cli.commands.options import PARAMS, WORK, Params, Work, run_one

__all__ = ["audit"]


def audit(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Say what is wrong with the source and what gives the outcome away, before anything is trained."""
    report = run_one("audit", params, workdir)
    from leadlight.pipelines.audit.console import print_report
    from leadlight.pipelines.workspace.console import console

    print_report(report, console)
    console.print(f"The report with pictures is {workdir / 'audit' / 'audit.html'}.", soft_wrap=True)
