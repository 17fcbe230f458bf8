"""``leadlight register``: log the run to MLflow and put the bundle into the registry."""

from pathlib import Path
from typing import Any

from models.bundle import bundle_checksum, load_scorer
from pipelines.outputs import Workdir, read_frame, read_json, write_json
from pipelines.params import Params
from pipelines.registry import CHAMPION, Registry, no_model

__all__ = ["REPLACES", "crown", "open_registry", "register"]

#: tag of a version: the one that it took the place of, which is where a rollback leads
REPLACES = "promotion.replaces"


def open_registry(workdir: Workdir, create: bool = False) -> Registry:
    """Open the registry of the working folder, or the one that LEADLIGHT_MLFLOW_URI names.

    Raises
    ------
    BundleError
        If it has to be there already and is not; MLflow would make an empty one.
    """
    database = workdir.mlflow_uri.removeprefix("sqlite:///")
    if not create and database != workdir.mlflow_uri and not Path(database).exists():
        raise no_model(CHAMPION, workdir.mlflow_uri)
    return Registry(workdir.mlflow_uri, workdir.root / "mlartifacts")


def crown(registry: Registry, number: str, why: dict[str, str | None]) -> None:
    """Make a version the champion: first the reasons as its tags, then the alias, in one call.

    The alias alone says who serves. A kill before that call leaves the old champion serving, and tags of a
    decision that did not take effect; after it everything is there.

    Parameters
    ----------
    registry : Registry
        Where the versions are.
    number : str
        The version that is to serve.
    why : dict of str to str
        Tags to write.
    """
    found = registry.find(CHAMPION)
    if found is not None and found[0] == number:
        return
    registry.tag(number, why | {REPLACES: found[0] if found is not None else None})
    registry.point(CHAMPION, number)


def register(params: Params, workdir: Workdir, as_champion: bool = False) -> dict[str, Any]:
    """Register the bundle.

    Parameters
    ----------
    params : Params
        Logged with the run.
    workdir : Workdir
        Where bundle, metrics and plots are.
    as_champion : bool
        Let it serve at once, whoever serves now. Without it a bundle serves only where none does yet.

    Returns
    -------
    dict
        version, champion (the version that serves), bundle (checksum).
    """
    metrics = read_json(workdir.need(workdir.metrics, "evaluate"))
    scorer = load_scorer(workdir.need(workdir.bundle, "calibrate"))
    checksum = bundle_checksum(workdir.bundle)
    settings = params.training.model_dump(mode="json") | {
        "candidate": scorer.facts["candidate"],
        "horizon_days": params.label.horizon_days,
        "simulated": scorer.facts["simulated"],
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
        crown(registry, number, {"promotion.verdict": "by hand"})
    result = {"version": number, "champion": registry.load().number, "bundle": checksum}
    write_json(workdir.registered, result)
    return result
