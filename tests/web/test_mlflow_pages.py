"""The address that `make mlflow` prints shows the list of trainings, whatever MLflow's start page is about."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import mlflow
import pytest

from leadlight.pipelines.workspace.workdir import Workdir


@pytest.fixture
def addresses(trained_copy, root):
    """Addresses that scripts/serve_mlflow.py prints, once its server answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, str(root / "scripts" / "serve_mlflow.py"), "--port", str(port)]
    running = subprocess.Popen(
        words, cwd=trained_copy, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        printed = [running.stdout.readline().split()[-1] for _ in range(2)]
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)
                break
            except OSError:
                assert running.poll() is None
                time.sleep(0.2)
        yield printed
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait()
        running.stdout.close()


def test_the_printed_addresses_are_the_list_of_runs_and_the_registered_model(addresses, browser, trained_copy):
    runs, model = addresses
    mlflow.set_tracking_uri(Workdir(trained_copy / "work").mlflow_uri)
    (run,) = mlflow.search_runs(experiment_names=["leadlight"], output_format="list")
    page = browser.new_page()
    try:
        page.goto(runs)
        page.get_by_role("link", name=run.info.run_name).wait_for(timeout=60_000)
        assert page.get_by_role("heading", name=re.compile("^Runs")).is_visible()
        page.goto(model)
        page.get_by_role("link", name="Version 1").wait_for(timeout=60_000)
        page.get_by_text("@ champion").wait_for(timeout=60_000)
    finally:
        page.close()


def test_without_a_registry_the_script_says_what_to_run(root, tmp_path):
    done = subprocess.run(
        [sys.executable, str(root / "scripts" / "serve_mlflow.py")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "run `leadlight register` first" in done.stderr
    assert not (tmp_path / "work").exists()
