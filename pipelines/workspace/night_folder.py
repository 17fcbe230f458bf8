"""The folder of the nightly job: one scoring run at a time, each in a folder that nothing else writes to."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from leadlight.models.scoring.atomic_folder import replace_path
from leadlight.pipelines.workspace.lock import lock_exclusively
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["get_night_folder", "keep_tables", "lock_night", "open_run_folder"]


def get_night_folder(workdir: Workdir) -> Workdir:
    """Return the folder of the newest night's tables and of the profiles of all nights."""
    return Workdir(workdir.root / "night")


@contextmanager
def lock_night(workdir: Workdir) -> Iterator[None]:
    """Keep other scoring runs out of a working folder while the block runs; errors as :func:`lock_exclusively`."""
    with lock_exclusively(get_night_folder(workdir).root / "score.lock", "scoring run"):
        yield


@contextmanager
def open_run_folder(workdir: Workdir) -> Iterator[Workdir]:
    """Yield an empty folder for the tables of a run, and remove it when the block ends.

    The caller holds :func:`lock_night`, so that what is found there was left by a run that was killed.
    """
    running = get_night_folder(workdir).root / "running"
    shutil.rmtree(running, ignore_errors=True)
    running.mkdir(parents=True)
    try:
        yield Workdir(running)
    finally:
        shutil.rmtree(running, ignore_errors=True)


def keep_tables(workdir: Workdir, run: Workdir) -> None:
    """Make the tables of a run those of the newest night."""
    replace_path(run.tables, get_night_folder(workdir).tables)
