"""``leadlight simulate``: write a simulated CRM to the files that the source names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from leadlight.pipelines.params import Params
from leadlight.pipelines.params.simulation import get_simulation
from leadlight.pipelines.simulation import simulate as simulate_crm

__all__ = ["simulate"]


def simulate(params: Params, folder: Path, on_progress: Callable[[float], None] | None = None) -> dict[str, Any]:
    """Write the simulated CRM.

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
        Number of rows by table.

    Raises
    ------
    ParamsError
        If there is no section ``simulation``, or the simulator is not installed.
    """
    return simulate_crm(*get_simulation(params, folder), on_progress)
