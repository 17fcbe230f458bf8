"""Command that proposes a params file."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["init"]


def init(
    leads: Annotated[Path, typer.Option("--leads", help="CSV, CSV.GZ or Parquet file: one row a lead.")],
    activities: Annotated[Path | None, typer.Option("--activities", help="What the leads did.")] = None,
    deals: Annotated[
        Path | None, typer.Option("--deals", help="The closed deals; leads have an outcome column if left out.")
    ] = None,
    history: Annotated[Path | None, typer.Option("--history", help="What attributes were before.")] = None,
    *,
    output: Annotated[Path, typer.Option("--output", help="The params file to write.")] = Path("params.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a params file that is there.")] = False,
) -> None:
    """Propose a params file from the tables of a CRM export."""
    from leadlight.pipelines.init.propose import propose
    from leadlight.pipelines.init.report import report
    from leadlight.pipelines.workspace.console import console, show_progress

    given = {"leads": leads, "activities": activities, "deals": deals, "history": history}
    with show_progress("Looking at the files") as report_progress:
        paths = {name: path for name, path in given.items() if path is not None}
        proposal = propose(paths, output, force=force)
        report_progress(result=f"{len(paths)} {'file' if len(paths) == 1 else 'files'}")
    console.print(report(proposal, output))
