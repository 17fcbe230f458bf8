"""Options that several commands have, and the way a command runs a stage."""

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["PARAMS", "WORK", "AsOf", "Language", "Params", "Work", "run_one"]

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


def run_one(name: str, params: Path, workdir: Path, **options: Any) -> Any:
    """Run one stage of the pipeline on a params file."""
    from leadlight.pipelines.jobs.run import run_stage
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.workspace.workdir import Workdir

    return run_stage(name, load_params(params), params.parent, Workdir(workdir), **options)
