"""``leadlight withdraw``: take the newest night back, with its files."""

from contextlib import closing

import pandas as pd

from leadlight.features.errors import ParamsError, StoreError
from leadlight.pipelines.profile.night_profiles import find_profile_path
from leadlight.pipelines.workspace.night_folder import get_night_folder, lock_night
from leadlight.pipelines.workspace.workdir import Workdir, find_scores_path, has_database
from leadlight.serving.store import open_store
from leadlight.serving.store.run_history import RunSummary

__all__ = ["withdraw"]


def withdraw(workdir: Workdir, as_of: pd.Timestamp, reason: str) -> RunSummary:
    """Take the newest night back.

    Its rows leave the store, where an event with the reason stays. Its file of scores is moved to
    ``scores/withdrawn``, and its profile is deleted, so that later nights are compared with the one before. A file
    that ``--output`` wrote elsewhere stays.

    Parameters
    ----------
    workdir : Workdir
        Where store, scores and profiles are.
    as_of : pd.Timestamp
        Of the night, naive UTC.
    reason : str

    Returns
    -------
    RunSummary
        The night that was taken back.

    Raises
    ------
    ParamsError
        If `reason` is empty.
    StoreError
        If it is not the newest night of the store.
    LockedError
        If a scoring run is at work.
    """
    if not reason.strip():
        raise ParamsError("The reason must not be empty. Got '': give one with --why.")
    if not has_database(workdir.store_url):
        raise StoreError("The score store must hold the night to take back. Got no store: run `leadlight score` first.")
    with lock_night(workdir), closing(open_store(workdir.store_url)) as store:
        run = store.withdraw_run(as_of.to_pydatetime(), reason.strip())
        scores = find_scores_path(workdir, as_of)
        if scores.exists():
            aside = scores.parent / "withdrawn" / scores.name
            aside.parent.mkdir(exist_ok=True)
            scores.replace(aside)
        find_profile_path(get_night_folder(workdir), as_of).unlink(missing_ok=True)
    return run
