"""``leadlight register``: put the bundle into the registry, as a version of the run that trained it."""

from pathlib import Path
from typing import Any

from leadlight.models.scoring.bundle import get_bundle_checksum
from leadlight.pipelines.registry.champion import open_registry, set_champion
from leadlight.pipelines.registry.run_logging import log_model, log_training
from leadlight.pipelines.registry.training_run import describe_training
from leadlight.pipelines.workspace.workdir import Workdir, write_json

__all__ = ["register"]


def register(workdir: Workdir, folder: Path, as_champion: bool = False) -> dict[str, Any]:
    """Register the bundle; one that is registered keeps its version.

    Parameters
    ----------
    workdir : Workdir
        Where bundle, metrics and plots are.
    folder : Path
        Folder of the params file.
    as_champion : bool
        Make it champion even if there is one.

    Returns
    -------
    dict
        version, champion (the version that serves), bundle (checksum).
    """
    training = describe_training(workdir, folder)
    registry = open_registry(workdir, create=True)
    number = registry.find_registered(training.tags["bundle"])
    if number is None:
        run = log_training(registry, training, workdir, folder / "params.yaml")
        logged = log_model(registry, run, workdir.bundle, training)
        tags = {key: training.tags[key] for key in ("bundle", "calibration")}
        number = registry.create_version(run, logged, tags, training.description)
    registry.make_challenger(number)
    if as_champion:
        set_champion(registry, number, {"promotion.verdict": "by hand"})
    result = {"version": number, "champion": registry.download().number, "bundle": get_bundle_checksum(workdir.bundle)}
    write_json(workdir.registered, result)
    return result
