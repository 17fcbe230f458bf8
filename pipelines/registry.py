"""The model registry: the only file that talks to MLflow."""

import logging
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from sqlalchemy.exc import SQLAlchemyError

from features.errors import BundleError
from models.bundle import load_scorer

__all__ = ["CHALLENGER", "CHAMPION", "Registry", "Version", "no_model"]

CHAMPION, CHALLENGER = "champion", "challenger"
EXPERIMENT, MODEL = "leadlight", "leadlight"
LIBRARIES = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")
# MLflow tells of tables it creates and of versions it guesses; a person waits for the result
for chatty in ("mlflow", "alembic"):
    logging.getLogger(chatty).setLevel(logging.ERROR)


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
        ``bundle`` (its checksum) and ``calibrated``.
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
    """

    def __init__(self, uri: str, artifacts: Path) -> None:
        self.uri = uri
        mlflow.set_tracking_uri(uri)
        try:
            self._client = MlflowClient(uri)
        except SQLAlchemyError as error:
            raise _unreachable(uri, error) from None
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
        try:
            experiment = self._client.get_experiment_by_name(EXPERIMENT)
        except SQLAlchemyError as error:
            raise _unreachable(self.uri, error) from None
        if experiment is None:
            local = self.uri.startswith("sqlite:")
            location = self._artifacts.resolve().as_uri() if local else None
            identifier = self._client.create_experiment(EXPERIMENT, artifact_location=location)
        else:
            identifier = experiment.experiment_id
        root = Path(__file__).resolve().parent
        with mlflow.start_run(experiment_id=identifier) as run, warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # an example would be written out beside the signature
            mlflow.log_params(params)
            mlflow.log_metrics(dict(metrics))
            mlflow.log_artifacts(str(pictures), "plots")
            logged = mlflow.pyfunc.log_model(
                name="scorer",
                python_model=str(root / "scorer_code.py"),
                artifacts={"bundle": str(bundle)},
                code_paths=[str(root.parent / "features"), str(root.parent / "models")],
                pip_requirements=[f"{name}=={metadata.version(name)}" for name in LIBRARIES],
                signature=infer_signature(example, load_scorer(bundle).score(example)),
            )
        try:
            self._client.get_registered_model(MODEL)
        except MlflowException:
            self._client.create_registered_model(MODEL)
        version = self._client.create_model_version(
            MODEL, logged.model_uri, run_id=run.info.run_id, model_id=logged.model_id, tags=dict(tags)
        )
        number = str(version.version)
        self.point(CHALLENGER, number)
        if not self._has(CHAMPION):
            self.point(CHAMPION, number)
        return number

    def point(self, alias: str, number: str) -> None:
        """Move an alias to a version."""
        self._client.set_registered_model_alias(MODEL, alias, number)

    def load(self, alias: str = CHAMPION) -> Version:
        """Fetch the bundle that an alias points to.

        Raises
        ------
        BundleError
            If no version has the alias, or it cannot be fetched.
        """
        try:
            version = self._client.get_model_version_by_alias(MODEL, alias)
            folder = mlflow.artifacts.download_artifacts(
                f"models:/{MODEL}/{version.version}", tracking_uri=self.uri
            )
        except MlflowException:
            raise no_model(alias, self.uri) from None
        except SQLAlchemyError as error:
            raise _unreachable(self.uri, error) from None
        return Version(str(version.version), Path(folder) / "artifacts" / "bundle", dict(version.tags))

    def _has(self, alias: str) -> bool:
        try:
            self._client.get_model_version_by_alias(MODEL, alias)
        except MlflowException:
            return False
        return True


def no_model(alias: str, uri: str) -> BundleError:
    """Return the error for a registry without a model of that alias."""
    return BundleError(
        f"The registry must hold a model with the alias {alias}. Got none at {uri}: "
        "run `leadlight register` first."
    )


def _unreachable(uri: str, error: Exception) -> BundleError:
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    return BundleError(f"The registry must be reachable and whole. Got {reason} at {uri}.")
