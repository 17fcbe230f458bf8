"""What stages leave in the working folder, and how: whole or not at all."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import SourceError

__all__ = ["Workdir", "read_json", "replacing", "write_frame", "write_json"]


@dataclass(frozen=True)
class Workdir:
    """Names of everything that a run writes below its working folder."""

    root: Path

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
    def store_url(self) -> str:
        """The score store, unless LEADLIGHT_STORE_URL names another."""
        return os.environ.get("LEADLIGHT_STORE_URL") or f"sqlite:///{(self.root / 'leadlight.db').resolve()}"

    @property
    def mlflow_uri(self) -> str:
        """The MLflow server, unless LEADLIGHT_MLFLOW_URI names another."""
        return os.environ.get("LEADLIGHT_MLFLOW_URI") or f"sqlite:///{(self.root / 'mlflow.db').resolve()}"

    def need(self, path: Path, verb: str) -> Path:
        """Return the path, or say which verb makes it."""
        if not path.exists():
            raise SourceError(f"The file {path} must exist. It is missing: run `leadlight {verb}` first.")
        return path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys."""
    with replacing(path) as temporary:
        text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a Parquet file."""
    with replacing(path) as temporary:
        frame.to_parquet(temporary, index=False)
