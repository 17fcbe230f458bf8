"""Load a trained model from a working folder or from the MLflow registry."""

import os
import re
import warnings
from pathlib import Path

from leadlight.features.errors import BundleError
from leadlight.models.scoring.bundle import compare_code, load_scorer
from leadlight.pipelines.inference.loaded_model import LoadedModel
from leadlight.pipelines.params import Params, load_params
from leadlight.pipelines.workspace.workdir import Workdir, read_json

__all__ = ["load_model"]

#: MLflow's forms: models:/leadlight@ALIAS and models:/leadlight/NUMBER
REGISTERED = re.compile(r"models:/leadlight(?:@(?P<alias>[\w.-]+)|/(?P<number>\d+))")


def load_model(
    source: str | Path = "work", *, params: str | Path | None = None, workdir: str | Path = "work"
) -> LoadedModel:
    """Load a model; see :func:`leadlight.load`."""
    text = str(source)
    place = Workdir(Path(workdir if text.startswith("models:") else source))
    bundle = _fetch_bundle(text, place) if text.startswith("models:") else place.require(place.bundle, "calibrate")
    if other_code := compare_code(bundle):
        warnings.warn(other_code, stacklevel=3)
    return LoadedModel(load_scorer(bundle), _find_params(params, place), _read_historised(place))


def _fetch_bundle(uri: str, workdir: Workdir) -> Path:
    match = REGISTERED.fullmatch(uri)
    if match is None:
        raise BundleError(
            "The address of a model must be models:/leadlight@champion, another alias, or models:/leadlight/1. "
            f"Got {uri}."
        )
    from leadlight.pipelines.registry.champion import open_registry  # MLflow takes a second to import
    from leadlight.pipelines.registry.mlflow_registry import Registry

    server = os.environ.get("MLFLOW_TRACKING_URI")
    use_server = server and not os.environ.get("LEADLIGHT_MLFLOW_URI")
    registry = Registry(str(server), workdir.root) if use_server else open_registry(workdir)
    version = registry.download(match["alias"]) if match["alias"] else registry.download_version(match["number"])
    return version.bundle


def _find_params(params: str | Path | None, workdir: Workdir) -> Params | None:
    """Read the given params file, or the one beside the working folder if there is one."""
    if params is not None:
        return load_params(Path(params))
    beside = workdir.root.resolve().parent / "params.yaml"
    return load_params(beside) if beside.exists() else None


def _read_historised(workdir: Workdir) -> tuple[str, ...] | None:
    """Return the attributes that had a history at training; None where the working folder is not here."""
    return tuple(read_json(workdir.ingest_report)["historised"]) if workdir.ingest_report.exists() else None
