"""``leadlight register``: log the run to MLflow and register its bundle."""

from typing import Any

from leadlight.models.scoring.bundle import get_bundle_checksum, load_scorer
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import open_registry, set_champion
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json, write_json

__all__ = ["register"]


def register(params: Params, workdir: Workdir, as_champion: bool = False) -> dict[str, Any]:
    """Register the bundle.

    Parameters
    ----------
    params : Params
        Logged with the run.
    workdir : Workdir
        Where bundle, metrics and plots are.
    as_champion : bool
        Make it champion even if there is one.

    Returns
    -------
    dict
        version, champion (the version that serves), bundle (checksum).
    """
    metrics = read_json(workdir.require(workdir.metrics, "evaluate"))
    scorer = load_scorer(workdir.require(workdir.bundle, "calibrate"))
    checksum = get_bundle_checksum(workdir.bundle)
    settings = params.training.model_dump(mode="json") | {
        "candidate": scorer.metadata.candidate,
        "horizon_days": params.label.horizon_days,
        "simulated": scorer.metadata.simulated,
        **{f"policy_{name}": threshold.sentence for name, threshold in scorer.thresholds.items()},
    }
    figures = {
        f"{name}_{figure}" if name != "leadlight" else figure: value
        for name, group in metrics["figures"].items()
        for figure, value in group.items()
    }
    if "truth" in metrics:
        figures["regret"] = metrics["truth"]["leadlight"]["regret"]
    tags = {"bundle": checksum, "calibrated": str(metrics["calibration"]["passed"]).lower()}
    registry = open_registry(workdir, create=True)
    example = read_frame(workdir.features).head(20)[scorer.catalogue.names]
    number = registry.register(
        workdir.bundle, params=settings, metrics=figures, tags=tags, pictures=workdir.plots, example=example
    )
    if as_champion:
        set_champion(registry, number, {"promotion.verdict": "by hand"})
    result = {"version": number, "champion": registry.download().number, "bundle": checksum}
    write_json(workdir.registered, result)
    return result
