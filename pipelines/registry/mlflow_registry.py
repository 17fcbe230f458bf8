"""The model registry: the only file that talks to MLflow."""

import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
# a server that does not answer is to be told of in seconds; MLflow would try for minutes
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError

import leadlight
from leadlight.features.errors import BundleError
from leadlight.models.scoring.bundle import load_scorer

__all__ = ["CHALLENGER", "CHAMPION", "NoModelError", "Registry", "Version", "make_no_model_error"]

CHAMPION, CHALLENGER = "champion", "challenger"
EXPERIMENT, MODEL = "leadlight", "leadlight"
LIBRARIES = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")
# MLflow tells of tables it creates and of versions it guesses; a person waits for the result
for chatty in ("mlflow", "alembic"):
    logging.getLogger(chatty).setLevel(logging.ERROR)


#: folders with what came from a server; they go when the process ends
FETCHED: list[tempfile.TemporaryDirectory[str]] = []
#: how MLflow says that a model, a version or an alias is not there
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


class NoModelError(BundleError):
    """The registry is there, or could be, but holds no model yet."""


@dataclass(frozen=True)
class Version:
    """A registered bundle.

    Parameters
    ----------
    number : str
        Version in the registry.
    bundle : Path
        Local folder of the bundle.
    tags : dict of str to str
        ``bundle`` (its checksum), ``calibrated``, and what was decided about it (see docs/promotion.md).
    """

    number: str
    bundle: Path
    tags: dict[str, str]

    @property
    def name(self) -> str:
        """Version and checksum: what stands beside every score."""
        return f"v{self.number}-{self.tags.get('bundle', 'unknown')}"


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
        mlflow.set_tracking_uri(uri)
        with self._reached():
            self._client = MlflowClient(uri)
        self._artifacts = artifacts

    def register(
        self,
        bundle: Path,
        *,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        tags: Mapping[str, str],
        pictures: Path,
        example: pd.DataFrame,
    ) -> str:
        """Log a run and register its bundle.

        Parameters
        ----------
        bundle : Path
            The bundle.
        params : mapping
            Parameters of the run.
        metrics : mapping of str to float
            Test figures.
        tags : mapping of str to str
            Tags of the version.
        pictures : Path
            Folder that is logged beside.
        example : pd.DataFrame
            Some rows of features, for the signature.

        Returns
        -------
        str
            The version, under the alias ``challenger``; ``champion`` too where nobody holds it.
        """
        with self._reached():
            run, logged = self._log(bundle, params, metrics, pictures, example)
            try:
                self._client.get_registered_model(MODEL)
            except MlflowException as error:
                if error.error_code not in NOT_THERE:
                    raise
                self._client.create_registered_model(MODEL)
            version = self._client.create_model_version(
                MODEL, logged.model_uri, run_id=run, model_id=logged.model_id, tags=dict(tags)
            )
        number = str(version.version)
        self.set_alias(CHALLENGER, number)
        if self.find_version(CHAMPION) is None:
            self.set_alias(CHAMPION, number)
        return number

    def set_alias(self, alias: str, number: str) -> None:
        """Move an alias to a version: one call, done or not done."""
        with self._reached():
            self._client.set_registered_model_alias(MODEL, alias, number)

    def set_tags(self, number: str, tags: Mapping[str, str | None]) -> None:
        """Write tags of a version in their order; None takes one away."""
        with self._reached():
            for key, value in tags.items():
                if value is None:
                    self._client.delete_model_version_tag(MODEL, number, key)
                else:
                    self._client.set_model_version_tag(MODEL, number, key, value)

    def find_version(self, alias: str) -> tuple[str, dict[str, str]] | None:
        """Return number and tags of the version that has an alias; None where nobody has it."""
        with self._reached():
            try:
                version = self._client.get_model_version_by_alias(MODEL, alias)
            except MlflowException as error:
                if error.error_code not in NOT_THERE:
                    raise
                return None
        return str(version.version), dict(version.tags)

    def download(self, alias: str = CHAMPION) -> Version:
        """Fetch the bundle that an alias points to.

        Raises
        ------
        BundleError
            If no version has the alias, or it cannot be fetched.
        """
        found = self.find_version(alias)
        if found is None:
            raise make_no_model_error(alias, self.uri)
        return self._fetch(*found)

    def download_version(self, number: str) -> Version:
        """Fetch the bundle of a version by its number.

        Raises
        ------
        BundleError
            If there is no such version any more.
        """
        with self._reached():
            try:
                tags = dict(self._client.get_model_version(MODEL, number).tags)
            except MlflowException as error:
                if error.error_code not in NOT_THERE:
                    raise
                raise BundleError(
                    f"The registry must still hold version {number}. Got none at {_shown(self.uri)}."
                ) from None
        return self._fetch(number, tags)

    def _fetch(self, number: str, tags: dict[str, str]) -> Version:
        where = None
        if not self.uri.startswith("sqlite:"):  # MLflow would leave a folder of its own behind each time
            FETCHED.append(tempfile.TemporaryDirectory(prefix="leadlight-"))
            where = FETCHED[-1].name
        with self._reached():
            folder = mlflow.artifacts.download_artifacts(
                f"models:/{MODEL}/{number}", dst_path=where, tracking_uri=self.uri
            )
        return Version(number, Path(folder) / "artifacts" / "bundle", tags)

    def _log(
        self,
        bundle: Path,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        pictures: Path,
        example: pd.DataFrame,
    ) -> tuple[str, Any]:
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            local = self.uri.startswith("sqlite:")
            location = self._artifacts.resolve().as_uri() if local else None
            identifier = self._client.create_experiment(EXPERIMENT, artifact_location=location)
        else:
            identifier = experiment.experiment_id
        package = Path(leadlight.__file__).resolve().parent
        with mlflow.start_run(experiment_id=identifier) as run, warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # an example would be written out beside the signature
            mlflow.log_params(params)
            mlflow.log_metrics(dict(metrics))
            mlflow.log_artifacts(str(pictures), "plots")
            logged = mlflow.pyfunc.log_model(
                name="scorer",
                python_model=str(Path(__file__).resolve().with_name("pyfunc_model.py")),
                artifacts={"bundle": str(bundle)},
                code_paths=[str(package)],
                pip_requirements=[f"{name}=={metadata.version(name)}" for name in LIBRARIES],
                signature=infer_signature(example, load_scorer(bundle).score(example)),
            )
        return run.info.run_id, logged

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Turn what MLflow, its database and the network raise into one sentence."""
        try:
            yield
        except (MlflowException, SQLAlchemyError, RequestException) as error:
            raise _unreachable(self.uri, error) from None


def make_no_model_error(alias: str, uri: str) -> NoModelError:
    """Return the error for a registry without a model of that alias."""
    return NoModelError(
        f"The registry must hold a model with the alias {alias}. Got none at {_shown(uri)}: "
        "run `leadlight register` first."
    )


def _unreachable(uri: str, error: Exception) -> BundleError:
    reason = " ".join(str(getattr(error, "orig", None) or error).split("\n")[0].split())
    # what urllib3 says of a connection is long; its last part names the cause
    cause = re.search(
        r"(?:refused|timed out|[Nn]ame or service not known|[Nn]ame resolution|unreachable)", reason
    )
    told = f"no answer ({cause.group().lower()})" if cause else reason[:200].rstrip(".")
    return BundleError(f"The registry must be reachable and whole. Got {told} at {_shown(uri)}.")


def _shown(uri: str) -> str:
    """Leave out a password that stands in an address."""
    return re.sub(r"//[^/@]*@", "//", uri)
