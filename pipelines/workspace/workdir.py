"""Paths of the working folder, and atomic writes."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from leadlight.features.errors import SourceError
from leadlight.models.scoring.atomic_folder import replace_path, restore_path, write_folder_atomically

__all__ = [
    "TIMES",
    "Workdir",
    "find_database_file",
    "find_scores_path",
    "has_database",
    "make_corrupt_file_error",
    "read_frame",
    "read_json",
    "round_floats",
    "write_atomically",
    "write_folder_atomically",
    "write_frame",
    "write_json",
]

#: clean table -> its column of time
TIMES = {
    "leads": "created_at",
    "activities": "occurred_at",
    "deals": "closed_at",
    "history": "changed_at",
    "stages": "entered_at",
}
#: signs that DuckDB, Spark or SQLite read as something else than themselves
PATTERN_SIGNS = ("?", "*", "[", "]", "{", "}", "\\")


class _PathBelow:
    """Attribute of `Workdir`: a path below its root."""

    def __init__(self, relative: str) -> None:
        self.relative = relative

    def __get__(self, workdir: "Workdir", owner: type) -> Path:
        return workdir.root / self.relative


@dataclass(frozen=True)
class Workdir:
    """Paths of everything that a run writes below its working folder."""

    root: Path

    #: clean tables, one Parquet file each
    tables = _PathBelow("tables")
    #: row counts, quarantine and the time up to which the data reach
    ingest_report = _PathBelow("tables/ingest.json")
    #: unusable rows, with the reason
    quarantine = _PathBelow("tables/quarantine.csv")
    #: the quality and leak report
    audit = _PathBelow("audit")
    #: the report as JSON
    audit_report = _PathBelow("audit/audit.json")
    #: labelled snapshots with their split
    snapshots = _PathBelow("snapshots/snapshots.parquet")
    #: windows, counts, left truncation
    snapshot_report = _PathBelow("snapshots/snapshots.json")
    #: the feature table of the snapshots
    features = _PathBelow("features.parquet")
    #: trained candidates, before calibration
    candidates = _PathBelow("candidates")
    #: the scorer bundle
    bundle = _PathBelow("bundle")
    #: true probabilities of the test snapshots, where the source is simulated
    truth = _PathBelow("truth.parquet")
    #: the metrics of the test window that are compared from run to run, at most 15 values
    metrics = _PathBelow("metrics.json")
    #: all metrics of the test window, of the model and its rivals, with intervals
    details = _PathBelow("details.json")
    #: curves as CSV and pictures
    plots = _PathBelow("plots")
    #: version and alias in the registry
    registered = _PathBelow("registered.json")
    #: what each scoring run saw of the source, a file each
    profiles = _PathBelow("profiles")
    #: the page and the report of ``leadlight watch``
    watch = _PathBelow("watch")
    #: result of the last comparison of challenger and champion
    promotion = _PathBelow("promotion.json")
    #: what the retraining changed, as JSON; a Markdown page lies beside it
    retrain_report = _PathBelow("retrain.json")
    #: output of DVC in the last retraining
    retrain_log = _PathBelow("retrain.log")
    #: lock file of retraining and promotion
    lock = _PathBelow("retrain.lock")

    def __post_init__(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise SourceError(f"The working folder must be a folder. Got the file {self.root}.")
        _check_path(self.root.resolve())

    @property
    def store_url(self) -> str:
        """The score store, unless LEADLIGHT_STORE_URL names another."""
        return os.environ.get("LEADLIGHT_STORE_URL") or f"sqlite:///{(self.root / 'leadlight.db').resolve()}"

    @property
    def mlflow_uri(self) -> str:
        """The MLflow server, unless LEADLIGHT_MLFLOW_URI names another."""
        return os.environ.get("LEADLIGHT_MLFLOW_URI") or f"sqlite:///{(self.root / 'mlflow.db').resolve()}"

    def require(self, path: Path, verb: str) -> Path:
        """Return the path if it exists; else raise SourceError that names the command to run."""
        restore_path(path)
        if not path.exists():
            raise SourceError(f"The file {path} must exist. It is missing: run `leadlight {verb}` first.")
        return path


def _check_path(path: Path) -> None:
    """Refuse paths that DuckDB and Spark read as patterns, or MLflow as an escaped address."""
    text = path.as_posix()
    found = next((sign for sign in PATTERN_SIGNS if sign in text), None)
    if found is None and unquote(text) != text:
        found = "%" + text.partition("%")[2][:2]
    if found is not None:
        raise SourceError(
            f"The path of the working folder must hold none of {' '.join(PATTERN_SIGNS)} and no % before two "
            f"hexadecimal digits. Got {found} in {text}: rename the folder, or name another with --workdir."
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        shown = text.encode("utf-8", "backslashreplace").decode()
        raise SourceError(f"The path of the working folder must be UTF-8. Got {shown}.") from None


def find_database_file(url: str) -> Path | None:
    """Return the file of an SQLite URL; None for a server, or for a URL that cannot be read."""
    try:
        address = make_url(url)
    except ArgumentError:
        return None
    is_file = address.get_backend_name() == "sqlite" and address.database not in {None, "", ":memory:"}
    return Path(str(address.database)) if is_file else None


def find_scores_path(workdir: Workdir, as_of: pd.Timestamp) -> Path:
    """Return the file of the scores of a night; `as_of` is naive UTC."""
    return workdir.root / "scores" / f"scores-{as_of:%Y-%m-%dT%H%M%S}Z.parquet"


def has_database(url: str) -> bool:
    """Return whether a database can be opened without creating it: False for a missing SQLite file."""
    file = find_database_file(url)
    return file is None or file.exists()


@contextmanager
def write_atomically(path: Path, *, a_folder: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it if the block succeeds.

    Parameters
    ----------
    path : Path
        File to write.
    a_folder : bool
        Whether an existing folder may be replaced too.

    Raises
    ------
    SourceError
        If `path` is a folder, its parent is none, or it may not be written.
    """
    if path.is_dir() and not a_folder:
        raise SourceError(f"The output must be a file. Got the folder {path}.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"The output {path} must lie in a folder to write to. Got {error.strerror}.") from None
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        replace_path(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys."""
    with write_atomically(path) as temporary:
        text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str)
        temporary.write_text(text + "\n", encoding="utf-8")


def round_floats(content: Any) -> Any:
    """Round the floats of plain data to six decimals, to keep diffs small."""
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
        If it is damaged.
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
    """Return the error for a file of the working folder that cannot be read."""
    reason = str(error).splitlines()[0].rstrip(".")
    return SourceError(f"The file {path} must be as its stage wrote it. Got {reason}: run that stage again.")


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a Parquet file."""
    with write_atomically(path) as temporary:
        frame.to_parquet(temporary, index=False)
