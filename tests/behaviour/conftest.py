"""What tests of behaviour share: a PostgreSQL server of their own, rows of a night, two simulated CRMs."""

import contextlib
import datetime as dt
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from leadlight.features.catalogue import SignalSpec
from leadlight.features.feature_set import FeatureSet
from leadlight.serving.store import ScoringRun, open_store

MODEL = "model-1"
KINDS = FeatureSet((), (SignalSpec("a"),), True, True, True).catalogue.describe_topics().values()
DISPLAYS = {"attribute": {}} | {topic["kind"]: topic["values"] for topic in KINDS}
WORDS = {
    "simulated": True,
    "policy": None,
    "base_probability": 0.04,
    "calibration": {"all": "holds"},
    "topics": {
        "industry": {"kind": "attribute", "group": "fit", "label": {"en": "Industry"}},
        "demo": {
            "kind": "signal",
            "group": "engagement",
            "label": {"en": "Demo request"},
            "values": DISPLAYS["signal"],
        },
        "age": {"kind": "age", "group": "engagement", "label": {"en": "Age"}, "values": DISPLAYS["age"]},
    },
}


def programs() -> Path | None:
    """Folder of PostgreSQL's server programs."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    # Debian keeps them out of the PATH, in a folder a version
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *folders]
    asked = shutil.which("pg_config")
    if asked:
        told = subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=False).stdout
        folders.insert(0, Path(told.strip()))
    needed = ("initdb", "pg_ctl", "postgres")
    return next((folder for folder in folders if all((folder / name).is_file() for name in needed)), None)


class Cluster:
    """A PostgreSQL server on a free port of 127.0.0.1 that nobody else knows of."""

    def __init__(self, bin_folder: Path, folder: Path, user: str | None) -> None:
        self._bin, self._folder, self._user = bin_folder, folder, user
        self._numbers = itertools.count(1)
        self.port = 0

    def start(self) -> None:
        # words sorted as people do, unlike SQLite; older servers cannot be asked for it, and need not
        people = ["--locale-provider=icu", "--icu-locale=en-US"]
        plain = ["-D", str(self._folder / "data"), "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync"]
        if self._run("initdb", *plain, *people).returncode:
            shutil.rmtree(self._folder / "data", ignore_errors=True)
            made = self._run("initdb", *plain, "--locale=C")
            assert made.returncode == 0, made.stderr
        for _ in range(3):  # another program may take the port before the server does
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            options = f"-p {self.port} -h 127.0.0.1 -k {self._folder} -F"
            if self._control("-o", options, "-l", str(self._folder / "log"), "start").returncode == 0:
                return
        pytest.fail(f"PostgreSQL must start. Got: {(self._folder / 'log').read_text()}", pytrace=False)

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database, and drop it afterwards."""
        name = f"test{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        yield f"postgresql+psycopg://test@127.0.0.1:{self.port}/{name}"
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        self.execute(f"DROP DATABASE {name}")

    def execute(self, statement: str) -> None:
        address = f"postgresql://test@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)

    def _control(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", "-w", "-D", str(self._folder / "data"), *words)

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._bin / program), *words]
        if self._user:  # PostgreSQL refuses to run as root
            command = ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups", *command]
        return subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def postgresql(lacking: Callable[[str], Any]) -> Iterator[Cluster]:
    """One throwaway server for all tests of a worker."""
    found = programs()
    if found is None:
        lacking(
            "PostgreSQL's server must be installed: on Debian with `apt-get install postgresql` "
            "(./scripts/system_packages.sh does it). No initdb was found."
        )
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="leadlight-postgresql-", dir="/tmp"))
    folder.chmod(0o755)
    cluster = Cluster(found, folder, user)
    try:
        if user:
            shutil.chown(folder, user, user)
        cluster.start()
        yield cluster
    except LookupError:
        lacking(
            "PostgreSQL must run as the user postgres when tests run as root: make it with "
            "`useradd --system --user-group postgres`. It is missing."
        )
    finally:
        cluster.stop()
        shutil.rmtree(folder)


