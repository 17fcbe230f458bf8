"""Opens the registry of a working folder, and moves its champion alias."""

from typing import NamedTuple

from leadlight.pipelines.registry.artifact_locations import update_artifact_locations
from leadlight.pipelines.registry.database_creation import create_database
from leadlight.pipelines.registry.mlflow_registry import CHALLENGER, CHAMPION, EXPERIMENT, Registry
from leadlight.pipelines.registry.registry_errors import convert_errors, make_no_model_error
from leadlight.pipelines.workspace.workdir import Workdir, find_database_file, has_database

__all__ = ["PREVIOUS_CHAMPION_TAG", "RegistryState", "open_registry", "read_registry_state", "set_champion"]

#: tag with the number of the champion that a version replaced; a rollback returns to it
PREVIOUS_CHAMPION_TAG = "promotion.replaces"


def open_registry(workdir: Workdir, create: bool = False) -> Registry:
    """Open the registry of the working folder, or the one that LEADLIGHT_MLFLOW_URI names.

    The addresses of its artifacts are brought up to date where the working folder was moved or copied.

    Raises
    ------
    BundleError
        If `create` is false and there is none; MLflow would make an empty one.
    """
    uri, artifacts = workdir.mlflow_uri, workdir.root / "mlartifacts"
    if not (create or has_database(uri)):
        raise make_no_model_error(CHAMPION, uri)
    file = find_database_file(uri)
    if create and file is not None and not file.exists():
        with convert_errors(uri):
            create_database(file)
    # a database that lies elsewhere is shared by choice, and its artifacts stay where it has them
    if file is not None and file.exists() and file.parent.resolve() == workdir.root.resolve():
        update_artifact_locations(file, artifacts, EXPERIMENT)
    return Registry(uri, artifacts)


class RegistryState(NamedTuple):
    """Number and tags of the versions that hold the two aliases, at one moment."""

    champion: tuple[str, dict[str, str]]
    challenger: tuple[str, dict[str, str]]

    @property
    def checksums(self) -> set[str]:
        """Checksums of both bundles."""
        return {tags.get("bundle", "") for _, tags in (self.champion, self.challenger)}


def read_registry_state(registry: Registry) -> RegistryState:
    """Look up both aliases.

    Raises
    ------
    NoModelError
        If one of them is missing.
    """
    found = []
    for alias in (CHAMPION, CHALLENGER):
        version = registry.find_version(alias)
        if version is None:
            raise make_no_model_error(alias, registry.uri)
        found.append(version)
    return RegistryState(*found)


def set_champion(registry: Registry, number: str, why: dict[str, str | None]) -> None:
    """Make a version the champion: write its tags, then move the alias in one call.

    Only the alias decides which version serves. A process killed before that call leaves the old champion
    serving, and tags of a decision that did not take effect.

    Parameters
    ----------
    registry : Registry
        The registry.
    number : str
        The new champion.
    why : dict of str to str
        Tags to write.
    """
    champion = registry.find_version(CHAMPION)
    if champion is not None and champion[0] == number:
        return
    registry.set_tags(number, why | {PREVIOUS_CHAMPION_TAG: champion[0] if champion is not None else None})
    registry.set_alias(CHAMPION, number)
