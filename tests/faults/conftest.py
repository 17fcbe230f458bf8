"""A source small enough to train on in a second, the command line, and a listing of what lies in a folder."""

import csv
import datetime as dt
import hashlib
import random
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

START = dt.datetime(2024, 1, 1, 8)
DAYS = 300

PARAMS = """\
source:
  timezone: Europe/Berlin
  leads:
    path: leads.csv
    lead_id: lead
    created_at: {column: created, format: "%Y-%m-%d %H:%M:%S"}
  activities:
    path: activities.csv
    lead_id: lead
    occurred_at: {column: at, format: "%Y-%m-%d %H:%M:%S"}
    type: what
    value: pages
  deals:
    path: deals.csv
    lead_id: lead
    closed_at: {column: closed, format: "%Y-%m-%d %H:%M:%S"}
    status: {column: status, won: [won], lost: [lost]}
    amount: amount
attributes:
  industry: {kind: category, label: {en: Industry, de: Branche}}
  employees: {kind: number, label: {en: Employees, de: Mitarbeiter}}
signals:
  Demo: {effect: raises, label: {en: Demo, de: Demo}}
label: {horizon_days: 20}
snapshots: {at_creation: true, after_days: [], every_days: null}
training: {candidates: [logistic], min_wins: 20, min_category_leads: 5}
policy:
  marketing_qualified: highest recall with precision >= 0.30
  sales_qualified: highest recall with precision >= 0.60
"""


