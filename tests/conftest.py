"""What every test may use: the strict switch, the real data sets, a small simulated CRM that was run once."""

import contextlib
import gc
import io
import json
import os
import re
import shutil
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DVC_NO_ANALYTICS"] = "true"
# two workers share two cores: further threads of BLAS would only wait for each other; no figure depends on their number
# (unit/test_reproducible_fit.py)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# a worker holds a million objects of imported modules, which collections go through in vain
gc.set_threshold(50_000, 20, 100)
for name in ("LEADLIGHT_STORE_URL", "LEADLIGHT_MLFLOW_URI"):
    os.environ.pop(name, None)


def lacking(what: str) -> NoReturn:
    """Skip a test whose component is not here; fail it under the strict switch."""
    if os.environ.get("LEADLIGHT_TESTS_STRICT") == "1":
        pytest.fail(f"{what} LEADLIGHT_TESTS_STRICT is set, so this is a failure.", pytrace=False)
    pytest.skip(what)


#: fixture -> marker of the tests that use it (see markers in pyproject.toml)
MARKERS = {
    "spark": "spark", "trained": "trained", "trained_copy": "trained", "trained_crm": "trained",
    "trained_module": "trained", "trained_tiny": "trained", "demo": "trained", "browser": "browser", "page": "browser",
    "postgresql": "postgres", "postgresql_url": "postgres",
}  # fmt: skip
#: the same for values of parameters that choose a fixture
PARAMETERS = {"postgresql": "postgres", "spark": "spark"}


