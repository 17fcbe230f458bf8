"""A closed, full or narrow output stream changes neither what is stored nor the exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BINARY = Path(sys.executable).parent / "leadlight"


def run(*words, preexec_fn=None, **streams):
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    return subprocess.run([BINARY, *words], env=environment, check=False, preexec_fn=preexec_fn, **streams)


@pytest.fixture
def closed_pipe():
    """The writing end of a pipe whose reader went away, as that of `| head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def test_a_night_is_stored_with_exit_code_0_when_its_reader_went_away(trained_crm, closed_pipe):
    options = ("--params", str(trained_crm.params), "--workdir", str(trained_crm.work), "--as-of", "2024-10-21")
    assert run("score", *options, stdout=closed_pipe).returncode == 0
    assert (trained_crm.work / "scores" / "scores-2024-10-20T220000Z.parquet").exists()


@pytest.mark.parametrize("fault", ["closed", "full", "ascii"])
def test_a_stream_that_takes_nothing_or_ascii_only_is_no_failure(trained_crm, fault):
    words = ("explain", "--workdir", str(trained_crm.work), "--language", "de")
    if fault == "closed":
        assert run(*words, preexec_fn=lambda: (os.close(1), os.close(2))).returncode == 0
    elif fault == "full":
        with Path("/dev/full").open("wb") as full:
            assert run(*words, stdout=full, stderr=full).returncode == 0
    else:
        done = run(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr
        assert b"?" in done.stdout


def test_a_refusal_keeps_its_exit_code_when_its_sentence_cannot_be_written(tmp_path, closed_pipe):
    assert run("audit", "--params", str(tmp_path / "none.yaml"), stderr=closed_pipe).returncode == 3
