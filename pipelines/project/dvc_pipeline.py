"""Builds the ``dvc.yaml`` of a params file: one stage for each command of the same name.

A stage depends on the files of the source that it reads, on outputs of earlier stages, on the params that it
reads and on no others, and on the code. In a checkout the code is its folders; elsewhere it is the version of
Leadlight in ``leadlight.json``.
"""

import glob
import io
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from leadlight.pipelines.stages.table import STAGES

__all__ = ["CODE_VERSION_FILE", "build_dvc_pipeline", "render_dvc_yaml"]

#: version and hash of the code, beside the params file of a project
CODE_VERSION_FILE = "leadlight.json"
SOURCE, SIMULATED = "the files of the source", "the folder of the simulated files"
#: the folder of dvc.yaml, on which a stage that writes into it cannot depend
HERE = "."


class StageFiles(NamedTuple):
    """What a stage reads and writes; paths below the working folder.

    Parameters
    ----------
    deps : tuple of str
        Files and folders; :data:`SOURCE` and :data:`SIMULATED` are not below the working folder.
    params : tuple of str
        Keys of params; a key of which the params file has nothing is left out.
    outs : tuple of str
        Outputs that DVC caches.
    kept : tuple of str
        Outputs that git keeps.
    metrics : tuple of str
        Metrics, which git keeps too.
    """

    deps: tuple[str, ...]
    params: tuple[str, ...]
    outs: tuple[str, ...]
    kept: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


_FEATURES = ("attributes", "signals", "snapshots", "source.activities")
STAGE_FILES: dict[str, StageFiles] = {
    "simulate": StageFiles((), ("simulation", "source.leads.path"), (SIMULATED,)),
    "ingest": StageFiles((SOURCE,), ("source", "attributes", "signals", "simulation"), ("tables",)),
    "audit": StageFiles((SOURCE, "tables"), ("source", "attributes", "signals", "label", "audit"), ("audit",)),
    "snapshot": StageFiles(("tables",), ("label", "history", "snapshots", "split", "source.timezone"), ("snapshots",)),
    "featurize": StageFiles(("snapshots", "tables"), (*_FEATURES, "engine"), ("features.parquet",)),
    "train": StageFiles(
        ("audit", "features.parquet", "snapshots", "tables"),
        (*_FEATURES, "audit", "points", "training"),
        ("candidates",),
    ),
    "calibrate": StageFiles(
        ("candidates", "features.parquet", "snapshots", "tables"),
        (*_FEATURES, "label", "language", "points", "policy", "source.timezone", "split", "training"),
        ("bundle",),
    ),
    "truth": StageFiles(
        (SIMULATED, "features.parquet", "snapshots"), ("simulation", "label", "source.leads.path"), ("truth.parquet",)
    ),
    "evaluate": StageFiles(
        ("audit", "bundle", "candidates", "features.parquet", "snapshots", "tables", "truth.parquet"),
        (*_FEATURES, "points", "simulation", "source.timezone", "training.seed"),
        ("plots",),
        ("details.json",),
        ("metrics.json",),
    ),
}

_LINE = "linear"
#: plots of evaluate: title -> file, columns of x and y, their labels, template of DVC
PLOTS: dict[str, tuple[str, str, str, str, str, str]] = {
    "ROC": ("roc", "false_positive_rate", "true_positive_rate", "false positive rate", "true positive rate", _LINE),
    "Precision and recall": ("precision_recall", "recall", "precision", "recall", "precision", _LINE),
    "Reliability": ("reliability", "expected", "actual", "expected win rate", "actual win rate", "scatter"),
    "Gains": ("gains", "share_of_leads", "share_of_wins", "share of leads", "share of wins", _LINE),
    "Candidates": ("candidates", "log_loss", "candidate", "log loss out of time", "candidate", "bar_horizontal_sorted"),
}


