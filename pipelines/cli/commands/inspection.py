"""Read-only commands."""

from typing import Annotated

import typer

from leadlight.pipelines.cli.commands.options import PARAMS, WORK, ParamsOption, WorkdirOption

__all__ = ["explain", "sql"]


def explain(
    lead_id: Annotated[str | None, typer.Argument(help="The lead; the first of the queue if left out.")] = None,
    workdir: WorkdirOption = WORK,
    as_of: Annotated[str | None, typer.Option("--as-of", help="As of this day; the newest night if left out.")] = None,
    language: Annotated[str, typer.Option("--language", help="Language of words: en or de.")] = "en",
) -> None:
    """Say why a lead has its score, in numbers that add up."""
    from leadlight.pipelines.cli.explain import explain as explain_lead
    from leadlight.pipelines.workspace.console import console, is_read_by_person
    from leadlight.pipelines.workspace.workdir import Workdir

    console.print(explain_lead(Workdir(workdir), lead_id, as_of, language, with_name=is_read_by_person()))


def sql(
    feature: Annotated[str | None, typer.Argument(help="A feature; the whole table if left out.")] = None,
    params: ParamsOption = PARAMS,
    workdir: WorkdirOption = WORK,
) -> None:
    """Print what a feature compiles to."""
    from leadlight.pipelines.engines.sql import compile_feature_sql
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.workspace.workdir import Workdir, read_json

    path = Workdir(workdir).ingest_report
    print(compile_feature_sql(load_params(params), read_json(path) if path.exists() else None, feature))
