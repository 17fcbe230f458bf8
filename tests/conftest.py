"""What every test may use: the strict switch, the real data sets, a small simulated CRM that was run once."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DVC_NO_ANALYTICS"] = "true"
for name in ("LEADLIGHT_STORE_URL", "LEADLIGHT_MLFLOW_URI"):
    os.environ.pop(name, None)


def lacking(what: str) -> NoReturn:
    """Skip a test whose component is not here; fail it under the strict switch."""
    if os.environ.get("LEADLIGHT_TESTS_STRICT") == "1":
        pytest.fail(f"{what} LEADLIGHT_TESTS_STRICT is set, so this is a failure.", pytrace=False)
    pytest.skip(what)


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
        lacking(
            f"The real data sets must lie in {folder}, or where LEADLIGHT_REAL_DATA says. They are missing."
        )
    return folder


@pytest.fixture(scope="session")
def small_params(root: Path) -> str:
    """The params of the demo, for a CRM of 4,000 leads."""
    text = (root / "params.yaml").read_text(encoding="utf-8")
    text = text.replace("{leads: 20000, months: 24,", "{leads: 4000, months: 24,")
    assert "leads: 4000" in text
    text = text.replace("precision >= 0.25", "precision >= 0.15")
    return text.replace("training: {seed: 7}", "training: {seed: 7, max_rounds: 60, min_wins: 30, trials: 2}")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, small_params: str) -> Path:
    """A folder in which `leadlight run` was run on a small simulated CRM: params.yaml, data/ and work/.

    Read only: copy it (see `trained_copy`) before changing anything.
    """
    from leadlight.pipelines.jobs.run import run
    from leadlight.pipelines.params import load_params
    from leadlight.pipelines.workspace.workdir import Workdir

    folder = tmp_path_factory.mktemp("trained")
    (folder / "params.yaml").write_text(small_params, encoding="utf-8")
    run(load_params(folder / "params.yaml"), folder, Workdir(folder / "work"))
    return folder


@pytest.fixture
def trained_copy(trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained folder that a test may change; its registry still lies in the original."""
    shutil.copytree(trained, tmp_path / "copy")
    return tmp_path / "copy"
