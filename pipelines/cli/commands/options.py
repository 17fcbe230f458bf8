"""Options that several commands have, and the way a command runs a stage."""

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "PARAMS",
    "WORK",
    "AsOfOption",
    "LanguageOption",
    "ParamsOption",
    "WorkdirOption",
    "run_stage_command",
]

ParamsOption = Annotated[Path, typer.Option("--params", help="The params file.")]
WorkdirOption = Annotated[Path, typer.Option("--workdir", help="Folder that everything is written to.")]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of", help="Day (its midnight) or moment in source.timezone; last midnight if left out."
    ),
]
LanguageOption = Annotated[str | None, typer.Option("--language", help="Language of words: en or de.")]
PARAMS, WORK = Path("params.yaml"), Path("work")


def run_stage_command(name: str, params: Path, workdir: Path, **options: Any) -> Any:
    """Run one stage of the pipeline on a params file."""
    from leadlight.pipelines.jobs.run import run_stage
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.workspace.workdir import Workdir

    return run_stage(name, load_params(params), params.parent, Workdir(workdir), **options)
