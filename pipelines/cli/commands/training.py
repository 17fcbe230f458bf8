"""Training commands: one per stage, built from the table of stages, and ``run`` for all."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from leadlight.pipelines.cli.commands.options import PARAMS, WORK, ParamsOption, WorkdirOption
from leadlight.pipelines.stages.table import STAGES, Stage, select_stages

__all__ = ["make_stage_command", "run"]

_MOMENT_OPTIONS = {
    "as_of": Annotated[str | None, typer.Option("--as-of", help="Open leads at this moment instead of the snapshots.")],
    "output": Annotated[Path | None, typer.Option("--output", help="Parquet file, with --as-of.")],
}
_FURTHER_OPTIONS: dict[str, dict[str, Any]] = {
    "featurize": {
        "engine": Annotated[
            Literal["duckdb", "spark"] | None, typer.Option("--engine", help="In place of the one of params.")
        ]
    },
    "register": {"as_champion": Annotated[bool, typer.Option("--as-champion", help="Let it serve at once.")]},
}


def make_stage_command(name: str) -> Callable[..., None]:
    """Return the command of a stage: a function whose signature typer reads the options from.

    Parameters
    ----------
    name : str
        A key of :data:`STAGES`.
    """
    stage = STAGES[name]

    def command(params: Path, workdir: Path, **options: Any) -> None:
        _run_stage(stage, params, workdir, options)

    further = (_MOMENT_OPTIONS if stage.at_moment else {}) | _FURTHER_OPTIONS.get(name, {})
    annotations = {"params": ParamsOption, "workdir": WorkdirOption} | further
    defaults = {"params": PARAMS, "workdir": WORK, "as_champion": False}
    command.__name__, command.__doc__, command.__annotations__ = name, stage.help, annotations
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(key), annotation=annotation)
            for key, annotation in annotations.items()
        ]
    )
    return command


def _run_stage(stage: Stage, params: Path, workdir: Path, options: dict[str, Any]) -> None:
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.project.files import check_code_version
    from leadlight.pipelines.workspace.as_of import parse_as_of
    from leadlight.pipelines.workspace.workdir import Workdir

    as_of, output = options.get("as_of"), options.get("output")
    if output is not None and as_of is None and stage.at_moment != stage.function:
        raise typer.BadParameter("The option --output needs --as-of.")
    settings = load_params(params)
    check_code_version(params.parent)
    if as_of is not None:
        options["as_of"] = parse_as_of(as_of, settings.source.timezone)
        options["output"] = output or workdir / stage.moment_output.format(as_of)
    result = stage.run(settings, params.parent, Workdir(workdir), **options)
    print_details = _DETAILS.get(stage)
    if print_details is not None:
        print_details(result, workdir)


def _print_quarantine(report: dict[str, Any], workdir: Path) -> None:
    from leadlight.pipelines.workspace.console import console

    for entry in report["quarantine"]:
        console.print(
            f"  {entry['table']}.{entry['column']}: {entry['rows']:,} × {entry['code']} {entry['reason']} "
            f"({entry['action']})",
            markup=False,
        )
    _print_findings(report)


def _print_findings(report: dict[str, Any]) -> None:
    from leadlight.pipelines.workspace.console import console

    for finding in report["findings"]:
        console.print(f"  {finding['code']} {finding['sentence']}", markup=False, soft_wrap=True)


def _print_audit(report: Any, workdir: Path) -> None:
    from leadlight.pipelines.audit.console import print_report
    from leadlight.pipelines.workspace.console import console

    print_report(report, console)
    console.print(f"The report with pictures is {workdir / 'audit' / 'audit.html'}.", soft_wrap=True)


def _print_metrics(metrics: dict[str, Any], workdir: Path) -> None:
    from leadlight.pipelines.workspace.console import build_metrics_table, console

    console.print(build_metrics_table(metrics))


#: printed after the summary line of a stage
_DETAILS = {STAGES["ingest"]: _print_quarantine, STAGES["audit"]: _print_audit, STAGES["evaluate"]: _print_metrics}


#: exit code of ``leadlight run`` where nothing beats the base rate
NO_SIGNAL_CODE = 11


def run(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Run all training stages in order, without DVC; exit code 11 where nothing predicts wins."""
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.workspace.console import console
    from leadlight.pipelines.workspace.workdir import Workdir, read_frame

    settings, work = load_params(params), Workdir(workdir)
    results = {name: stage.run(settings, params.parent, work) for name, stage in select_stages(settings).items()}
    _print_findings(results["ingest"])
    metrics = results["evaluate"]
    _print_metrics(metrics, workdir)
    if results["snapshot"]["fallback"]:
        console.print(results["snapshot"]["fallback"])
    elif metrics["optimistic"]:
        console.print("The source has neither dates nor an order: folds are random and these figures optimistic.")
    leads = read_frame(work.tables / "leads.parquet", ["lead_id"])
    if results["ingest"]["outcomes"]["open"] == 0:
        console.print(
            f"All {len(leads):,} leads are closed today: `leadlight score` has none to score until new ones come, or "
            "with --as-of for an earlier day."
        )
    where = f" --workdir {workdir}" if workdir != WORK else ""
    params_option = f" --params {params}" if params != PARAMS else ""
    console.print(f"\nThen:\n  leadlight score{params_option}{where}\n  leadlight serve{where}", soft_wrap=True)
    if not results["calibrate"].metadata.has_signal:
        console.print(
            "\nNo evidence of signal: nothing in the source predicts wins out of time better than the base rate by "
            "more than its error. Every lead has the base score, and no stage is given. What could be added: "
            "activities, attributes that sales asks for, a longer history.",
            soft_wrap=True,
        )
        raise typer.Exit(NO_SIGNAL_CODE)
