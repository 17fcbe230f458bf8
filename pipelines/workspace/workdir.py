"""What stages leave in the working folder, and how: whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from leadlight.features.errors import SourceError

__all__ = [
    "Workdir",
    "make_corrupt_file_error",
    "read_frame",
    "read_json",
    "round_floats",
    "write_atomically",
    "write_folder_atomically",
    "write_frame",
    "write_json",
]


@dataclass(frozen=True)
class Workdir:
    """Names of everything that a run writes below its working folder."""

    root: Path

    def __post_init__(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise SourceError(f"The working folder must be a folder. Got the file {self.root}.")

    @property
    def tables(self) -> Path:
        """Clean tables, one Parquet file each."""
        return self.root / "tables"

    @property
    def ingest_report(self) -> Path:
        """Counts of rows, what is in quarantine, up to when the data speak."""
        return self.root / "tables" / "ingest.json"

    @property
    def quarantine(self) -> Path:
        """Rows that could not be used, with the reason."""
        return self.root / "tables" / "quarantine.csv"

    @property
    def audit(self) -> Path:
        """The quality and leak report."""
        return self.root / "audit"

    @property
    def audit_report(self) -> Path:
        """The report as JSON."""
        return self.root / "audit" / "audit.json"

    @property
    def snapshots(self) -> Path:
        """Labelled snapshots with their split."""
        return self.root / "snapshots" / "snapshots.parquet"

    @property
    def snapshot_report(self) -> Path:
        """Windows, counts, left truncation."""
        return self.root / "snapshots" / "snapshots.json"

    @property
    def features(self) -> Path:
        """The feature table of the snapshots."""
        return self.root / "features.parquet"

    @property
    def candidates(self) -> Path:
        """Trained candidates, before calibration."""
        return self.root / "candidates"

    @property
    def bundle(self) -> Path:
        """The scorer bundle."""
        return self.root / "bundle"

    @property
    def truth(self) -> Path:
        """True probabilities of the test snapshots, where the source is simulated."""
        return self.root / "truth.parquet"

    @property
    def metrics(self) -> Path:
        """Test figures."""
        return self.root / "metrics.json"

    @property
    def plots(self) -> Path:
        """Curves as CSV and pictures."""
        return self.root / "plots"

    @property
    def registered(self) -> Path:
        """Version and alias in the registry."""
        return self.root / "registered.json"

    @property
    def watch(self) -> Path:
        """The page and the report of ``leadlight watch``."""
        return self.root / "watch"

    @property
    def promotion(self) -> Path:
        """What the last comparison of challenger and champion came to."""
        return self.root / "promotion.json"

    @property
    def retrain_report(self) -> Path:
        """What the new wins changed; the same as a page beside it."""
        return self.root / "retrain.json"

    @property
    def retrain_log(self) -> Path:
        """What DVC said of the last retraining."""
        return self.root / "retrain.log"

    @property
    def lock(self) -> Path:
        """Held by whoever retrains or promotes."""
        return self.root / "retrain.lock"

    @property
    def store_url(self) -> str:
        """The score store, unless LEADLIGHT_STORE_URL names another."""
        return os.environ.get("LEADLIGHT_STORE_URL") or f"sqlite:///{(self.root / 'leadlight.db').resolve()}"

    @property
    def mlflow_uri(self) -> str:
        """The MLflow server, unless LEADLIGHT_MLFLOW_URI names another."""
        return os.environ.get("LEADLIGHT_MLFLOW_URI") or f"sqlite:///{(self.root / 'mlflow.db').resolve()}"

    def require(self, path: Path, verb: str) -> Path:
        """Return the path, or say which verb makes it."""
        if not path.exists():
            raise SourceError(f"The file {path} must exist. It is missing: run `leadlight {verb}` first.")
        return path


@contextmanager
def write_atomically(path: Path, *, a_folder: bool = False) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its place when the block ends well.

    Parameters
    ----------
    path : Path
        File to write.
    a_folder : bool
        Whether a folder that stands there may be replaced too.

    Raises
    ------
    SourceError
        If `path` is a folder, or lies in something that is none, or may not be written.
    """
    if path.is_dir() and not a_folder:
        raise SourceError(f"The output must be a file. Got the folder {path}.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(
            f"The output {path} must lie in a folder to write to. Got {error.strerror}."
        ) from None
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        _take_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def write_folder_atomically(path: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of `path`, a folder or a file, when the block ends well."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        yield fresh
        _take_place(fresh, path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _take_place(fresh: Path, path: Path) -> None:
    """Move something to where something may stand, which is lost only when the new one is there."""
    if not (fresh.is_dir() or path.is_dir()):
        fresh.replace(path)
        return
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    if path.exists():
        path.replace(old)
    try:
        fresh.replace(path)
    except OSError:
        if old.exists():
            old.replace(path)
        raise
    if old.is_dir():
        shutil.rmtree(old, ignore_errors=True)
    else:
        old.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys."""
    with write_atomically(path) as temporary:
        text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str)
        temporary.write_text(text + "\n", encoding="utf-8")


def round_floats(content: Any) -> Any:
    """Round the floats of plain data to six decimals: more would be noise in every diff."""
    if isinstance(content, dict):
        return {key: round_floats(value) for key, value in content.items()}
    if isinstance(content, list):
        return [round_floats(value) for value in content]
    return round(content, 6) if isinstance(content, float) else content


def read_json(path: Path) -> Any:
    """Read JSON that a stage wrote.

    Raises
    ------
    SourceError
        If it was damaged since.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise make_corrupt_file_error(path, error) from None


def read_frame(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet file that a stage wrote; errors as :func:`read_json`."""
    try:
        return pd.read_parquet(path, columns=columns)
    except (OSError, ValueError) as error:
        raise make_corrupt_file_error(path, error) from None


def make_corrupt_file_error(path: Path, error: Exception) -> SourceError:
    """Return the error for a file of the working folder that cannot be read any more."""
    reason = str(error).splitlines()[0].rstrip(".")
    return SourceError(f"The file {path} must be as its stage wrote it. Got {reason}: run that stage again.")


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a Parquet file."""
    with write_atomically(path) as temporary:
        frame.to_parquet(temporary, index=False)
