"""A process that is killed while the registry is made leaves nothing in the way of the next one."""

import signal
import sqlite3
import subprocess
import sys

import pytest

from leadlight.features.errors import BundleError
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.workspace.workdir import Workdir

#: opens the registry of a folder and is killed before a statement that begins so
KILLED = """\
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.workspace.workdir import Workdir

@event.listens_for(Engine, "before_cursor_execute")
def kill(connection, cursor, statement, parameters, context, executemany):
    if " ".join(statement.split()).startswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

open_registry(Workdir(Path(sys.argv[1])), create=True).require_experiment()
"""


@pytest.fixture(autouse=True)
def no_server(monkeypatch):
    monkeypatch.delenv("LEADLIGHT_MLFLOW_URI", raising=False)


def test_killed_while_the_database_is_made_there_is_none_and_the_next_one_is_made(tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path), "CREATE TABLE spans"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / "mlflow.db").exists()
    with pytest.raises(BundleError, match="run `leadlight register` first"):  # as in a new folder
        open_registry(Workdir(tmp_path))


def test_a_database_whose_making_was_interrupted_is_named_with_what_to_do(tmp_path):
    with sqlite3.connect(tmp_path / "mlflow.db") as connection:
        connection.execute("CREATE TABLE spans (trace_id TEXT)")
    connection.close()
    with pytest.raises(BundleError, match="Move the file away and run `leadlight register` again"):
        open_registry(Workdir(tmp_path), create=True).require_experiment()
