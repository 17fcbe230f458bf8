"""``leadlight truth``: true win probabilities of snapshots, by simulating futures of the simulated CRM."""

from collections.abc import Callable
from pathlib import Path

import ibis
import pandas as pd

from leadlight.features.labels import find_first_closes, label_snapshots
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.engines.engine import Engine, open_engine
from leadlight.pipelines.engines.open_leads import select_open_leads
from leadlight.pipelines.params import Params
from leadlight.pipelines.params.simulation import get_simulation
from leadlight.pipelines.simulation import simulate_true_probability
from leadlight.pipelines.workspace.workdir import Workdir, write_frame

__all__ = ["write_ground_truth"]


def write_ground_truth(
    params: Params,
    folder: Path,
    workdir: Workdir,
    *,
    as_of: pd.Timestamp | None = None,
    output: Path | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> int:
    """Write the true win probability and the outcome of each snapshot.

    Parameters
    ----------
    params : Params
        With a section ``simulation``.
    folder, workdir : Path, Workdir
        Where the source and the clean tables are.
    as_of : pd.Timestamp, optional
        Use the leads open at this time (naive UTC); default the snapshots of the test window.
    output : Path, optional
        Parquet file: lead_id, as_of, true_probability and won (NULL where the window has not ended yet).
    on_progress : callable, optional
        Called with the share done.

    Returns
    -------
    int
        Number of rows.
    """
    settings, source_folder = get_simulation(params, folder)
    if as_of is None:
        test = read_labelled_snapshots(workdir).select_split("test")
        snapshots = test.frame[["lead_id", "as_of", "won"]]
    else:
        snapshots = _label_open_leads(open_engine(workdir), as_of, params.label.horizon_days)
    true_probability = simulate_true_probability(
        settings, source_folder, snapshots[["lead_id", "as_of"]], params.label.horizon_days, on_progress=on_progress
    )
    write_frame(output or workdir.truth, snapshots.assign(true_probability=true_probability))
    return len(snapshots)


def _label_open_leads(engine: Engine, as_of: pd.Timestamp, horizon_days: int) -> pd.DataFrame:
    known_until = ibis.timestamp(engine.report["known_until"])
    leads = select_open_leads(engine, as_of)
    labelled = label_snapshots(leads, find_first_closes(engine.deals), horizon_days, known_until)
    frame: pd.DataFrame = labelled.order_by("lead_id").to_pyarrow().to_pandas()
    return frame
