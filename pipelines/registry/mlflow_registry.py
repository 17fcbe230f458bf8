"""The model registry: versions, aliases and tags in MLflow."""

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
# fail fast: MLflow retries for minutes by default
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from leadlight.features.errors import BundleError
from leadlight.models.scoring.bundle import get_bundle_checksum, verify_bundle
from leadlight.pipelines.registry.registry_errors import convert_errors, hide_password, make_no_model_error

__all__ = ["CHALLENGER", "CHAMPION", "EXPERIMENT", "MODEL", "Registry", "Version", "parse_version_number"]

CHAMPION, CHALLENGER = "champion", "challenger"
EXPERIMENT, MODEL = "leadlight", "leadlight"
#: tags of the experiment: its description, and the kind of pages that MLflow shows for it where it asks the experiment
EXPERIMENT_TAGS = {
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.note.content": (
        "Lead scoring by Leadlight: one run for each training, with data, chosen settings, metrics of the test window "
        "and model card. Metrics below `watch/` are of the nights that its model scored."
    ),
}
MODEL_DESCRIPTION = (
    "Lead scores. The version with the alias champion scores the night, and challenger is the one that may replace it."
)
# MLflow and Alembic log tables created and versions guessed
for logger in ("mlflow", "alembic"):
    logging.getLogger(logger).setLevel(logging.ERROR)


#: folders of downloads from a server; removed when the process ends
DOWNLOADS: list[tempfile.TemporaryDirectory[str]] = []
#: error codes of MLflow for a missing model, version or alias
NOT_FOUND_CODES = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


class Version(NamedTuple):
    """A registered bundle.

    Parameters
    ----------
    number : str
        Version in the registry.
    bundle : Path
        Local folder of the bundle.
    tags : dict of str to str
        ``bundle`` (its checksum), ``calibration``, and decisions about it (see docs/promotion.md).
    """

    number: str
    bundle: Path
    tags: dict[str, str]

    @property
    def name(self) -> str:
        """Version and checksum, stored with every score."""
        return f"v{self.number}-{self.tags.get('bundle', 'unknown')}"


def parse_version_number(name: str) -> str:
    """Return the number in the name of a version, see :attr:`Version.name`."""
    return name.removeprefix("v").partition("-")[0]


