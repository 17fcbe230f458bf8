"""The experiments of a DVC repository as a table."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from leadlight.pipelines.params import Params

__all__ = ["read_experiments"]

#: test metrics of the table
METRICS = ("log_loss", "auc", "ece")


def read_experiments(folder: Path) -> pd.DataFrame | None:
    """Tabulate the experiments that start from the present commit.

    Parameters
    ----------
    folder : Path
        Folder of ``dvc.yaml``. DVC writes a cache beside what it shows, so it is shown a copy of what git and
        DVC remember, and `folder` stays as it is.

    Returns
    -------
    pd.DataFrame or None
        The commit, then a row for each experiment: its state, the params that differ from the commit, and test
        metrics, NaN where it has none. None without experiments or without a DVC repository.
    """
    top = next((place for place in (folder, *folder.parents) if (place / ".git").is_dir()), None)
    if top is None or not (folder / ".dvc").is_dir():
        return None
    from dvc.api import exp_show

    with TemporaryDirectory(prefix="leadlight-experiments-") as place:
        copy = Path(place) / folder.relative_to(top)
        _copy_memory(top / ".git", Path(place) / ".git", folder / ".dvc", copy / ".dvc")
        rows = exp_show(repo=str(copy))
    commit = next((row for row in rows if row["typ"] == "baseline" and row["rev"] != "workspace"), None)
    experiments = [row for row in rows if row["typ"] != "baseline"]
    return _tabulate(commit, experiments) if commit and experiments else None


def _copy_memory(git: Path, git_copy: Path, dvc: Path, dvc_copy: Path) -> None:
    """Copy a repository without its objects, which stay where they are, and DVC's folder without its caches."""
    shutil.copytree(git, git_copy, ignore=lambda path, _: {"objects"} if Path(path) == git else set())
    info = git_copy / "objects" / "info"
    info.mkdir(parents=True)
    info.joinpath("alternates").write_text(f"{(git / 'objects').resolve()}\n", encoding="utf-8")
    # a name that starts with tmp, as in tmp/exps, is a workspace of one experiment
    shutil.copytree(dvc, dvc_copy, ignore=shutil.ignore_patterns("cache", "tmp?*"))


def _tabulate(commit: dict[str, Any], experiments: Iterable[dict[str, Any]]) -> pd.DataFrame:
    before = _select_params(commit)
    table = {}
    for row in (commit, *experiments):
        params = _select_params(row)
        changed = [name for name in sorted(before | params) if before.get(name) != params.get(name)]
        state = {"state": "commit" if row is commit else row["State"] or "Success"}
        texts = {"changed": "; ".join(f"{name}: {_format_value(params.get(name))}" for name in changed)}
        table[row.get("Experiment") or row["rev"]] = state | texts | {name: row.get(name) for name in METRICS}
    frame = pd.DataFrame.from_dict(table, orient="index")
    return frame.astype(dict.fromkeys(METRICS, float)).rename_axis("experiment")


def _select_params(row: dict[str, Any]) -> dict[str, Any]:
    """Return the keys of ``params.yaml`` in a row, which also holds metrics and dependencies."""
    named = {name.removeprefix("params.yaml:"): value for name, value in row.items()}
    return {name: value for name, value in named.items() if name.partition(".")[0] in Params.model_fields}


def _format_value(value: Any) -> str:
    return "not set" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