@pytest.fixture
def postgresql_url(postgresql: Cluster) -> Iterator[str]:
    """URL of an empty PostgreSQL database that this test has for itself."""
    with postgresql.database() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, on each kind that the store knows."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(url):
    store = open_store(url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def dump() -> Callable[[str], dict[str, list[str]]]:
    """Tell everything that a database holds: its columns, and each row to the last digit."""

    def dump(url: str) -> dict[str, list[str]]:
        engine = create_engine(url)
        found = {}
        with engine.connect() as connection:
            inspector = inspect(connection)
            for table in sorted(inspector.get_table_names()):
                columns = [f"{column['name']} {column['type']}" for column in inspector.get_columns(table)]
                rows = connection.execute(text(f'SELECT * FROM "{table}"'))
                found[table] = columns + sorted(repr(tuple(row)) for row in rows)
        engine.dispose()
        return found

    return dump


@pytest.fixture(scope="session")
def night() -> Callable[..., ScoringRun]:
    def night(as_of=dt.datetime(2025, 8, 31), model=MODEL, words=WORDS):
        return ScoringRun(as_of, model, words)

    return night


@pytest.fixture(scope="session")
def lead() -> Callable[..., dict[str, Any]]:
    """Make one row of a night; `days` is the time that has passed since the first night."""

    def lead(lead_id, score=30.0, as_of=dt.datetime(2025, 8, 31), days=0, **changed):
        demo = {"count_7d": 1, "count_30d": 1, "count_90d": 1, "days_since_last": 1.5 + days}
        reasons = [
            {"topic": "industry", "group": "fit", "points": score - 12.0, "value": "Retail"},
            {"topic": "demo", "group": "engagement", "points": 1.5, "value": demo},
            {"topic": "age", "group": "engagement", "points": 0.5, "value": 20 + days},
        ]
        row = {
            "lead_id": lead_id,
            "as_of": as_of,
            "probability": score / 200,
            "score": score,
            "base_score": 10.0,
            "stage": "marketing_qualified" if score >= 50 else "lead",
            "fit_grade": "B",
            "engagement_grade": "2",
            "held_back": None,
            "reasons": json.dumps(reasons),
            "model_version": MODEL,
        }
        return row | changed

    return lead


@dataclass
class World:
    """A simulated CRM as its files tell it."""

    settings: Any
    folder: Path
    counts: dict[str, int]
    leads: pd.DataFrame
    activities: pd.DataFrame
    deals: pd.DataFrame
    history: pd.DataFrame
    stages: pd.DataFrame

    def open_leads(self, as_of: pd.Timestamp) -> pd.DataFrame:
        """Leads that are created and open, and whether each is won within 90 days."""
        known = self.leads[["lead_id", "created_at"]].merge(self.deals, on="lead_id", how="left")
        is_open = (known["created_at"] <= as_of) & ~(known["closed_at"] < as_of)
        rows = known[is_open].assign(as_of=as_of)
        won = (rows["status"] == "won") & (rows["closed_at"] < rows["as_of"] + pd.Timedelta(days=90))
        return rows.assign(won=won)[["lead_id", "as_of", "won"]]


def simulated(folder: Path, **settings: int) -> World:
    from leadlight.pipelines.simulation import SimulationSettings, simulate

    chosen = SimulationSettings(**settings)
    counts = simulate(chosen, folder)

    def read(name: str, moment: str) -> pd.DataFrame:
        frame = pd.read_csv(folder / f"{name}.csv.gz", dtype=str, keep_default_na=False)
        frame[moment] = pd.to_datetime(frame[moment], format="%Y-%m-%d %H:%M:%S")
        return frame

    return World(
        settings=chosen,
        folder=folder,
        counts=counts,
        leads=read("leads", "created_at"),
        activities=pd.read_parquet(folder / "activities.parquet"),
        deals=read("deals", "closed_at"),
        history=read("history", "changed_at"),
        stages=read("stages", "entered_at"),
    )


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A CRM of 1,500 leads. Read only."""
    return simulated(tmp_path_factory.mktemp("world"), leads=1_500)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A CRM of 10,000 leads. Read only."""
    return simulated(tmp_path_factory.mktemp("large"), leads=10_000, seed=11)


@pytest.fixture(scope="session")
def write_some() -> Callable[..., None]:
    """Write tables of every n-th lead of a simulated CRM into a new folder; the end of a file name is its format."""

    def write_some(simulated: Path, folder: Path, every: int, files: dict[str, str]) -> None:
        folder.mkdir(parents=True)
        leads = pd.read_csv(simulated / "leads.csv.gz", dtype=str, usecols=["lead_id"])["lead_id"].iloc[::every]
        for table, file in files.items():
            if table == "activities":
                rows = pd.read_parquet(simulated / "activities.parquet")
                rows[rows["lead_id"].isin(leads)].to_parquet(folder / file, index=False)
            else:
                rows = pd.read_csv(simulated / f"{table}.csv.gz", dtype=str, keep_default_na=False)
                rows[rows["lead_id"].isin(leads)].to_csv(folder / file, index=False)

    return write_some
