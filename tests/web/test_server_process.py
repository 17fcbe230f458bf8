"""`leadlight serve` as a process: what it announces, whom it answers, what it logs."""

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pandas as pd
import pytest

from leadlight.serving.store import ScoringRun, open_store


@pytest.fixture
def start(tmp_path, data):
    """Return a function that starts a server on a free port, and gives its address and the process."""
    store = open_store(f"sqlite:///{tmp_path / 'leadlight.db'}")
    store.write_run(ScoringRun(data.leads[0]["as_of"], "model-7f3a", data.words), pd.DataFrame(data.leads[:2]))
    store.close()
    with contextlib.ExitStack() as stack:

        def start(*words, **variables):
            command = [Path(sys.executable).parent / "leadlight", "serve", "--workdir", tmp_path, "--port", "0", *words]
            pipe, environment = subprocess.PIPE, os.environ | {"COLUMNS": "500", "PYTHONUNBUFFERED": "1"} | variables
            process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)
            stack.enter_context(process)
            stack.callback(process.terminate)
            line = process.stdout.readline()
            assert line.startswith("The queue is at http://"), line
            return line.split()[4].rstrip("/"), process

        yield start


def ask(address, host, path="/static"):
    """Ask the server by its address, but in the name of another host."""
    return httpx.get(f"http://127.0.0.1:{address.rpartition(':')[2]}{path}", headers={"host": host})


def test_other_hosts_are_not_answered_and_not_redirected_to(start):
    address, _ = start()
    for host in ("evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1@evil.example", "", "[::1"):
        for path in ("/static", "/", "/health"):
            answer = ask(address, host, path)
            assert answer.status_code == 400
            assert "location" not in answer.headers
    for host in ("localhost", "LOCALHOST:99", "127.0.0.1", "[::1]:8000"):
        assert ask(address, host, "/health").status_code == 200
    assert address.startswith("http://127.0.0.1:")
    assert httpx.get(f"{address}/").status_code == 200


def test_hosts_are_allowed_by_a_variable(start):
    address, _ = start(LEADLIGHT_ALLOWED_HOSTS="queue.example.com, *.lan")
    hosts = ("queue.example.com", "sales.lan:80", "localhost", "example.com", "lan")
    assert [ask(address, host, "/health").status_code for host in hosts] == [200, 200, 200, 400, 400]


def test_on_all_addresses_it_answers_for_this_machine_alone_and_says_so(start):
    address, process = start("--host", "0.0.0.0")
    assert address.startswith("http://localhost:")
    said = process.stdout.readline()
    assert "LEADLIGHT_ALLOWED_HOSTS" in said
    assert socket.gethostname() in said
    hosts = ("localhost", "127.0.0.1", socket.gethostname(), "0.0.0.0", "evil.example")
    assert [ask(address, host, "/health").status_code for host in hosts] == [200, 200, 200, 400, 400]


def test_on_all_addresses_a_star_answers_for_every_host(start):
    address, process = start("--host", "0.0.0.0", LEADLIGHT_ALLOWED_HOSTS="*")
    assert ask(address, "evil.example", "/health").status_code == 200
    process.terminate()
    assert process.stdout.read() == ""


def test_what_the_store_says_is_in_the_log_and_not_in_the_answer(start, tmp_path):
    address, process = start()
    with contextlib.closing(sqlite3.connect(tmp_path / "leadlight.db")) as database:
        database.execute("ALTER TABLE nights RENAME TO gone")
    answer = httpx.get(f"{address}/health")
    assert (answer.status_code, "nights" in answer.text) == (503, False)
    process.terminate()
    logged = process.stderr.read()
    assert "no such table: nights" in logged
    assert str(tmp_path) in logged
    assert "Traceback" not in logged
