"""A full disk, a closed folder, too little memory: one sentence, a code of its own, and what was there stays."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from leadlight.features.errors import MachineError
from leadlight.pipelines.cli.machine_faults import convert_machine_fault

MACHINE = 12
NEXT = ("--as-of", "2024-10-21")
#: bytes that no file may exceed, in place of a disk that is full: the errors differ in their number only
MAX_FILE = 1000


@pytest.fixture
def cramped(trained_crm):
    """Run `leadlight` as a process whose files may not grow."""

    def run(crm, verb, *more, **_given):
        words = [verb, *more, "--params", str(crm.params), "--workdir", str(crm.work)]
        done = subprocess.run(
            [Path(sys.executable).parent / "leadlight", *words],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE)),
        )
        return type("Done", (), {"code": done.returncode, "out": done.stdout, "err": done.stderr})

    return run


@pytest.mark.parametrize("stage", ["ingest", "featurize", "evaluate"])
def test_a_disk_without_space(trained_crm, refused, cramped, stage):
    said = refused(trained_crm, stage, code=MACHINE, run=cramped)
    assert said.startswith("Error: The disk must ")
    assert "File too large" in said


def test_a_night_whose_file_cannot_be_written_is_not_stored(trained_crm, refused, monkeypatch):
    def fail(*_given, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "scores.parquet")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fail)
    said = refused(trained_crm, "score", *NEXT, code=MACHINE, scratch="night/score.lock")
    assert said == (
        "Error: The disk must have space for what the command writes. Got: No space left on device at scores.parquet."
    )


@pytest.mark.parametrize(("verb", "more"), [("score", NEXT), ("featurize", ())])
def test_too_little_memory_for_duckdb(trained_crm, refused, monkeypatch, verb, more):
    monkeypatch.setenv("LEADLIGHT_DUCKDB_MEMORY", "2MB")
    said = refused(trained_crm, verb, *more, code=MACHINE, scratch="night/score.lock")
    assert said.startswith("Error: The memory must hold what the command works on. Got too little of it: ")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "work/scores"), "Permission denied at work/scores"),
        (OSError(errno.EROFS, "Read-only file system"), "Read-only file system"),
        (OSError(errno.EMFILE, "Too many open files"), "The limit of open files"),
        (MemoryError(), "Got too little of it: MemoryError"),
    ],
)
def test_other_faults_of_the_machine(error, words):
    fault = convert_machine_fault(error)
    assert isinstance(fault, MachineError)
    assert words in str(fault)


def test_the_cause_of_an_error_counts_and_a_fault_of_the_program_is_none():
    wrapped = ValueError("cannot write")
    wrapped.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert convert_machine_fault(wrapped) is not None
    assert convert_machine_fault(ValueError("a fault of the program")) is None
    assert convert_machine_fault(FileNotFoundError(errno.ENOENT, "No such file")) is None
