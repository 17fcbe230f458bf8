"""``leadlight retrain``: new data in, a challenger out, and a new champion only if it is better."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from leadlight.features.errors import LeadlightError
from leadlight.models.scoring.bundle import get_bundle_checksum
from leadlight.pipelines.jobs.promote import Decision, get_utc_now, is_decided, promote
from leadlight.pipelines.jobs.retrain_report import as_page, compare_retrained_models
from leadlight.pipelines.jobs.run import run_stage, select_stages
from leadlight.pipelines.params import load_params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import (
    CHALLENGER,
    CHAMPION,
    NoModelError,
    Registry,
    make_no_model_error,
)
from leadlight.pipelines.workspace.console import show_progress
from leadlight.pipelines.workspace.lock import lock_exclusively
from leadlight.pipelines.workspace.workdir import Workdir, write_atomically, write_json

__all__ = ["is_dvc_managed", "retrain"]

#: folders of the working folder that the night writes
NIGHTLY = ("night", "scores")
#: names that outputs.py gives to what is not yet whole, with the number of the process
UNFINISHED = re.compile(r"\..+\.(\d+)\.(?:part|old)")


def retrain(params_file: Path, workdir: Workdir, promoting: bool = True) -> dict[str, Any]:
    """Train anew on all data, register what is new, compare it, promote it or not, and say what changed.

    Parameters
    ----------
    params_file : Path
        The params file; beside it may lie the ``dvc.yaml`` that runs the stages.
    workdir : Workdir
        Where everything goes; locked meanwhile.
    promoting : bool
        Compare the challenger with the champion.

    Returns
    -------
    dict
        What was written to ``retrain.json``: sentence, verdict, promoted, version, champion, gates, change.

    Raises
    ------
    BusyError
        If another retraining or promotion is at work in the working folder.
    LeadlightError
        If a stage fails; the champion serves on.
    """
    params = load_params(params_file)
    with lock_exclusively(workdir.lock) as lock:
        known = _known_bundles(workdir)
        _sweep(workdir.root)
        if is_dvc_managed(params_file, workdir):
            _repro(params_file.parent, workdir, lock)
        else:
            for name in select_stages(params):
                if name != "register":
                    run_stage(name, params, params_file.parent, workdir)
        checksum = get_bundle_checksum(workdir.bundle)
        if checksum not in _known_bundles(workdir):
            run_stage("register", params, params_file.parent, workdir)
        registry = open_registry(workdir)
        nothing_new = _nothing_to_decide(registry, checksum, first=not known)
        decision = promote(params, workdir) if promoting and nothing_new is None else None
        report = _report(registry, decision, nothing_new)
        write_json(workdir.retrain_report, report)
        with write_atomically(workdir.retrain_report.with_suffix(".md")) as temporary:
            temporary.write_text(as_page(report), encoding="utf-8")
    return report


def is_dvc_managed(params_file: Path, workdir: Workdir) -> bool:
    """Tell whether a ``dvc.yaml`` beside the params file trains this very pair of params and working folder.

    Parameters
    ----------
    params_file : Path
        The params file.
    workdir : Workdir
        The working folder.
    """
    folder = params_file.resolve().parent
    try:
        content = YAML(typ="safe", pure=True).load((folder / "dvc.yaml").read_text(encoding="utf-8"))
        stages = content["stages"].values()
        words = next(shlex.split(s["cmd"]) for s in stages if s["cmd"].startswith("leadlight register"))
    except (OSError, YAMLError, ValueError, KeyError, AttributeError, TypeError, StopIteration):
        return False
    if not any((place / ".dvc").is_dir() for place in (folder, *folder.parents)):
        return False
    given = dict(pairwise(words))
    pair = given.get("--params", "params.yaml"), given.get("--workdir", "work")
    return tuple((folder / name).resolve() for name in pair) == (
        params_file.resolve(),
        workdir.root.resolve(),
    )


def _sweep(root: Path) -> None:
    """Take away what a killed retraining was writing; nights, which may be at work, have other folders."""
    for path in root.rglob(".*"):
        named = UNFINISHED.fullmatch(path.name)
        if named is None or path.relative_to(root).parts[0] in NIGHTLY or _alive(int(named.group(1))):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    if sys.platform == "win32":  # asking would end it there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _repro(folder: Path, workdir: Workdir, lock: int) -> None:
    programs = str(Path(sys.executable).parent)  # cron knows no virtual environment
    environment = os.environ | {
        "DVC_NO_ANALYTICS": "true",
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")]),
        "COLUMNS": "200",
    }
    inherited: dict[str, Any] = {} if sys.platform == "win32" else {"pass_fds": (lock,)}
    with show_progress("Running the stages of dvc.yaml") as tell:
        done = subprocess.run(
            [sys.executable, "-m", "dvc", "repro"], cwd=folder, env=environment, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **inherited,
        )  # fmt: skip
        with write_atomically(workdir.retrain_log) as temporary:
            temporary.write_text(done.stdout, encoding="utf-8")
        if done.returncode:
            raise LeadlightError(
                f"The stages of dvc.yaml must run to their end. Got {_first_fault(done.stdout)} "
                f"(all of it: {workdir.retrain_log})."
            )
        tell(result=f"{done.stdout.count('Running stage')} stages ran")


def _first_fault(said: str) -> str:
    told = [line.strip() for line in said.splitlines() if line.strip()]
    ours = [line.removeprefix("Error: ") for line in told if line.startswith("Error: ")]
    theirs = [line.removeprefix("ERROR: ") for line in told if line.startswith("ERROR: ")]
    return (ours or theirs or told[-1:] or ["no word"])[0].rstrip(".")


def _known_bundles(workdir: Workdir) -> set[str]:
    try:
        registry = open_registry(workdir)
    except NoModelError:  # the first training of all
        return set()
    found = (registry.find_version(alias) for alias in (CHALLENGER, CHAMPION))
    return {entry[1].get("bundle", "") for entry in found if entry is not None}


def _nothing_to_decide(registry: Registry, checksum: str, *, first: bool) -> str | None:
    champion, challenger = _both(registry)
    if first:
        return f"Version {champion[0]} serves; there was none to compare it with."
    if champion[1].get("bundle") == checksum:
        return f"Nothing new: the bundle is that of version {champion[0]}, which serves."
    if is_decided(champion[1], champion[0], challenger[1]):
        return (
            f"Nothing new: the bundle is that of version {challenger[0]}, which has had its answer "
            f"against version {champion[0]}."
        )
    return None


def _both(registry: Registry) -> tuple[tuple[str, dict[str, str]], tuple[str, dict[str, str]]]:
    champion, challenger = registry.find_version(CHAMPION), registry.find_version(CHALLENGER)
    if champion is None or challenger is None:
        raise make_no_model_error(CHAMPION if champion is None else CHALLENGER, registry.uri)
    return champion, challenger


def _report(registry: Registry, decision: Decision | None, nothing_new: str | None) -> dict[str, Any]:
    champion, challenger = _both(registry)
    if decision is None:
        sentence = nothing_new or f"Version {challenger[0]} is registered and was not compared."
    elif decision.promoted:
        sentence = f"Version {challenger[0]} serves from now on. {decision.reason}"
    else:
        sentence = f"Version {champion[0]} serves on. {decision.reason}"
    contest = decision.contest if decision is not None else None
    return {
        "finished_at": get_utc_now(),
        "sentence": sentence,
        "verdict": decision.verdict if decision is not None else None,
        "promoted": decision is not None and decision.promoted,
        "version": challenger[0],
        "champion": champion[0],
        "gates": [gate.to_dict() for gate in decision.gates] if decision is not None else [],
        "change": compare_retrained_models(contest, decision.figures)
        if decision is not None and contest is not None
        else None,
    }