#: folders of `make test-fast`
FAST = ("rules", "unit", "spec", "faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they need."""
    for item in items:
        needs = {MARKERS[name] for name in getattr(item, "fixturenames", ()) if name in MARKERS}
        parameters = getattr(getattr(item, "callspec", None), "params", {}).values()
        needs |= {PARAMETERS[value] for value in parameters if isinstance(value, str) and value in PARAMETERS}
        for marker in sorted(needs):
            item.add_marker(marker)
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        if folder in FAST and not {"slow", "spark"} & {marker.name for marker in item.iter_markers()}:
            item.add_marker("fast")


@pytest.fixture(scope="session", name="lacking")
def lacking_fixture() -> Callable[[str], NoReturn]:
    """Hand out `lacking` to the tests of a folder, which cannot import this file."""
    return lacking


@pytest.fixture(scope="module")
def benchmarks(root: Path) -> Iterator[None]:
    """Make the modules of `benchmarks`, which is no package, importable to a file of tests."""
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(root / "benchmarks")
    yield
    patch.undo()


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """Ibis on a local Spark session that plans small tables fast; its files lie in a temporary folder."""
    pytest.importorskip("pyspark") if os.environ.get("LEADLIGHT_TESTS_STRICT") != "1" else None
    from pyspark.sql import SparkSession

    from leadlight.features.errors import ParamsError
    from leadlight.pipelines.engines.spark import open_spark

    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        lacking("Spark needs Java 17 or 21 (Debian: openjdk-17-jre-headless). It is missing.")
    builder = SparkSession.builder.master("local[1]")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        # a dozen rows are worth no compiled code
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
        yield open_spark()
    except ParamsError as error:
        lacking(str(error))
    session.stop()


@pytest.fixture(scope="session")
def root() -> Path:
    """Root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data sets, which are not part of the project."""
    folder = Path(os.environ.get("LEADLIGHT_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        lacking(f"The real data sets must lie in {folder}, or where LEADLIGHT_REAL_DATA says. They are missing.")
    return folder


@pytest.fixture(scope="session")
def small_params(root: Path) -> str:
    """The params of the demo, for a CRM of 4,000 leads."""
    text = (root / "params.yaml").read_text(encoding="utf-8")
    text = text.replace("{leads: 20000, months: 24,", "{leads: 4000, months: 24,")
    assert "leads: 4000" in text
    text = text.replace("precision >= 0.25", "precision >= 0.15")
    text = re.sub(r"(?m)^snapshots: .*$", "snapshots: {after_days: [0], every_days: 30}", text)
    few = "training: {candidates: [points, logistic, boosted], seed: 7, max_rounds: 30, min_wins: 30}"
    assert "training: {seed: 7}" in text
    return text.replace("training: {seed: 7}", few)


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Return a function that fills a folder once per run, which all workers of pytest-xdist then share."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make_once(name: str, build: Callable[[Path], None]) -> Path:
        folder, complete = shared / name, shared / f"{name}.complete"
        with FileLock(shared / f"{name}.lock"):
            if not complete.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                build(folder)
                complete.touch()
        return folder

    return make_once


@pytest.fixture(scope="session")
def trained(make_once: Callable[[str, Callable[[Path], None]], Path], small_params: str) -> Path:
    """A folder with params.yaml, data/ and work/: all stages ran once on a small simulated CRM.

    Read only, for all workers share it: copy it (see `trained_copy`) before changing anything. reads.json
    holds what each stage read of params and of the working folder, for tests/rules/test_dvc.py.
    """
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.stages.table import select_stages
    from leadlight.pipelines.workspace.workdir import Workdir

    def build(folder: Path) -> None:
        (folder / "params.yaml").write_text(small_params, encoding="utf-8")
        params, reads = load_params(folder / "params.yaml"), {}
        for name, stage in select_stages(params).items():
            with record_reads(params) as reads[name]:
                stage.run(params, folder, Workdir(folder / "work"))
        plain = {name: {kind: sorted(keys) for kind, keys in read.items()} for name, read in reads.items()}
        (folder / "reads.json").write_text(json.dumps(plain, indent=1), encoding="utf-8")

    return make_once("trained", build)


@contextlib.contextmanager
def record_reads(params: Any) -> Iterator[dict[str, set[str]]]:
    """Record which keys of params and which paths of the working folder are read while the block runs.

    A section counts as read where it is dumped whole or may be missing (``policy``, ``simulation``);
    otherwise only its keys count.
    """
    from pydantic import BaseModel

    from leadlight.pipelines.workspace.workdir import Workdir

    prefixes: dict[int, str] = {}
    kinds: set[type] = set()

    def walk(value: Any, prefix: str) -> None:
        if isinstance(value, BaseModel):
            prefixes[id(value)] = prefix
            kinds.add(type(value))
            for name in type(value).model_fields:
                walk(getattr(value, name), f"{prefix}.{name}".lstrip("."))
        elif isinstance(value, dict):
            for key, entry in value.items():
                walk(entry, f"{prefix}.{key}")
        elif isinstance(value, tuple):
            for entry in value:
                walk(entry, prefix)

    walk(params, "")
    reads: dict[str, set[str]] = {"params": set(), "paths": set()}

    def read_key(self: Any, name: str) -> Any:
        value = object.__getattribute__(self, name)
        prefix = prefixes.get(id(self))
        if prefix is not None and name in type(self).model_fields:
            optional = type(None) in typing.get_args(type(self).model_fields[name].annotation)
            if optional or not isinstance(value, BaseModel):
                reads["params"].add(f"{prefix}.{name}".lstrip("."))
        elif prefix is not None and name.startswith("model_dump"):
            reads["params"].add(prefix)
        return value

    def read_path(self: Any, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if isinstance(value, Path) and name != "root":
            reads["paths"].add(value.relative_to(object.__getattribute__(self, "root")).as_posix())
        return value

    with pytest.MonkeyPatch.context() as patch:
        for kind in kinds:
            patch.setattr(kind, "__getattribute__", read_key)
        patch.setattr(Workdir, "__getattribute__", read_path)
        yield reads


@pytest.fixture(scope="module")
def trained_module(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the trained folder that the tests of one file may change."""
    return Path(shutil.copytree(trained, tmp_path_factory.mktemp("module") / "trained"))


@pytest.fixture
def trained_copy(trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained folder that a test may change."""
    shutil.copytree(trained, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture(scope="session")
def call_leadlight() -> Callable[..., tuple[int, str]]:
    """Run `leadlight` by its entry point within this process: its imports take longer than most commands."""

    def call_leadlight(words: list[str], folder: Path) -> tuple[int, str]:
        """Call the program in a folder; return its exit code and what it printed."""
        from leadlight.pipelines.cli.main import main

        printed = io.StringIO()
        with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
            patch.setattr(sys, "argv", ["leadlight", *words])
            patch.setenv("COLUMNS", "100")
            with pytest.raises(SystemExit) as ended:
                main()
        return int(ended.value.code or 0), printed.getvalue()

    return call_leadlight


@pytest.fixture(scope="module")
def without_shap_plots() -> Iterator[None]:
    """Spare the plots of SHAP values, a third of an evaluation, in a file of tests that does not look at them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leadlight.pipelines.stages.evaluate.write_shap_plots", lambda *_: [])
        yield
