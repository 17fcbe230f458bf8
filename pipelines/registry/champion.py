"""The registry of a working folder, and the move of the alias that says which version serves."""

from pathlib import Path

from leadlight.pipelines.registry.mlflow_registry import CHAMPION, Registry, make_no_model_error
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["PREVIOUS_CHAMPION_TAG", "open_registry", "set_champion"]


#: tag of a version: the one that it took the place of, which is where a rollback leads
PREVIOUS_CHAMPION_TAG = "promotion.replaces"


def open_registry(workdir: Workdir, create: bool = False) -> Registry:
    """Open the registry of the working folder, or the one that LEADLIGHT_MLFLOW_URI names.

    Raises
    ------
    BundleError
        If it has to be there already and is not; MLflow would make an empty one.
    """
    database = workdir.mlflow_uri.removeprefix("sqlite:///")
    if not create and database != workdir.mlflow_uri and not Path(database).exists():
        raise make_no_model_error(CHAMPION, workdir.mlflow_uri)
    return Registry(workdir.mlflow_uri, workdir.root / "mlartifacts")


def set_champion(registry: Registry, number: str, why: dict[str, str | None]) -> None:
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
    found = registry.find_version(CHAMPION)
    if found is not None and found[0] == number:
        return
    registry.set_tags(number, why | {PREVIOUS_CHAMPION_TAG: found[0] if found is not None else None})
    registry.set_alias(CHAMPION, number)
