"""The trained run that a notebook looks at: its folder, params, model and snapshots, with one import."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import leadlight
from leadlight.features.errors import SourceError
from leadlight.models.scoring.bundle import load_evaluation_scorer
from leadlight.pipelines.datasets.labelled_snapshots import LabelledSnapshots, read_labelled_snapshots
from leadlight.pipelines.inference.load import load_model
from leadlight.pipelines.inference.loaded_model import LoadedModel
from leadlight.pipelines.params import Params, load_params
from leadlight.pipelines.sources.files.read import read_all_columns
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["TrainedRun", "find_folder", "open_run"]


@dataclass(frozen=True)
class TrainedRun:
    """A trained run.

    Parameters
    ----------
    folder : Path
        Folder of ``params.yaml`` and ``work``.
    params : Params
        Its params.
    workdir : Workdir
        Its working folder.
    model : LoadedModel
        The model of its bundle that serves.
    """

    folder: Path
    params: Params
    workdir: Workdir
    model: LoadedModel

    @property
    def judged(self) -> LoadedModel:
        """The model of the same procedure that has not seen the test window, which judges it."""
        scorer = load_evaluation_scorer(self.workdir.bundle)
        return LoadedModel(scorer, self.model.params, self.model.historised)

    @property
    def has_dates(self) -> bool:
        """Whether the source has dates; without them there are no ages, months, weeks and horizons."""
        return self.model.scorer.metadata.has_dates

    def split_past_and_test(self) -> tuple[LabelledSnapshots, LabelledSnapshots]:
        """Return the snapshots before the test window and those in it, with features."""
        snapshots = read_labelled_snapshots(self.workdir)
        return snapshots.select_past(), snapshots.select_split("test")

    def read_raw(self, table: str) -> pd.DataFrame | None:
        """Read a table of the source as it is, such as ``leads``; None where the source has none."""
        mapped = getattr(self.params.source, table)
        return None if mapped is None else read_all_columns(table, mapped, self.folder, self.params.source.database)


def find_folder() -> Path:
    """Return the folder that LEADLIGHT_NOTEBOOK_FOLDER names; without it, the clone of the imported package."""
    named = os.environ.get("LEADLIGHT_NOTEBOOK_FOLDER")
    return Path(named) if named else Path(leadlight.__file__).resolve().parents[2]


def open_run(folder: Path) -> TrainedRun:
    """Open the trained run in a folder.

    Raises
    ------
    SourceError
        If the folder holds no params or no bundle.
    """
    workdir = Workdir(folder / "work")
    if not ((folder / "params.yaml").exists() and workdir.bundle.exists()):
        raise SourceError(f"The folder {folder} must hold a trained run. It is missing: run `make demo` first.")
    warnings.filterwarnings("ignore", message="IProgress not found")  # shap and MLflow look for a progress widget
    return TrainedRun(folder, load_params(folder / "params.yaml"), workdir, load_model(workdir.root))