class Registry:
    """Runs and versions at an MLflow tracking URI.

    Parameters
    ----------
    uri : str
        ``sqlite:///...`` or the address of a server.
    artifacts : Path
        Folder of artifacts, for an SQLite registry; a server has its own.

    Raises
    ------
    BundleError
        By every method, if the registry cannot be reached or is damaged.
    """

    def __init__(self, uri: str, artifacts: Path) -> None:
        self.uri = uri
        _set_tracking_uri(uri)
        with self.convert_errors():
            self._client = MlflowClient(uri)
        self._artifacts = artifacts

    def require_experiment(self) -> str:
        """Return the identifier of the experiment, which is created if it is missing."""
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment is not None:
            for key in EXPERIMENT_TAGS.keys() - experiment.tags.keys():
                self._client.set_experiment_tag(experiment.experiment_id, key, EXPERIMENT_TAGS[key])
            return str(experiment.experiment_id)
        location = self._artifacts.resolve().as_uri() if self.uri.startswith("sqlite:") else None
        return str(self._client.create_experiment(EXPERIMENT, location, EXPERIMENT_TAGS))

    def find_run(self, checksum: str) -> str | None:
        """Find the newest run of a bundle; None if there is none."""
        with self.convert_errors():
            found = self._client.search_runs(
                [self.require_experiment()], f"tags.bundle = '{checksum}'", order_by=["start_time DESC"], max_results=1
            )
        return str(found[0].info.run_id) if found else None

    def find_run_of(self, number: str) -> str | None:
        """Return the run of a version; None if there is no such version any more."""
        version = self._find_by_number(number)
        return str(version.run_id) if version else None

    def find_registered(self, checksum: str) -> str | None:
        """Find the newest version with a bundle of that checksum; None if there is none."""
        with self.convert_errors():
            found = self._client.search_model_versions(f"name = '{MODEL}' and tags.bundle = '{checksum}'")
        return max((str(version.version) for version in found), key=int, default=None)

    def create_version(self, run_id: str, logged: Any, tags: Mapping[str, str], description: str) -> str:
        """Register a logged model of a run.

        Parameters
        ----------
        run_id : str
            The run.
        logged : ModelInfo
            Its model.
        tags : mapping of str to str
            Of the version: ``bundle``, ``calibration``.
        description : str
            Markdown.

        Returns
        -------
        str
            Number of the version.
        """
        with self.convert_errors():
            try:
                self._client.get_registered_model(MODEL)
            except MlflowException as error:
                if error.error_code not in NOT_FOUND_CODES:
                    raise
                self._client.create_registered_model(MODEL, description=MODEL_DESCRIPTION)
            version = self._client.create_model_version(
                MODEL, logged.model_uri, run_id=run_id, model_id=logged.model_id, tags=dict(tags),
                description=description,
            )  # fmt: skip
            # the page of the logged model reads its versions from this tag
            named = json.dumps([{"name": MODEL, "version": version.version}])
            self._client.set_logged_model_tags(logged.model_id, {"mlflow.modelVersions": named})
        return str(version.version)

    def make_challenger(self, number: str) -> None:
        """Point ``challenger`` at a version; ``champion`` too where there is none."""
        self.set_alias(CHALLENGER, number)
        if self.find_version(CHAMPION) is None:
            self.set_alias(CHAMPION, number)

    def set_alias(self, alias: str, number: str) -> None:
        """Move an alias to a version, in one call."""
        with self.convert_errors():
            self._client.set_registered_model_alias(MODEL, alias, number)

    def set_tags(self, number: str, tags: Mapping[str, str | None]) -> None:
        """Write tags of a version in the order given; None deletes one."""
        with self.convert_errors():
            for key, value in tags.items():
                if value is None:
                    self._client.delete_model_version_tag(MODEL, number, key)
                else:
                    self._client.set_model_version_tag(MODEL, number, key, value)

    def find_version(self, alias: str) -> tuple[str, dict[str, str]] | None:
        """Return number and tags of the version with an alias, or None."""
        with self.convert_errors():
            try:
                version = self._client.get_model_version_by_alias(MODEL, alias)
            except MlflowException as error:
                if error.error_code not in NOT_FOUND_CODES:
                    raise
                return None
        return str(version.version), self._read_tags(version)

    def _read_tags(self, version: Any) -> dict[str, str]:
        """Return the tags of a version; one registered in MLflow's pages has them on its run."""
        tags = dict(version.tags)
        if "bundle" not in tags and version.run_id:
            with self.convert_errors():
                of_run = self._client.get_run(version.run_id).data.tags
            tags = {key: of_run[key] for key in ("bundle", "calibration") if key in of_run} | tags
        return tags

    def download(self, alias: str = CHAMPION) -> Version:
        """Fetch the bundle that an alias points to.

        Raises
        ------
        BundleError
            If no version has the alias, or its bundle cannot be fetched or is not the registered one.
        """
        version = self.find_version(alias)
        if version is None:
            raise make_no_model_error(alias, self.uri)
        return self.fetch(*version)

    def download_version(self, number: str) -> Version:
        """Fetch the bundle of a version by its number.

        Raises
        ------
        BundleError
            If there is no such version any more, or its bundle is not the registered one.
        """
        version = self._find_by_number(number)
        if version is None:
            raise BundleError(f"The registry must still hold version {number}. Got none at {hide_password(self.uri)}.")
        with self.convert_errors():
            tags = self._read_tags(version)
        return self.fetch(number, tags)

    def _find_by_number(self, number: str) -> ModelVersion | None:
        with self.convert_errors():
            try:
                return self._client.get_model_version(MODEL, number)
            except MlflowException as error:
                if error.error_code not in NOT_FOUND_CODES:
                    raise
                return None

    def fetch(self, number: str, tags: dict[str, str]) -> Version:
        """Fetch the bundle of a version whose number and tags are known."""
        where = None
        if not self.uri.startswith("sqlite:"):  # MLflow would leave a temporary folder behind
            DOWNLOADS.append(tempfile.TemporaryDirectory(prefix="leadlight-"))
            where = DOWNLOADS[-1].name
        with self.convert_errors():
            # of the whole model MLflow would write a file into the registry, which a reader may not
            folder = mlflow.artifacts.download_artifacts(
                f"models:/{MODEL}/{number}/artifacts/bundle", dst_path=where, tracking_uri=self.uri
            )
        bundle = Path(folder)
        verify_bundle(bundle)
        checksum, tag = get_bundle_checksum(bundle), tags.get("bundle")
        if tag is None:
            raise BundleError(
                f"Version {number} must come from `leadlight register`, or be registered from a run of it. "
                "Got one whose run names no bundle: point the alias at another version."
            )
        if checksum != tag:
            raise BundleError(
                f"The checksum of the bundle of version {number} must be its tag in the registry, {tag}. "
                f"Got {checksum}."
            )
        return Version(number, bundle, tags)

    def convert_errors(self) -> AbstractContextManager[None]:
        """Convert errors of MLflow, its database and the network to a BundleError."""
        return convert_errors(self.uri)


def _set_tracking_uri(uri: str) -> None:
    """Set the URI without leaving it in the environment, where it would pass for a server that the user named."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    if before is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    else:
        os.environ["MLFLOW_TRACKING_URI"] = before
