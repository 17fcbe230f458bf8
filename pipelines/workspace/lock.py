"""Exclusive lock of a working folder, released by the operating system when its process ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadlight.features.errors import LockedError, SourceError

__all__ = ["lock_exclusively"]


@contextmanager
def lock_exclusively(path: Path, work: str) -> Iterator[int]:
    """Hold an exclusive lock while the block runs.

    The lock is the operating system's, not the file: the file of a killed process blocks nothing.

    Parameters
    ----------
    path : Path
        The lock file; it stays and holds the number of the last process that had the lock.
    work : str
        The work that is done under the lock, for the error: "retraining or promotion".

    Yields
    ------
    int
        Descriptor of the open file. A child process that inherits it holds the lock too, even if it outlives
        its parent.

    Raises
    ------
    LockedError
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
        if not _acquire(descriptor):
            holder = os.pread(descriptor, 20, 0).decode(errors="replace") if hasattr(os, "pread") else ""
            process = f"process {holder.strip()}" if holder.strip() else "another process"
            raise LockedError(
                f"The working folder {path.parent} must not be in use by another {work}. "
                f"Got {process}, which is at work there: nothing was done."
            )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond the text, which stays readable
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
