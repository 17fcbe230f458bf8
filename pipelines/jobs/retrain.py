"""``leadlight retrain``: train on new data, register a challenger, promote it if it is better."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from leadlight.features.errors import ParamsError, find_error_class
from leadlight.models.scoring.bundle import get_bundle_checksum
from leadlight.pipelines.jobs.promote import Decision, get_utc_now, is_decided, promote
from leadlight.pipelines.jobs.retrain_report import compare_retrained_models, render_report
from leadlight.pipelines.params import load_params
from leadlight.pipelines.registry.champion import RegistryState, open_registry, read_registry_state
from leadlight.pipelines.registry.registry_errors import NoModelError
from leadlight.pipelines.stages.table import STAGES, select_stages
from leadlight.pipelines.workspace.console import show_progress
from leadlight.pipelines.workspace.lock import lock_exclusively
from leadlight.pipelines.workspace.workdir import Workdir, write_atomically, write_json

__all__ = ["retrain"]

#: folders of the working folder that the nightly job writes
NIGHTLY = ("night", "scores")
#: temporary names of :mod:`leadlight.pipelines.workspace.workdir`, with the number of the process
UNFINISHED = re.compile(r"\..+\.(\d+)\.(?:part|old)")


def retrain(params_file: Path, workdir: Workdir, promoting: bool = True, with_dvc: bool = False) -> dict[str, Any]:
    """Retrain on all data, register a new bundle, compare it with the champion and report what changed.

    Parameters
    ----------
    params_file : Path
        The params file.
    workdir : Workdir
        Where everything goes; locked meanwhile.
    promoting : bool
        Compare the challenger with the champion.
    with_dvc : bool
        Run the stages by ``dvc repro`` in the folder of the params file, which skips unchanged ones. Its
        dvc.yaml must train this params file and working folder.

    Returns
    -------
    dict
        The content of ``retrain.json``: sentence, verdict, promoted, version, champion, gates, change.

    Raises
    ------
    LockedError
        If another retraining or promotion is at work in the working folder.
    LeadlightError
        If a stage fails; the champion stays.
    """
    params, folder = load_params(params_file), params_file.parent
    if with_dvc and not (folder / "dvc.yaml").is_file():
        raise ParamsError(f"The folder {folder} must have a dvc.yaml for --with-dvc. Got none.")
    with lock_exclusively(workdir.lock, "retraining or promotion") as lock:
        before = _find_state(workdir)
        _remove_unfinished(workdir.root)
        if with_dvc:
            _run_dvc(folder, workdir, lock)
        else:
            for stage in select_stages(params).values():
                if stage.in_pipeline:
                    stage.run(params, folder, workdir)
        checksum = get_bundle_checksum(workdir.bundle)
        state = _find_state(workdir) if with_dvc else before
        if state is None or checksum not in state.checksums:
            STAGES["register"].run(params, folder, workdir)
            state = read_registry_state(open_registry(workdir))
        unchanged = _explain_no_comparison(state, checksum, first=before is None)
        decision = promote(params, workdir, state) if promoting and unchanged is None else None
        report = _build_report(state, decision, unchanged)
        write_json(workdir.retrain_report, report)
        with write_atomically(workdir.retrain_report.with_suffix(".md")) as temporary:
            temporary.write_text(render_report(report), encoding="utf-8")
    return report


def _remove_unfinished(root: Path) -> None:
    """Remove temporary files of a killed retraining, but none of the nightly job, which may be running."""
    for path in root.rglob(".*"):
        match = UNFINISHED.fullmatch(path.name)
        if match is None or path.relative_to(root).parts[0] in NIGHTLY or _is_alive(int(match.group(1))):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":  # os.kill would end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _run_dvc(folder: Path, workdir: Workdir, lock: int) -> None:
    programs = str(Path(sys.executable).parent)  # for cron, which has no virtual environment
    environment = os.environ | {
        "DVC_NO_ANALYTICS": "true",
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")]),
        "COLUMNS": "200",
    }
    inherited: dict[str, Any] = {} if sys.platform == "win32" else {"pass_fds": (lock,)}
    with show_progress("Running the stages of dvc.yaml") as report:
        done = subprocess.run(
            [sys.executable, "-m", "dvc", "repro"], cwd=folder, env=environment, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **inherited,
        )  # fmt: skip
        with write_atomically(workdir.retrain_log) as temporary:
            temporary.write_text(done.stdout, encoding="utf-8")
        if done.returncode:
            # DVC has a code of its own, whatever the stage ended with
            ended = re.search(r"exited with (\d+)", done.stdout)
            raise find_error_class(int(ended[1]) if ended else 1)(
                f"The stages of dvc.yaml must run to their end. Got {_find_error(done.stdout)} "
                f"(full output: {workdir.retrain_log})."
            )
        report(result=f"{done.stdout.count('Running stage')} stages ran")


def _find_error(output: str) -> str:
    """Return the first error of Leadlight, else of DVC, else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [
        line.removeprefix(prefix) for prefix in ("Error: ", "ERROR: ") for line in lines if line.startswith(prefix)
    ]
    return (errors or lines[-1:] or ["no output"])[0].rstrip(".")


def _find_state(workdir: Workdir) -> RegistryState | None:
    try:
        return read_registry_state(open_registry(workdir))
    except NoModelError:  # before the first training
        return None


def _explain_no_comparison(state: RegistryState, checksum: str, *, first: bool) -> str | None:
    (champion, tags), (challenger, challenger_tags) = state.champion, state.challenger
    if first:
        return f"Version {champion} serves; there was none to compare it with."
    if tags.get("bundle") == checksum:
        return f"Nothing new: the bundle is that of version {champion}, which serves."
    if is_decided(tags, champion, challenger_tags):
        return (
            f"Nothing new: the bundle is that of version {challenger}, which has had its answer "
            f"against version {champion}."
        )
    return None


def _build_report(state: RegistryState, decision: Decision | None, unchanged: str | None) -> dict[str, Any]:
    champion, challenger = state.champion[0], state.challenger[0]
    report: dict[str, Any] = {
        "finished_at": get_utc_now(),
        "sentence": unchanged or f"Version {challenger} is registered and was not compared.",
        "verdict": None,
        "promoted": False,
        "version": challenger,
        "champion": champion,
        "gates": [],
        "change": None,
    }
    if decision is None:
        return report
    report |= {
        "sentence": f"Version {champion} serves on. {decision.reason}",
        "verdict": decision.verdict,
        "gates": [gate._asdict() for gate in decision.gates],
    }
    if decision.contest is not None:
        report["change"] = compare_retrained_models(decision.contest, decision.figures)
    if decision.promoted:
        sentence = f"Version {challenger} serves from now on. {decision.reason}"
        report |= {"promoted": True, "champion": challenger, "sentence": sentence}
    return report
