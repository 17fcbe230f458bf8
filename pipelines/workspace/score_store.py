"""The store of nights, opened where there is one: to ask makes nothing."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.store import Store, open_store

__all__ = ["open_existing_store"]


@contextmanager
def open_existing_store(workdir: Workdir) -> Iterator[Store | None]:
    """Open the store of a working folder.

    Parameters
    ----------
    workdir : Workdir
        Where it lies, or whose environment names another.

    Yields
    ------
    Store or None
        None where SQLite has no file yet, which would otherwise be made.

    Raises
    ------
    StoreError
        If it cannot be opened.
    """
    file = workdir.store_url.removeprefix("sqlite:///")
    if file != workdir.store_url and not Path(file).exists():
        yield None
        return
    with closing(open_store(workdir.store_url)) as store:
        yield store
