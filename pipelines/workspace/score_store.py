"""Open the score store if it exists; never create it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from leadlight.pipelines.workspace.workdir import Workdir, has_database
from leadlight.serving.store import Store, open_store

__all__ = ["open_existing_store"]


@contextmanager
def open_existing_store(workdir: Workdir) -> Iterator[Store | None]:
    """Open the store of a working folder.

    Parameters
    ----------
    workdir : Workdir
        Folder of the store, unless LEADLIGHT_STORE_URL names another.

    Yields
    ------
    Store or None
        None if the SQLite file does not exist.

    Raises
    ------
    StoreError
        If it cannot be opened.
    """
    if not has_database(workdir.store_url):
        yield None
        return
    with closing(open_store(workdir.store_url)) as store:
        yield store
