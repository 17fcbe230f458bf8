"""Predictive lead scoring that sales can see through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load"]


def load(source: str | Path = "work", *, params: str | Path | None = None, workdir: str | Path = "work") -> Any:
    """Load a trained model: features from raw records, probabilities, scores, explanations.

    Parameters
    ----------
    source : str or Path
        A working folder, whose bundle is loaded; or ``models:/leadlight@champion``, another alias, or
        ``models:/leadlight/VERSION`` of the MLflow registry that LEADLIGHT_MLFLOW_URI or
        MLFLOW_TRACKING_URI names, else that of `workdir`.
    params : str or Path, optional
        The params file, which computing features from raw records needs; left out, ``params.yaml`` beside
        the working folder, if there is one.
    workdir : str or Path
        The working folder, for a model of the registry.

    Returns
    -------
    LoadedModel
        See :class:`leadlight.pipelines.inference.loaded_model.LoadedModel`.

    Raises
    ------
    SourceError
        If the working folder holds no bundle.
    BundleError
        If the bundle was changed, or the registry has no such model.
    """
    import importlib

    # not an import statement: `import leadlight` stays cheap, and a logged model carries scoring code alone
    return importlib.import_module("leadlight.pipelines.inference.load").load_model(
        source, params=params, workdir=workdir
    )
