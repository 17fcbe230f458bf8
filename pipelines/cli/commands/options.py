"""Options shared by commands."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["PARAMS", "WORK", "AsOfOption", "LanguageOption", "ParamsOption", "WorkdirOption"]

ParamsOption = Annotated[Path, typer.Option("--params", help="The params file.")]
WorkdirOption = Annotated[Path, typer.Option("--workdir", help="Folder that everything is written to.")]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Day (its midnight) or moment in source.timezone; last midnight if left out."),
]
LanguageOption = Annotated[str | None, typer.Option("--language", help="Language of words: en or de.")]
PARAMS, WORK = Path("params.yaml"), Path("work")
