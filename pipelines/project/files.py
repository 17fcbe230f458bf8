"""Writes the files of a project around its params file."""

import json
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML

from leadlight.features.errors import ParamsError
from leadlight.models.scoring.code_version import describe_code
from leadlight.pipelines.params import load_params
from leadlight.pipelines.project.dvc_pipeline import CODE_VERSION_FILE, build_dvc_pipeline, render_dvc_yaml
from leadlight.pipelines.workspace.workdir import write_atomically

__all__ = ["ProjectFiles", "check_code_version", "write_project"]

COMMAND = "leadlight init --project"
GIT_IGNORE = """# what a run writes; DVC keeps its outputs, git the metrics
/work/*
!/work/metrics.json
!/work/details.json
.venv/
"""
DVC_IGNORE = """# not read by any stage
.venv/
__pycache__/
"""
README = """# Lead scoring with Leadlight

`params.yaml` maps the source and holds what was agreed on. `dvc.yaml` is its pipeline. Run, in this folder:

```bash
git init && dvc init        # once
dvc repro                   # train and evaluate; only what changed runs again
leadlight register          # let the model serve; later models wait as challenger
leadlight score             # score all open leads
```

- Figures of the test window: `work/metrics.json` (`dvc metrics diff`), all others in `work/details.json`; the model
  card with pictures: `work/plots/card.html`.
- Try other settings without touching what serves: `dvc exp run -S 'policy.sales_qualified=top 3 percent'`, then
  `dvc exp show`.
- Keep exports below this folder under DVC: `dvc add data/leads.csv`; share them and all outputs with `dvc remote add
  -d storage PLACE`, `dvc push` and, in another clone, `dvc pull`.
- After another table or section of `params.yaml`, or an upgrade of Leadlight: `leadlight init --project .`
- Without git: `leadlight run`.
"""


class ProjectFiles(NamedTuple):
    """Names of the files that were written, and of those that were there and were left as they are."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def write_project(params_file: Path) -> ProjectFiles:
    """Write dvc.yaml, leadlight.json, ignore files and a README beside a params file.

    dvc.yaml and leadlight.json are replaced if an earlier call wrote them; the others are kept where they exist.

    Parameters
    ----------
    params_file : Path
        ``params.yaml`` of the project: DVC reads no other name.

    Returns
    -------
    ProjectFiles
        What was written and what was kept.

    Raises
    ------
    ParamsError
        If the params are not valid or have another name, or a dvc.yaml of somebody else is there.
    """
    load_params(params_file)
    if params_file.name != "params.yaml":
        raise ParamsError(f"The params file of a project must be named params.yaml. Got {params_file.name}.")
    folder = params_file.parent
    pipeline_file = folder / "dvc.yaml"
    if pipeline_file.exists() and COMMAND not in pipeline_file.read_text(encoding="utf-8").partition("\n")[0]:
        raise ParamsError(
            f"The file {pipeline_file} must be new or written by `{COMMAND}`. Got another one: move it away first."
        )
    content = YAML(typ="safe", pure=True).load(params_file.read_text(encoding="utf-8"))
    texts = {
        "dvc.yaml": render_dvc_yaml(build_dvc_pipeline(content), COMMAND),
        CODE_VERSION_FILE: json.dumps(describe_code(), indent=1) + "\n",
        ".gitignore": GIT_IGNORE,
        ".dvcignore": DVC_IGNORE,
        "README.md": README,
    }
    kept = tuple(
        name for name in (".gitignore", ".dvcignore", "README.md")
        if (folder / name).exists() and (folder / name).read_text(encoding="utf-8") != texts[name]
    )  # fmt: skip
    written = tuple(name for name in texts if name not in kept)
    for name in written:
        with write_atomically(folder / name) as temporary:
            temporary.write_text(texts[name], encoding="utf-8")
    return ProjectFiles(written, kept)


def check_code_version(folder: Path) -> None:
    """Compare the imported code with the one that a project's stages depend on.

    Raises
    ------
    ParamsError
        If `folder` has a ``leadlight.json`` of other code: DVC would not see that outputs are out of date.
    """
    file = folder / CODE_VERSION_FILE
    if not file.is_file():
        return
    try:
        recorded = json.loads(file.read_text(encoding="utf-8"))
        written = f"{recorded['version']} ({recorded['hash']})"
    except (ValueError, KeyError, TypeError):
        written = "something else"
    imported = describe_code()
    if written != (now := f"{imported['version']} ({imported['hash']})"):
        raise ParamsError(
            f"The file {file} must name the installed Leadlight, {now}. Got {written}: run `{COMMAND} {folder}`, "
            "then `dvc repro`."
        )
