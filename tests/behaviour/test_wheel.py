"""The wheel holds the whole product: it is built, installed away from the checkout, and used."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

FOLDERS = ("features", "models", "serving", "pipelines")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
COMMAND = """
from importlib.metadata import distribution
distribution("leadlight").entry_points["leadlight"].load()()
"""


class Installed:
    """A virtual environment with the wheel, and the dependencies of the environment of the tests."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        venv.create(folder / "venv", with_pip=False)
        self.python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
        self.site = next((folder / "venv").rglob("site-packages"))
        self.away = folder / "away"
        self.away.mkdir()
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.site)
        # the files ending in .pth of a folder that is added like this count for nothing: no editable install
        (self.site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
        self.environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(self, code: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-c", code, *words],
            cwd=self.away, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """The wheel, built from a copy of the source."""
    copy = tmp_path_factory.mktemp("source")
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in (*FOLDERS, "src"):
        shutil.copytree(root / name, copy / name, symlinks=True, ignore=unwanted)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy2(root / name, copy)
    built = tmp_path_factory.mktemp("wheel")
    done = subprocess.run([sys.executable, "-c", BUILD, built], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


def test_the_wheel_holds_every_file_of_the_package_but_the_simulator(root, wheel):
    expected = {
        f"leadlight/{path.relative_to(root).as_posix()}"
        for name in FOLDERS
        for path in (root / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    simulator = {name for name in expected if name.startswith("leadlight/pipelines/simulation/")}
    assert simulator
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == (expected - simulator) | {"leadlight/__init__.py", "leadlight/py.typed"}


def test_all_modules_come_from_the_wheel_and_none_is_at_the_top_level(installed):
    done = installed.run(
        "import leadlight.features, leadlight.models, leadlight.serving, leadlight.pipelines\nprint(leadlight.__file__)"
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(installed.site)
    assert not {path.name for path in installed.site.iterdir()} & {*FOLDERS, *(f"{n}.py" for n in FOLDERS)}


def test_help_and_a_report_work(installed, trained_copy):
    shown = installed.run(COMMAND, "--help")
    assert shown.returncode == 0, shown.stderr
    assert "report" in shown.stdout
    where = ["--params", str(trained_copy / "params.yaml"), "--workdir", str(trained_copy / "work")]
    done = installed.run(COMMAND, "report", "persona", *where)
    assert done.returncode == 0, done.stdout + done.stderr


def test_simulating_without_the_simulator_is_refused_in_one_sentence(installed, trained_copy):
    done = installed.run(COMMAND, "simulate", "--params", str(trained_copy / "params.yaml"), "--workdir", "work")
    assert done.returncode == 3
    assert "The simulator must be installed" in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stderr


def test_the_server_starts_and_answers(installed, trained_copy):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["serve", "--workdir", str(trained_copy / "work"), "--port", str(port)]
    with (installed.away / "server.log").open("w") as log:
        running = subprocess.Popen(
            [installed.python, "-c", COMMAND, *words],
            cwd=installed.away, env=installed.environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            for _ in range(300):
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                        status = answer.status
                except urllib.error.HTTPError as error:
                    status = error.code
                except OSError:
                    assert running.poll() is None, (installed.away / "server.log").read_text()
                    time.sleep(0.2)
                    continue
                break
            assert status in {200, 503}  # 503: no night was scored yet
        finally:
            running.terminate()
            running.wait(timeout=30)
