"""One at a time in a working folder: a lock that ends with the process that holds it, however that ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadlight.features.errors import LockedError, SourceError

__all__ = ["lock_exclusively"]


@contextmanager
def lock_exclusively(path: Path) -> Iterator[int]:
    """Hold a lock file while the block runs.

    The operating system keeps the lock, not the file: what a killed process leaves behind bars nobody.

    Parameters
    ----------
    path : Path
        The lock file; it stays, with the number of the last process that held it.

    Yields
    ------
    int
        Descriptor of the open file. A child process that inherits it holds the lock too, so that one that
        outlives its parent is still waited for.

    Raises
    ------
    BusyError
        If another process holds it.
    SourceError
        If the folder may not be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise SourceError(f"The working folder must be writable. Got {error.strerror} at {path}.") from None
    try:
        if not _taken(descriptor):
            holder = os.pread(descriptor, 20, 0).decode(errors="replace") if hasattr(os, "pread") else ""
            told = f"process {holder.strip()}" if holder.strip() else "another process"
            raise LockedError(
                f"The working folder {path.parent} must not be in use by another retraining or promotion. "
                f"Got {told}, which is at work there: nothing was done."
            )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # a place beyond the text, which others may read
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
