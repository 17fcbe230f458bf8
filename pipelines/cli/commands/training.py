"""Commands of whoever trains: each is one stage, ``run`` is all of them."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from leadlight.pipelines.cli.commands.options import PARAMS, WORK, Params, Work, run_one

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


def simulate(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Write a simulated CRM to where the source is mapped to."""
    run_one("simulate", params, workdir)


def ingest(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Read the source into clean tables; what cannot be used goes to quarantine."""
    report = run_one("ingest", params, workdir)
    from leadlight.pipelines.workspace.console import console

    for entry in report["quarantine"]:
        console.print(
            f"  {entry['table']}.{entry['column']}: {entry['rows']:,} × {entry['reason']} ({entry['action']})"
        )


def snapshot(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Draw, label and split the moments at which leads are looked at."""
    run_one("snapshot", params, workdir)


def featurize(
    params: Params = PARAMS,
    workdir: Work = WORK,
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
        run_one("featurize", params, workdir, engine=engine)
        return
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.stages.featurize import featurize_moment
    from leadlight.pipelines.workspace.as_of import parse_as_of
    from leadlight.pipelines.workspace.console import step
    from leadlight.pipelines.workspace.workdir import Workdir

    settings = load_params(params)
    with step("Computing features") as tell:
        target = output or workdir / "features" / f"{as_of}.parquet"
        moment = parse_as_of(as_of, settings.source.timezone)
        rows = featurize_moment(settings, Workdir(workdir), moment, target, engine)
        tell(result=f"{rows:,} rows in {target}")


def train(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Fit the candidates on the training window."""
    run_one("train", params, workdir)


def calibrate(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Choose a candidate, calibrate it, set thresholds and grades, write the scorer bundle."""
    run_one("calibrate", params, workdir)


def truth(
    params: Params = PARAMS,
    workdir: Work = WORK,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Open leads at this moment instead of the test window.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Parquet file.")] = None,
) -> None:
    """Write the true probability to win, which only a simulated CRM knows."""
    if as_of is None and output is None:
        run_one("truth", params, workdir)
        return
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.stages.simulate import truth as write_truth
    from leadlight.pipelines.workspace.as_of import parse_as_of
    from leadlight.pipelines.workspace.console import step
    from leadlight.pipelines.workspace.workdir import Workdir

    settings = load_params(params)
    with step("Simulating futures for the truth") as tell:
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


def evaluate(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Score the test window once, against what a model has to beat."""
    metrics = run_one("evaluate", params, workdir)
    from leadlight.pipelines.workspace.console import console, figures_table

    console.print(figures_table(metrics))


def register(
    params: Params = PARAMS,
    workdir: Work = WORK,
    as_champion: Annotated[bool, typer.Option("--as-champion", help="Let it serve at once.")] = False,
) -> None:
    """Log the run to MLflow and register the bundle: as challenger, and as champion where there is none."""
    run_one("register", params, workdir, as_champion=as_champion)


def run(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Run all training stages in order, without DVC."""
    from leadlight.pipelines.jobs.run import run as run_all
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.workspace.console import console, figures_table
    from leadlight.pipelines.workspace.workdir import Workdir

    metrics = run_all(load_params(params), params.parent, Workdir(workdir))
    console.print(figures_table(metrics))
    if metrics["optimistic"]:
        console.print(
            "The source has neither dates nor an order: folds are random and these figures optimistic."
        )