def build_dvc_pipeline(
    content: Mapping[str, Any], workdir: str = "work", code: Mapping[str, list[str]] | None = None
) -> dict[str, Any]:
    """Build the content of ``dvc.yaml``.

    Parameters
    ----------
    content : mapping
        The params file as plain data: which tables the source has, which sections are there.
    workdir : str
        Working folder, relative to the params file.
    code : mapping of str to list of str, optional
        Stage -> files and folders of code, for a checkout. Without it, each stage depends on
        :data:`CODE_VERSION_FILE`.

    Returns
    -------
    dict
        stages, plots, artifacts.
    """
    simulated = content.get("simulation") is not None
    stages = {}
    for name in STAGE_FILES:
        if simulated or not STAGES[name].simulated_only:
            stages[name] = _build_stage(name, content, workdir, code)
    plots = [
        {
            title: {
                "x": x,
                "y": {f"{workdir}/plots/{file}.csv": y},
                "title": title,
                "x_label": x_label,
                "y_label": y_label,
                "template": template,
            }
        }
        for title, (file, x, y, x_label, y_label, template) in PLOTS.items()
    ]
    scorer = {"path": f"{workdir}/bundle", "type": "model", "desc": "the scorer bundle: model, calibration, thresholds"}
    return {"stages": stages, "plots": plots, "artifacts": {"scorer": scorer}}


def render_dvc_yaml(pipeline: Mapping[str, Any], command: str) -> str:
    """Return the text of ``dvc.yaml``; `command` is what writes it, named in its first line."""
    yaml = YAML()
    yaml.width = 118
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(dict(pipeline), stream)
    return f"# Written by `{command}`: run it again when the source gets another table or params another section.\n" + (
        stream.getvalue()
    )


def _build_stage(
    name: str, content: Mapping[str, Any], workdir: str, code: Mapping[str, list[str]] | None
) -> dict[str, Any]:
    files, simulated = STAGE_FILES[name], content.get("simulation") is not None
    named = {SOURCE: _list_source_files(content), SIMULATED: [_find_simulated_folder(content)]}

    def resolve(paths: tuple[str, ...]) -> list[str]:
        return [path for entry in paths for path in named.get(entry, [f"{workdir}/{entry}"])]

    skipped = set() if simulated else {"truth.parquet"}
    deps = resolve(tuple(entry for entry in files.deps if entry not in skipped))
    stage: dict[str, Any] = {"desc": STAGES[name].help.rstrip("."), "cmd": f"leadlight {name}"}
    if workdir != "work":
        stage["cmd"] += f" --workdir {workdir}"
    if name == "ingest" and _reads_unwatched(content):
        stage["always_changed"] = True
    stage["deps"] = deps + (code[name] if code is not None else [CODE_VERSION_FILE])
    stage["params"] = [key for key in files.params if _has_key(content, key)]
    outs = resolve(files.outs)
    # the audit compares with its last report, which DVC would delete before the run
    stage["outs"] = [{path: {"persist": True}} for path in outs] if name == "audit" else outs
    stage["outs"] += [*({path: {"cache": False}} for path in resolve(files.kept))]
    if files.metrics:
        stage["metrics"] = [{path: {"cache": False}} for path in resolve(files.metrics)]
    return stage


def _list_source_files(content: Mapping[str, Any]) -> list[str]:
    """Return files and folders of the source that DVC can watch."""
    if content.get("simulation") is not None:
        return [_find_simulated_folder(content)]
    paths = _list_paths(content)
    if _is_database(content):
        return [path for path in paths if _is_query(path)]
    watched = dict.fromkeys(map(_find_dependency, paths))
    return [path for path in watched if path != HERE]


def _reads_unwatched(content: Mapping[str, Any]) -> bool:
    """Return whether DVC cannot know what is read: a database, files that a query names, a pattern in this folder."""
    paths = _list_paths(content)
    return _is_database(content) or any(_is_query(path) or _find_dependency(path) == HERE for path in paths)


def _list_paths(content: Mapping[str, Any]) -> list[str]:
    tables = [table for table in content["source"].values() if isinstance(table, Mapping) and "path" in table]
    joined = [table[join] for table in tables for join in ("through", "attributes_from") if table.get(join)]
    return list(dict.fromkeys(str(table["path"]) for table in [*tables, *joined]))


def _find_dependency(path: str) -> str:
    """Return a file or folder; for a pattern, the folder above its first mark, because DVC knows no patterns."""
    parts = PurePosixPath(path).parts
    marked = next((place for place, part in enumerate(parts) if glob.has_magic(part)), None)
    return path if marked is None else str(PurePosixPath(*parts[:marked]))


def _is_database(content: Mapping[str, Any]) -> bool:
    return content["source"].get("database") is not None


def _is_query(path: str) -> bool:
    return path.lower().endswith(".sql")


def _find_simulated_folder(content: Mapping[str, Any]) -> str:
    return str(PurePosixPath(content["source"]["leads"]["path"]).parent)


def _has_key(content: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(content, Mapping) or part not in content:
            return False
        content = content[part]
    return True
