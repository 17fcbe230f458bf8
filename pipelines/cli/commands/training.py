"""Commands of whoever trains: each is one stage, ``run`` is all of them."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from leadlight.pipelines.cli.commands.options import (
    PARAMS,
    WORK,
    ParamsOption,
    WorkdirOption,
    run_stage_command,
)

__all__ = [
    "calibrate",
    "evaluate",
    "featurize",
    "ingest",
    "register",
    "run",
    "simulate",
    "snapshot",
    "train",
    "truth",
]


def simulate(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Write a simulated CRM to where the source is mapped to."""
    run_stage_command("simulate", params, workdir)


def ingest(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Read the source into clean tables; what cannot be used goes to quarantine."""
    report = run_stage_command("ingest", params, workdir)
    from leadlight.pipelines.workspace.console import console

    for entry in report["quarantine"]:
        console.print(
            f"  {entry['table']}.{entry['column']}: {entry['rows']:,} × {entry['reason']} ({entry['action']})"
        )


def snapshot(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Draw, label and split the moments at which leads are looked at."""
    run_stage_command("snapshot", params, workdir)


def featurize(
    params: ParamsOption = PARAMS,
    workdir: WorkdirOption = WORK,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Open leads at this moment instead of the snapshots.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Parquet file, with --as-of.")] = None,
    engine: Annotated[
        Literal["duckdb", "spark"] | None, typer.Option("--engine", help="In place of the one of params.")
    ] = None,
) -> None:
    """Compute the feature table of the snapshots, or of the open leads at any moment."""
    if as_of is None:
        if output is not None:
            raise typer.BadParameter("The option --output needs --as-of.")
        run_stage_command("featurize", params, workdir, engine=engine)
        return
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.stages.featurize import featurize_as_of
    from leadlight.pipelines.workspace.as_of import parse_as_of
    from leadlight.pipelines.workspace.console import show_progress
    from leadlight.pipelines.workspace.workdir import Workdir

    settings = load_params(params)
    with show_progress("Computing features") as tell:
        target = output or workdir / "features" / f"{as_of}.parquet"
        moment = parse_as_of(as_of, settings.source.timezone)
        rows = featurize_as_of(settings, Workdir(workdir), moment, target, engine)
        tell(result=f"{rows:,} rows in {target}")


def train(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Fit the candidates on the training window."""
    run_stage_command("train", params, workdir)


def calibrate(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Choose a candidate, calibrate it, set thresholds and grades, write the scorer bundle."""
    run_stage_command("calibrate", params, workdir)


def truth(
    params: ParamsOption = PARAMS,
    workdir: WorkdirOption = WORK,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Open leads at this moment instead of the test window.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Parquet file.")] = None,
) -> None:
    """Write the true probability to win, which only a simulated CRM knows."""
    if as_of is None and output is None:
        run_stage_command("truth", params, workdir)
        return
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.stages.simulate import write_ground_truth as write_truth
    from leadlight.pipelines.workspace.as_of import parse_as_of
    from leadlight.pipelines.workspace.console import show_progress
    from leadlight.pipelines.workspace.workdir import Workdir

    settings = load_params(params)
    with show_progress("Simulating futures for the truth") as tell:
        moment = parse_as_of(as_of, settings.source.timezone) if as_of is not None else None
        target = output or workdir / f"truth-{as_of}.parquet"
        rows = write_truth(
            settings,
            params.parent,
            Workdir(workdir),
            as_of=moment,
            output=target,
            on_progress=lambda share: tell(share=share),
        )
        tell(result=f"{rows:,} rows in {target}")


def evaluate(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Score the test window once, against what a model has to beat."""
    metrics = run_stage_command("evaluate", params, workdir)
    from leadlight.pipelines.workspace.console import build_metrics_table, console

    console.print(build_metrics_table(metrics))


def register(
    params: ParamsOption = PARAMS,
    workdir: WorkdirOption = WORK,
    as_champion: Annotated[bool, typer.Option("--as-champion", help="Let it serve at once.")] = False,
) -> None:
    """Log the run to MLflow and register the bundle: as challenger, and as champion where there is none."""
    run_stage_command("register", params, workdir, as_champion=as_champion)


def run(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Run all training stages in order, without DVC."""
    from leadlight.pipelines.jobs.run import run as run_all
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.workspace.console import build_metrics_table, console
    from leadlight.pipelines.workspace.workdir import Workdir

    metrics = run_all(load_params(params), params.parent, Workdir(workdir))
    console.print(build_metrics_table(metrics))
    if metrics["optimistic"]:
        console.print(
            "The source has neither dates nor an order: folds are random and these figures optimistic."
        )
