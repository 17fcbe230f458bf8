"""The command line: one verb, one module. Heavy libraries are imported by the verbs that need them.

Exit codes: 0 done; 2 the command was not understood; 3 params; 4 source; 5 not enough data; 6 policy;
7 scorer; 8 store; 130 interrupted.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from features.errors import LeadlightError

__all__ = ["app", "main"]

app = typer.Typer(
    name="leadlight",
    help="Predictive lead scoring that sales can see through.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Params = Annotated[Path, typer.Option("--params", help="The params file.")]
Work = Annotated[Path, typer.Option("--workdir", help="Folder that everything is written to.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", help="Day (its midnight) or moment in source.timezone; last midnight if left out."
    ),
]
Language = Annotated[str | None, typer.Option("--language", help="Language of words: en or de.")]
PARAMS, WORK = Path("params.yaml"), Path("work")


def _stage(name: str, params: Path, workdir: Path, **options: Any) -> Any:
    from pipelines.outputs import Workdir
    from pipelines.params import load_params
    from pipelines.run import run_stage

    return run_stage(name, load_params(params), params.parent, Workdir(workdir), **options)


@app.command()
def simulate(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Write a simulated CRM to where the source is mapped to."""
    _stage("simulate", params, workdir)


@app.command()
def ingest(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Read the source into clean tables; what cannot be used goes to quarantine."""
    report = _stage("ingest", params, workdir)
    from pipelines.console import console

    for entry in report["quarantine"]:
        console.print(
            f"  {entry['table']}.{entry['column']}: {entry['rows']:,} × {entry['reason']} ({entry['action']})"
        )


@app.command()
def snapshot(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Draw, label and split the moments at which leads are looked at."""
    _stage("snapshot", params, workdir)


@app.command()
def featurize(
    params: Params = PARAMS,
    workdir: Work = WORK,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Open leads at this moment instead of the snapshots.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Parquet file, with --as-of.")] = None,
) -> None:
    """Compute the feature table of the snapshots, or of the open leads at any moment."""
    if as_of is None:
        if output is not None:
            raise typer.BadParameter("The option --output needs --as-of.")
        _stage("featurize", params, workdir)
        return
    from pipelines.console import step
    from pipelines.featurize import featurize_moment
    from pipelines.moments import parse_as_of
    from pipelines.outputs import Workdir
    from pipelines.params import load_params

    settings = load_params(params)
    with step("Computing features") as tell:
        target = output or workdir / "features" / f"{as_of}.parquet"
        moment = parse_as_of(as_of, settings.source.timezone)
        rows = featurize_moment(settings, Workdir(workdir), moment, target)
        tell(result=f"{rows:,} rows in {target}")


@app.command()
def train(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Fit the candidates on the training window."""
    _stage("train", params, workdir)


@app.command()
def calibrate(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Choose a candidate, calibrate it, set thresholds and grades, write the scorer bundle."""
    _stage("calibrate", params, workdir)


@app.command()
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
        _stage("truth", params, workdir)
        return
    from pipelines.console import step
    from pipelines.moments import parse_as_of
    from pipelines.outputs import Workdir
    from pipelines.params import load_params
    from pipelines.simulate import truth as write_truth

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


@app.command()
def evaluate(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Score the test window once, against what a model has to beat."""
    metrics = _stage("evaluate", params, workdir)
    from pipelines.console import console, figures_table

    console.print(figures_table(metrics))


@app.command()
def register(
    params: Params = PARAMS,
    workdir: Work = WORK,
    as_champion: Annotated[bool, typer.Option("--as-champion", help="Let it serve at once.")] = False,
) -> None:
    """Log the run to MLflow and register the bundle: as challenger, and as champion where there is none."""
    _stage("register", params, workdir, as_champion=as_champion)


@app.command()
def run(params: Params = PARAMS, workdir: Work = WORK) -> None:
    """Run all training stages in order, without DVC."""
    from pipelines.console import console, figures_table
    from pipelines.outputs import Workdir
    from pipelines.params import load_params
    from pipelines.run import run as run_all

    metrics = run_all(load_params(params), params.parent, Workdir(workdir))
    console.print(figures_table(metrics))
    if metrics["optimistic"]:
        console.print(
            "The source has neither dates nor an order: folds are random and these figures optimistic."
        )


@app.command()
def score(
    as_of: AsOf = None,
    params: Params = PARAMS,
    workdir: Work = WORK,
    output: Annotated[Path | None, typer.Option("--output", help="Parquet file of the night.")] = None,
    language: Language = None,
) -> None:
    """Score every open lead as of a moment, into the store and a Parquet file."""
    from pipelines.console import console, step
    from pipelines.moments import last_midnight, parse_as_of
    from pipelines.outputs import Workdir
    from pipelines.params import load_params
    from pipelines.queue import queue_table
    from pipelines.score import score as score_night
    from serving.words.catalogue import known_language

    settings = load_params(params)
    words = known_language(language or settings.language)
    with step("Scoring the open leads") as tell:
        zone = settings.source.timezone
        moment = parse_as_of(as_of, zone) if as_of is not None else last_midnight(zone)
        night = score_night(settings, params.parent, Workdir(workdir), moment, output)
        result = night.result
        stored = "already stored, nothing written" if result.rerun else f"{result.written:,} rows stored"
        tell(result=f"{len(night.scored):,} leads, {stored}, {night.quarantined:,} source rows in quarantine")
    if result.rerun and result.differing:
        console.print(
            f"{result.differing:,} leads would score differently now, for data came in late; history stays."
        )
    console.print(queue_table(night, words))
    console.print(f"All scores with all reasons: {night.output}", soft_wrap=True)


@app.command()
def explain(
    lead_id: Annotated[
        str | None, typer.Argument(help="The lead; the first of the queue if left out.")
    ] = None,
    workdir: Work = WORK,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="As of this day; the newest night if left out.")
    ] = None,
    language: Annotated[str, typer.Option("--language", help="Language of words: en or de.")] = "en",
) -> None:
    """Say why a lead has its score, in numbers that add up."""
    from pipelines.console import console
    from pipelines.explain import explain as explain_lead
    from pipelines.outputs import Workdir

    console.print(explain_lead(Workdir(workdir), lead_id, as_of, language))


@app.command()
def sql(
    feature: Annotated[str | None, typer.Argument(help="A feature; the whole table if left out.")] = None,
    params: Params = PARAMS,
    workdir: Work = WORK,
) -> None:
    """Print what a feature compiles to."""
    from pipelines.outputs import Workdir, read_json
    from pipelines.params import load_params
    from pipelines.sql import feature_sql

    path = Workdir(workdir).ingest_report
    print(feature_sql(load_params(params), read_json(path) if path.exists() else None, feature))


@app.command()
def serve(
    workdir: Work = WORK,
    host: Annotated[str, typer.Option(envvar="LEADLIGHT_HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="LEADLIGHT_PORT", help="Port to listen on.")] = 8000,
) -> None:
    """Open the queue, the lead pages and the JSON API."""
    import uvicorn

    from pipelines.console import console
    from pipelines.outputs import Workdir
    from serving.app import create_app
    from serving.store import open_store

    store = open_store(Workdir(workdir).store_url)
    console.print(f"The queue is at http://{host}:{port}/ (stop with Ctrl-C).")
    uvicorn.run(create_app(store), host=host, port=port, log_level="warning")


def main() -> None:
    """Run a command; a user's mistake is one sentence and an exit code, never a traceback."""
    try:
        app()
    except LeadlightError as error:
        from pipelines.console import errors

        errors.print(f"[bold red]Error:[/] {_plain(str(error))}", soft_wrap=True)
        sys.exit(error.exit_code)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
