"""Errors of the machine, as one sentence: no space, no permission, too little memory."""

import errno
from collections.abc import Iterator

from leadlight.features.errors import MachineError

__all__ = ["convert_machine_fault"]

#: errors of the operating system that a person can mend without knowing the program -> what must be
OPERATING_SYSTEM = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "The disk must have space for what the command writes"),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS), "The files must be open to the user who runs the command"
    ),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "The limit of open files must be higher"),
}


def convert_machine_fault(error: BaseException) -> MachineError | None:
    """Return the error to show for a fault of the machine; None if neither it nor a cause of it is one."""
    return next(filter(None, map(_describe, _walk_causes(error))), None)


def _walk_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _describe(error: BaseException) -> MachineError | None:
    got = _get_first_line(error)
    # DuckDB names the file in its message, and has neither numbers of errors nor the errors of Python
    kind = type(error).__name__ if type(error).__module__ in {"_duckdb", "duckdb"} else ""
    if isinstance(error, MemoryError) or kind == "OutOfMemoryException":
        return MachineError(
            f"The memory must hold what the command works on. Got too little of it: {got}. "
            "LEADLIGHT_DUCKDB_MEMORY sets that of DuckDB."
        )
    if kind == "IOException":
        return MachineError(f"The disk must take what the command writes. Got: {got}.")
    if isinstance(error, OSError) and error.errno in OPERATING_SYSTEM:
        where = f" at {error.filename}" if error.filename else ""
        return MachineError(f"{OPERATING_SYSTEM[error.errno]}. Got: {error.strerror or got}{where}.")
    return None


def _get_first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
