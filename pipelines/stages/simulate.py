"""``leadlight simulate`` and ``leadlight truth``: the simulated CRM, and what it knows to be true."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from leadlight.features.errors import ParamsError
from leadlight.features.labels import find_first_closes, label_snapshots
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.engines.engine import Engine, open_engine
from leadlight.pipelines.engines.open_leads import select_open_leads
from leadlight.pipelines.params import Params
from leadlight.pipelines.simulation import SimulationSettings, simulate_true_probability
from leadlight.pipelines.simulation import simulate as simulate_world
from leadlight.pipelines.workspace.workdir import Workdir, write_frame

__all__ = ["simulate", "write_ground_truth"]


def simulate(
    params: Params, folder: Path, on_progress: Callable[[float], None] | None = None
) -> dict[str, Any]:
    """Write the simulated CRM to where the source is mapped to.

    Parameters
    ----------
    params : Params
        With a section ``simulation``.
    folder : Path
        Folder that the source's paths start from.
    on_progress : callable, optional
        Called with the share done.

    Returns
    -------
    dict
        Counts.

    Raises
    ------
    ParamsError
        If there is no section ``simulation``.
    """
    return simulate_world(_settings(params), _source_folder(params, folder), on_progress)


def write_ground_truth(
    params: Params,
    folder: Path,
    workdir: Workdir,
    *,
    as_of: pd.Timestamp | None = None,
    output: Path | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> int:
    """Write the true probability to win beside the outcome.

    Parameters
    ----------
    params : Params
        With a section ``simulation``.
    folder, workdir : Path, Workdir
        Where the source and the clean tables are.
    as_of : pd.Timestamp, optional
        Moment at which open leads are looked at, naive UTC; left out, the snapshots of the test window.
    output : Path, optional
        Parquet file: lead_id, as_of, true_probability and won (NULL where the window has not ended yet).
    on_progress : callable, optional
        Called with the share done.

    Returns
    -------
    int
        Number of rows.
    """
    settings = _settings(params)
    if as_of is None:
        test = read_labelled_snapshots(workdir).select_split("test")
        snapshots = test.frame[["lead_id", "as_of", "won"]]
    else:
        snapshots = _labelled(open_engine(workdir), as_of, params.label.horizon_days)
    known = simulate_true_probability(
        settings,
        _source_folder(params, folder),
        snapshots[["lead_id", "as_of"]],
        params.label.horizon_days,
        on_progress=on_progress,
    )
    write_frame(output or workdir.truth, snapshots.assign(true_probability=known))
    return len(snapshots)


def _labelled(engine: Engine, as_of: pd.Timestamp, horizon_days: int) -> pd.DataFrame:
    known_until = ibis.timestamp(engine.report["known_until"])
    leads = select_open_leads(engine, as_of)
    labelled = label_snapshots(leads, find_first_closes(engine.deals), horizon_days, known_until)
    frame: pd.DataFrame = labelled.order_by("lead_id").to_pyarrow().to_pandas()
    return frame


def _source_folder(params: Params, folder: Path) -> Path:
    """Return the folder that the simulated files lie in: that of the leads."""
    return (folder / params.source.leads.path).parent


def _settings(params: Params) -> SimulationSettings:
    if params.simulation is None:
        raise ParamsError("The params must have a section simulation to simulate. It is missing.")
    return params.simulation