@dataclass(frozen=True)
class Outcome:
    """What the command line left behind: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


@dataclass
class Crm:
    """The folder of a customer: three tables, params and a working folder, all of which a test may spoil."""

    folder: Path
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def params(self) -> Path:
        return self.folder / "params.yaml"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def set(self, path: str, value: Any) -> None:
        """Set a key of params by its dotted path; None as value takes it out."""
        content = YAML(typ="safe", pure=True).load(self.params.read_text(encoding="utf-8"))
        *sections, key = path.split(".")
        place = content
        for section in sections:
            place = place[section]
        if value is None:
            del place[key]
        else:
            place[key] = value
        with self.params.open("w", encoding="utf-8") as file:
            YAML(typ="safe", pure=True).dump(content, file)

    def change(self, old: str, new: str) -> None:
        """Change the text of params."""
        text = self.params.read_text(encoding="utf-8")
        assert old in text
        self.params.write_text(text.replace(old, new), encoding="utf-8")

    def write(self, name: str, rows: Sequence[dict[str, Any]] | None = None) -> None:
        """Write a table anew: the given rows, or those that a test has spoilt in `tables`."""
        rows = self.tables[name] if rows is None else rows
        with (self.folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(self.tables[name][0]))
            writer.writeheader()
            writer.writerows(rows)

    def listing(self) -> dict[str, str]:
        """Every file and folder below the working folder with its checksum."""
        return {
            path.relative_to(self.work).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            if path.is_file()
            else "folder"
            for path in sorted(self.work.rglob("*"))
        }

    def has_run(self, *stages: str) -> None:
        """Run stages that are to succeed, so that a test starts from what they leave."""
        from leadlight.pipelines.params import load_params
        from leadlight.pipelines.stages.table import STAGES
        from leadlight.pipelines.workspace.workdir import Workdir

        for stage in stages:
            STAGES[stage].run(load_params(self.params), self.folder, Workdir(self.work))

    def leftovers(self) -> list[str]:
        """Temporary files that nobody took away, in the whole folder."""
        return [
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.name.endswith((".part", ".tmp", "-journal", "-wal"))
        ]


def draw_tables() -> dict[str, list[dict[str, Any]]]:
    """Draw 500 leads of 300 days: who asks for a demo wins far more often."""
    draw = random.Random(3)
    leads, activities, deals = [], [], []
    for number in range(500):
        lead = f"L{number:04d}"
        created = START + dt.timedelta(seconds=int(number * DAYS * 86_400 / 500))
        industry = draw.choice(["Steel", "Food", "Paper"])
        leads.append({"lead": lead, "created": created, "industry": industry, "employees": draw.randint(5, 900)})
        demo = draw.random() < 0.35
        for what in ["Page", "Demo"] if demo else ["Page"]:
            at = created - dt.timedelta(minutes=draw.randint(5, 3000))
            activities.append({"lead": lead, "at": at, "what": what, "pages": draw.randint(1, 9)})
        wins = draw.random() < (0.7 if demo else 0.08) + (0.15 if industry == "Steel" else 0)
        if wins or draw.random() < 0.7:
            closed = created + dt.timedelta(days=draw.randint(1, 15))
            status = "won" if wins else "lost"
            deals.append({"lead": lead, "closed": closed, "status": status, "amount": draw.randint(1, 90) * 100})
    return {"leads": leads, "activities": activities, "deals": deals}


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    """A fresh source with its params; nothing has been run."""
    folder = tmp_path / "crm"
    folder.mkdir()
    made = Crm(folder, draw_tables())
    made.params.write_text(PARAMS, encoding="utf-8")
    for name in made.tables:
        made.write(name)
    return made


@pytest.fixture(scope="session")
def trained_tiny(
    make_once: Callable[[str, Callable[[Path], None]], Path], call_leadlight: Callable[..., tuple[int, str]]
) -> Path:
    """The folder of a source on which `leadlight run` and one night of `leadlight score` were run."""

    def build(folder: Path) -> None:
        made = Crm(folder, draw_tables())
        made.params.write_text(PARAMS, encoding="utf-8")
        for name in made.tables:
            made.write(name)
        for words in (["run"], ["score", "--as-of", "2024-10-20"]):
            code, said = call_leadlight([*words, "--params", str(made.params), "--workdir", str(made.work)], folder)
            assert code == 0, said

    return make_once("tiny", build)


@pytest.fixture
def trained_crm(trained_tiny: Path, tmp_path: Path) -> Crm:
    """A copy of the trained folder, with its own registry, that a test may spoil."""
    from leadlight.pipelines.registry.artifact_locations import update_artifact_locations

    copy = Crm(shutil.copytree(trained_tiny, tmp_path / "crm"), draw_tables())
    update_artifact_locations(copy.work / "mlflow.db", copy.work / "mlartifacts", "leadlight")
    return copy


def call(words: Sequence[str]) -> Outcome:
    """Run `leadlight` as a process of its own, as an operator would."""
    binary = Path(sys.executable).parent / "leadlight"
    done = subprocess.run([binary, *words], capture_output=True, text=True, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def process() -> Callable[..., Outcome]:
    """`leadlight` as a process of its own."""
    return lambda crm, verb, *more: call([verb, *more, "--params", str(crm.params), "--workdir", str(crm.work)])


@pytest.fixture
def leadlight(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """The same entry point within this process: `main`, with its exit code and its two streams."""

    def run(crm: Crm, verb: str, *more: str, params: bool = True) -> Outcome:
        from leadlight.pipelines.cli.main import main

        given = ["--params", str(crm.params)] if params else []
        monkeypatch.setattr(sys, "argv", ["leadlight", verb, *more, *given, "--workdir", str(crm.work)])
        capsys.readouterr()
        code: Any = 0
        trace = ""
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        except BaseException:
            code, trace = 1, traceback.format_exc()
        said = capsys.readouterr()
        return Outcome(int(code), said.out, said.err + trace)

    return run


@pytest.fixture
def refused(leadlight: Callable[..., Outcome]) -> Callable[..., str]:
    """Run a command that must be refused: one sentence, the exit code, and not a byte changed.

    Returns the sentence. `scratch` names a folder of the working folder that is made anew by each run.
    """

    def check(
        crm: Crm,
        verb: str,
        *more: str,
        code: int,
        run: Callable[..., Outcome] = leadlight,
        scratch: str = "-",
        **how: Any,
    ) -> str:
        def kept() -> dict[str, str]:
            return {name: sum_ for name, sum_ in crm.listing().items() if not name.startswith(scratch)}

        before, there = kept(), crm.work.exists()
        outcome = run(crm, verb, *more, **how)
        said = outcome.err.strip()
        assert "Traceback" not in said, said
        assert outcome.code == code, outcome
        assert "\n" not in said, said
        assert said.startswith("Error: The "), said
        assert said.endswith((".", "?")), said
        assert " must " in said, said
        assert any(words in said for words in ("Got ", "Got: ", "is missing", "The best ")), said
        assert kept() == before
        assert crm.work.exists() == there
        assert crm.leftovers() == []
        return said

    return check
