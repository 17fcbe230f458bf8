"""Commands for the nightly job and the server."""

from pathlib import Path
from typing import Annotated

import typer

from leadlight.pipelines.cli.commands.options import (
    PARAMS,
    WORK,
    AsOfOption,
    LanguageOption,
    ParamsOption,
    WorkdirOption,
)

__all__ = ["score", "serve", "withdraw"]


def score(
    as_of: AsOfOption = None,
    params: ParamsOption = PARAMS,
    workdir: WorkdirOption = WORK,
    output: Annotated[Path | None, typer.Option("--output", help="Parquet file of the night.")] = None,
    *,
    language: LanguageOption = None,
    force: Annotated[
        str | None,
        typer.Option("--force", metavar="REASON", help="Score although the source or the scores look wrong, and why."),
    ] = None,
) -> None:
    """Score every open lead as of a moment, into the store and a Parquet file."""
    from leadlight.pipelines.cli.queue_table import render_queue
    from leadlight.pipelines.jobs.score import score as score_night
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.score_changes.console import render_summary_line
    from leadlight.pipelines.score_changes.summary import summarize_changes
    from leadlight.pipelines.workspace.as_of import get_latest_midnight_utc, parse_as_of
    from leadlight.pipelines.workspace.console import console, is_read_by_person, show_progress
    from leadlight.pipelines.workspace.workdir import Workdir
    from leadlight.serving.text.messages import validate_language

    settings = load_params(params)
    words = validate_language(language or settings.language)
    with show_progress("Scoring the open leads") as report_progress:
        zone = settings.source.timezone
        moment = parse_as_of(as_of, zone) if as_of is not None else get_latest_midnight_utc(zone)
        night = score_night(settings, params.parent, Workdir(workdir), moment, output, force=force)
        result = night.result
        stored = "already stored, nothing written" if result.rerun else f"{result.written:,} rows stored"
        report_progress(
            result=f"{len(night.scored):,} leads, {stored}, {night.quarantined:,} source rows in quarantine"
        )
    if result.rerun and result.differing:
        day = as_of or f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        console.print(
            f"{result.differing:,} leads would score differently with what the source holds now. A stored night and "
            "its file stay as they are, and no file was written. To replace the night, run "
            f"`leadlight withdraw {day} --why REASON` and score again.",
            markup=False,
            soft_wrap=True,
        )
        return
    if forced := night.words["forced"]:
        for stop in forced["stops"]:
            console.print(f"Forced: {stop}", markup=False, soft_wrap=True)
    for finding in night.findings:
        console.print(f"{finding['code']} {finding['sentence']}", markup=False, soft_wrap=True)
    if night.other_code:
        console.print(f"Warning: {night.other_code}", markup=False)
    if night.unseen_activity_types:
        named = ", ".join(f"{name} ({rows:,} rows)" for name, rows in list(night.unseen_activity_types.items())[:5])
        console.print(f"New activity types since training, counted as other activity: {named}.", markup=False)
    if night.vanished and night.vanished.leads:
        gone = night.vanished
        console.print(f"Gone without a close: {gone.leads:,} of the {gone.known:,} leads {gone.since}.", markup=False)
    if night.since.unknown:
        console.print(f"What changed since the night before is not known: {night.since.unknown}", markup=False)
    elif night.since.since is not None and night.since.before is not None:
        summary = summarize_changes(night.since.before, night.scored, night.since.moved)
        console.print(render_summary_line(summary, night.since.since), markup=False)
    console.print(render_queue(night, words, with_names=is_read_by_person()))
    console.print(f"All scores with all reasons: {night.output}", soft_wrap=True)


def withdraw(
    as_of: Annotated[str, typer.Argument(metavar="AS_OF", help="The newest night: its day, or its moment.")],
    why: Annotated[str, typer.Option("--why", help="Why it is taken back; stored with the event.")],
    params: ParamsOption = PARAMS,
    workdir: WorkdirOption = WORK,
) -> None:
    """Take back the newest night, so that the queue is that of the night before."""
    from leadlight.pipelines.jobs.withdraw import withdraw as withdraw_night
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.workspace.as_of import parse_as_of
    from leadlight.pipelines.workspace.console import console
    from leadlight.pipelines.workspace.workdir import Workdir

    moment = parse_as_of(as_of, load_params(params).source.timezone)
    run = withdraw_night(Workdir(workdir), moment, why)
    console.print(
        f"Taken back: the night of {run.as_of:%Y-%m-%d %H:%M} UTC, of {run.leads:,} leads, by {run.model_version}.",
        markup=False,
        soft_wrap=True,
    )


def serve(
    workdir: WorkdirOption = WORK,
    host: Annotated[str, typer.Option(envvar="LEADLIGHT_HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="LEADLIGHT_PORT", help="Port to listen on.")] = 8000,
    allowed_hosts: Annotated[
        str | None,
        typer.Option(
            envvar="LEADLIGHT_ALLOWED_HOSTS",
            help="Further hosts to answer for, with commas, such as queue.example.com.",
        ),
    ] = None,
) -> None:
    """Open the queue, the lead pages and the JSON API."""
    import logging
    from contextlib import closing, suppress

    import uvicorn

    from leadlight.pipelines.workspace.console import console
    from leadlight.pipelines.workspace.workdir import Workdir
    from leadlight.serving.allowed_hosts import list_allowed_hosts
    from leadlight.serving.app import create_app
    from leadlight.serving.listening import format_address, is_wildcard, listen
    from leadlight.serving.store import open_store

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    hosts = list_allowed_hosts(host, allowed_hosts)
    with listen(host, port) as sockets, closing(open_store(Workdir(workdir).store_url)) as store:
        server = uvicorn.Server(uvicorn.Config(create_app(store, hosts), log_level="warning"))
        console.print(f"The queue is at {format_address(host, sockets)} (stop with Ctrl-C).")
        if is_wildcard(host) and not allowed_hosts:
            named = ", ".join(hosts)
            console.print(
                f"It answers for {named} alone: name in LEADLIGHT_ALLOWED_HOSTS what else others call this machine by.",
                markup=False,
                soft_wrap=True,
            )
        with suppress(KeyboardInterrupt):
            server.run(sockets)
