"""Atomic replacement of a folder: rename the old one aside, rename the new one in, delete the old one.

A folder cannot be replaced in one call. A process killed between the two renames leaves only the old folder,
under its name aside; :func:`restore_path` moves it back.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["replace_path", "restore_path", "write_folder_atomically"]


@contextmanager
def write_folder_atomically(path: Path) -> Iterator[Path]:
    """Yield an empty folder that replaces `path`, a folder or a file, when the block ends well.

    Otherwise nothing is left, and no folder that had to be made for it.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
    made = [folder for folder in path.parents if not folder.exists()]
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        yield fresh
        replace_path(fresh, path)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        for folder in made:
            with suppress(OSError):  # something else lies there
                folder.rmdir()
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def replace_path(fresh: Path, path: Path) -> None:
    """Move a file or folder to `path`; what `path` held is deleted only afterwards."""
    if not (fresh.is_dir() or path.is_dir()):
        fresh.replace(path)
        return
    old = _name_aside(path)
    if path.exists():
        _delete(old)
        path.replace(old)
    try:
        fresh.replace(path)
    except OSError:
        restore_path(path)
        raise
    _delete(old)


def restore_path(path: Path) -> None:
    """Move the old content of `path` back where a replacement was interrupted between its two renames."""
    old = _name_aside(path)
    if old.exists() and not path.exists():
        old.replace(path)


def _name_aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
