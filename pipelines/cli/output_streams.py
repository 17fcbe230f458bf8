"""Output streams that never fail: a closed pipe, a full disk or a narrow encoding changes no exit code."""

import io
import os
import sys
from typing import Any

__all__ = ["protect_output_streams"]


class _Output(io.FileIO):
    """Output of the process; what cannot be written is dropped, as if it had been."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return memoryview(data).nbytes


def protect_output_streams() -> None:
    """Replace stdout and stderr of this process.

    When a result is stored, a reader that went away (``| head -1``) must not turn the exit code into that of
    a failure. Signs that the encoding of the stream does not have are printed as ``?``. Streams that were closed
    at the start are opened on the null device, so that no database is opened under their numbers.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not getattr(sys, f"__{name}__"):  # somebody captures it
            continue
        number = 1 if name == "stdout" else 2
        raw = io.BufferedWriter(_Output(number, "w", closefd=False))
        encoding = getattr(stream, "encoding", None) or "utf-8"
        protected = io.TextIOWrapper(raw, encoding=encoding, errors="replace", line_buffering=True)
        setattr(sys, name, protected)
