"""Command that proposes a params file."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["init"]


def init(
    leads: Annotated[
        Path | None, typer.Option("--leads", help="CSV, Parquet, Excel or JSON lines: one row a lead.")
    ] = None,
    activities: Annotated[Path | None, typer.Option("--activities", help="What the leads did.")] = None,
    deals: Annotated[
        Path | None, typer.Option("--deals", help="The closed deals; leads have an outcome column if left out.")
    ] = None,
    history: Annotated[Path | None, typer.Option("--history", help="What attributes were before.")] = None,
    stages: Annotated[Path | None, typer.Option("--stages", help="Stages that the leads entered.")] = None,
    *,
    outcome: Annotated[
        str | None, typer.Option("--outcome", help="Column of leads that says who won, where there are no deals.")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--template",
            help="In place of files: tables of a CRM as Fivetran or dlt load them into a --database, or as it exports "
            "them: fivetran_hubspot, fivetran_salesforce, dlt_hubspot, dlt_salesforce, csv_hubspot, csv_salesforce.",
        ),
    ] = None,
    database: Annotated[
        str | None, typer.Option("--database", help="Address of the database of a --template, without a password.")
    ] = None,
    schema: Annotated[str | None, typer.Option("--schema", help="Schema of its tables.")] = None,
    output: Annotated[Path, typer.Option("--output", help="The params file to write.")] = Path("params.yaml"),
    project: Annotated[
        Path | None,
        typer.Option(
            "--project",
            help="Folder of a project: its params.yaml, and around it a dvc.yaml for this source, ignore files and a "
            "README. Without --leads, around the params.yaml that is there.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a params file that is there.")] = False,
) -> None:
    """Propose a params file from the tables of a CRM export, with a DVC pipeline around it if asked."""
    from leadlight.pipelines.project.files import write_project
    from leadlight.pipelines.workspace.console import console

    if outcome is not None and deals is not None:
        raise typer.BadParameter("--outcome names a column of leads that come without --deals: name one of the two.")
    if project is not None:
        output = project / "params.yaml"
    if template is not None:
        _write_template(template, output, database, schema, force)
    elif leads is not None:
        given = {"leads": leads, "activities": activities, "deals": deals, "history": history, "stages": stages}
        _propose({name: path for name, path in given.items() if path is not None}, output, force, outcome)
    elif project is None:
        raise typer.BadParameter("Name the file of the leads with --leads, or a --project that has a params.yaml.")
    if project is not None:
        files = write_project(output)
        console.print(f"Written around {output}: {', '.join(files.written)}.", soft_wrap=True)
        if files.kept:
            console.print(f"Kept as they were: {', '.join(files.kept)}.", soft_wrap=True)
        console.print(f"\nThen, in {project}:\n  git init && dvc init\n  dvc repro", markup=False, soft_wrap=True)
    else:
        console.print(f"\nThen:\n  leadlight run --params {output}", markup=False, soft_wrap=True)


def _write_template(name: str, output: Path, database: str | None, schema: str | None, force: bool) -> None:
    from leadlight.pipelines.init.crm_templates import TEMPLATES, write_template
    from leadlight.pipelines.workspace.console import console

    if name not in TEMPLATES:
        raise typer.BadParameter(f"--template must be one of {', '.join(TEMPLATES)}. Got {name}.")
    written = write_template(name, output, database=database, schema=schema, force=force)
    console.print(f"Written: {', '.join(map(str, written))}.", soft_wrap=True)
    if TEMPLATES[name].reads_files:
        console.print(f"Put the export into {output.parent / 'exports'}, named as in sql/.", soft_wrap=True)
    console.print('Read them: lines with "look" ask a question that only you can answer.', soft_wrap=True)


def _propose(paths: dict[str, Path], output: Path, force: bool, outcome: str | None) -> None:
    from leadlight.pipelines.init.propose import propose
    from leadlight.pipelines.init.report import report
    from leadlight.pipelines.workspace.console import console, show_progress

    with show_progress("Looking at the files") as report_progress:
        output.parent.mkdir(parents=True, exist_ok=True)
        proposal = propose(paths, output, force=force, outcome=outcome)
        report_progress(result=f"{len(paths)} {'file' if len(paths) == 1 else 'files'}")
    console.print(report(proposal, output))
