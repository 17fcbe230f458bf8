"""Commands that choose the champion: promote, rollback, retrain."""

from typing import Annotated

import typer

from leadlight.pipelines.cli.commands.options import PARAMS, WORK, ParamsOption, WorkdirOption

__all__ = ["promote", "retrain", "rollback"]


def promote(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Compare challenger and champion on the newest matured leads; let the challenger serve if it is better.

    The answer is better, worse or no evidence, and the exit code is 0 whichever it is. Only a challenger that
    is better and keeps the limits of params (section promotion) takes the champion's place.
    """
    from leadlight.pipelines.cli.comparison_tables import render_comparison, render_gates
    from leadlight.pipelines.jobs.promote import promote as decide
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.registry.champion import open_registry
    from leadlight.pipelines.workspace.console import console, show_progress
    from leadlight.pipelines.workspace.lock import lock_exclusively
    from leadlight.pipelines.workspace.workdir import Workdir

    settings, work = load_params(params), Workdir(workdir)
    open_registry(work)  # fails before anything is written
    with (
        lock_exclusively(work.lock, "retraining or promotion"),
        show_progress("Comparing challenger and champion") as report_progress,
    ):
        decision = decide(settings, work)
        report_progress(result=decision.verdict)
    if decision.gain is not None:
        console.print(render_comparison(decision))
        console.print(render_gates(decision.gates))
        if decision.window["note"]:
            console.print(decision.window["note"], markup=False)
    serves = decision.challenger if decision.promoted else decision.champion
    console.print(f"Answer: {decision.verdict}. {decision.reason} Version {serves['version']} serves.", markup=False)


def rollback(
    params: ParamsOption = PARAMS,
    workdir: WorkdirOption = WORK,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the registry.")] = "not given",
) -> None:
    """Let the version serve again that the champion took the place of; a second time goes further back."""
    from leadlight.pipelines.jobs.rollback import rollback as go_back
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.workspace.console import console
    from leadlight.pipelines.workspace.workdir import Workdir

    moved = go_back(load_params(params), Workdir(workdir), reason)
    console.print(
        f"Version {moved['to']} serves again, from the next `leadlight score` on; version {moved['from']} "
        "does not come back by itself."
    )


def retrain(
    params: ParamsOption = PARAMS,
    workdir: WorkdirOption = WORK,
    promoting: Annotated[
        bool, typer.Option("--promote/--no-promote", help="Compare the challenger with the champion.")
    ] = True,
    with_dvc: Annotated[
        bool, typer.Option("--with-dvc/--without-dvc", help="Run the stages by `dvc repro` beside the params file.")
    ] = False,
) -> None:
    """Train on new data, register the challenger, promote it if it is better, report what changed. For cron.

    The exit code is 0 whatever the comparison says, 9 if another retraining is at work, and another than 0 if
    a stage fails; the champion stays in each case.
    """
    from leadlight.pipelines.cli.comparison_tables import render_changes
    from leadlight.pipelines.jobs.retrain import retrain as run_retraining
    from leadlight.pipelines.workspace.console import console
    from leadlight.pipelines.workspace.workdir import Workdir

    work = Workdir(workdir)
    report = run_retraining(params, work, promoting, with_dvc)
    if report["change"] is not None:
        console.print(render_changes(report["change"]))
    if report["verdict"] is not None:
        console.print(f"Answer: {report['verdict']}.")
    console.print(report["sentence"], markup=False)
    console.print(f"What changed: {work.retrain_report.with_suffix('.md')}", markup=False, soft_wrap=True)
