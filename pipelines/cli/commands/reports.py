"""Commands that make a page to talk about; each changes nothing else."""

from typing import Annotated

import typer

from leadlight.pipelines.cli.commands.options import PARAMS, WORK, LanguageOption, ParamsOption, WorkdirOption

__all__ = ["report"]

report = typer.Typer(
    help="Pages to talk about: they change nothing else.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@report.command()
def thresholds(
    params: ParamsOption = PARAMS,
    workdir: WorkdirOption = WORK,
    marketing: Annotated[
        str | None, typer.Option("--marketing", help="A sentence to propose for MQLs.")
    ] = None,
    sales: Annotated[str | None, typer.Option("--sales", help="A sentence to propose for SQLs.")] = None,
) -> None:
    """Show what every score would bring as a threshold, so that marketing and sales can agree on one."""
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.reports.thresholds.console import print_report
    from leadlight.pipelines.reports.thresholds.report import report_thresholds
    from leadlight.pipelines.workspace.console import console, show_progress
    from leadlight.pipelines.workspace.workdir import Workdir

    settings = load_params(params)
    with show_progress("Replaying thresholds on history") as tell:
        found, folder = report_thresholds(
            settings, Workdir(workdir), marketing, sales, lambda share: tell(share=share)
        )
        weeks = found["replay"]["weeks"] if found["replay"] else 0
        tell(result=f"{weeks} weeks, {len(found['scores'])} scores")
    print_report(found, console)
    console.print(f"The page with pictures is {folder / 'index.html'}.", markup=False, soft_wrap=True)


@report.command()
def persona(params: ParamsOption = PARAMS, workdir: WorkdirOption = WORK) -> None:
    """Tell what won deals had more often than others: value ranges of fit topics, with lift and counts."""
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.reports.persona.console import print_persona
    from leadlight.pipelines.reports.persona.report import write_persona as report_persona
    from leadlight.pipelines.workspace.console import console, show_progress
    from leadlight.pipelines.workspace.workdir import Workdir

    settings, work = load_params(params), Workdir(workdir)
    with show_progress("Comparing won deals with others") as tell:
        found = report_persona(settings, work)
        tell(result=f"{found['won']:,} won, {found['others']:,} {found['called']}")
    print_persona(found, console)
    page = work.root / "report" / "persona" / "index.html"
    console.print(f"The page with pictures is {page}.", markup=False, soft_wrap=True)


@report.command()
def changes(
    lead_id: Annotated[str | None, typer.Argument(help="One lead; the whole base if left out.")] = None,
    *,
    since: Annotated[
        str | None, typer.Option("--since", help="The earlier night; the one before if left out.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The later night; the newest if left out.")
    ] = None,
    params: ParamsOption = PARAMS,
    workdir: WorkdirOption = WORK,
    language: LanguageOption = None,
) -> None:
    """Say what moved scores between any two nights: activity, time, corrections, or another model."""
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.score_changes.comparison import compare_runs
    from leadlight.pipelines.score_changes.console import render_leads, render_summary
    from leadlight.pipelines.score_changes.report import write_changes
    from leadlight.pipelines.workspace.as_of import parse_as_of
    from leadlight.pipelines.workspace.console import console, show_progress
    from leadlight.pipelines.workspace.workdir import Workdir
    from leadlight.serving.text.messages import validate_language

    settings, work = load_params(params), Workdir(workdir)
    spoken = validate_language(language or settings.language)
    moments = [parse_as_of(text, settings.source.timezone) if text else None for text in (since, as_of)]
    with show_progress("Comparing two nights") as tell:
        found = compare_runs(settings, work, moments[0], moments[1], lead_id)
        nights = f"{found.earlier.as_of:%Y-%m-%d} and {found.later.as_of:%Y-%m-%d}"
        tell(result=f"{nights}, {len(found.moved):,} of the leads on both")
    if lead_id is not None:
        scores = found.after.set_index("lead_id")["score"]
        console.print(render_leads(found.moved[0], float(scores[lead_id]), found.words, spoken))
        return
    summary, folder = write_changes(found, work)
    console.print(render_summary(summary, found.earlier.as_of, found.later.as_of))
    console.print(f"Every lead: {folder / 'changes.csv'}.", markup=False, soft_wrap=True)
