"""The interface of candidate models, and how they are saved and loaded."""

import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import BundleError, ParamsError
from leadlight.models.candidates.registry import find_kind, find_kind_problem

__all__ = ["AdditiveModel", "list_kinds", "load_model", "margins", "save_model", "sum_group_log_odds"]

#: what reading a damaged file raises; errors of other libraries are converted where they are known
LOAD_ERRORS = (OSError, KeyError, TypeError, ValueError)


class AdditiveModel(Protocol):
    """A model whose log-odds are a base plus one part per feature.

    The base is one number, or one per row where it depends on the night (:mod:`.season`).
    """

    @property
    def kind(self) -> str:
        """Name of the candidate that loads it, without argument; written into its folder."""
        ...

    @property
    def features(self) -> tuple[str, ...]:
        """Feature names, in the order of the parts."""
        ...

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float | np.ndarray, np.ndarray]:
        """Compute :meth:`explain_log_odds` by its slow definition, as a reference for tests."""
        ...

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float | np.ndarray, np.ndarray]:
        """Return the base and what each feature adds to it, in log-odds; shape (n, features)."""
        ...

    def save(self, folder: Path) -> dict[str, Any]:
        """Write files to a folder that exists, without pickle; return the rest as plain data for JSON."""
        ...


def margins(model: AdditiveModel, frame: pd.DataFrame) -> np.ndarray:
    """Return the log-odds of a model: base plus all parts, shape (n,).

    A model may have a method ``predict_log_odds``, which is faster where the parts take long.
    """
    predict = getattr(model, "predict_log_odds", None)
    if predict is not None:
        return np.asarray(predict(frame))
    base, parts = model.explain_log_odds(frame)
    return np.asarray(base + parts.sum(axis=1))


def save_model(model: AdditiveModel, folder: Path) -> None:
    """Write a model as JSON and the files of its own :meth:`AdditiveModel.save`."""
    folder.mkdir(parents=True, exist_ok=True)
    description = {"kind": model.kind} | model.save(folder)
    text = json.dumps(description, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "model.json").write_text(text + "\n", encoding="utf-8")


def load_model(folder: Path) -> AdditiveModel:
    """Read what :func:`save_model` wrote.

    Raises
    ------
    BundleError
        If a file is missing or damaged, or the package that adds this kind of model is not installed.
    """
    try:
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        kind = description["kind"]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BundleError(f"The model in {folder} must be complete and readable. Got {error}.") from None
    if find_kind_problem(kind):
        raise BundleError(
            f"The kind of the model in {folder} must be built in or added by an installed package. "
            f"Got {kind}: install the package with which it was trained."
        )
    try:
        return find_kind(kind).load(folder, description)
    except ParamsError as error:  # of the registry
        raise BundleError(f"The model in {folder} must be loadable. {error}") from None
    except LOAD_ERRORS as error:
        raise BundleError(f"The model in {folder} must be complete and readable. Got {error}.") from None


def list_kinds(folder: Path) -> set[str]:
    """Return the kinds of a saved model and of the models within it."""
    files = [path.read_text(encoding="utf-8") for path in folder.rglob("model.json")]
    return {str(json.loads(text)["kind"]) for text in files}


def sum_group_log_odds(parts: np.ndarray, catalogue: Catalogue) -> tuple[np.ndarray, np.ndarray]:
    """Sum the log-odds of fit and of engagement features.

    Parameters
    ----------
    parts : ndarray, shape (n, features)
        What each feature adds, in log-odds.
    catalogue : Catalogue
        The features, in the order of the columns.

    Returns
    -------
    fit, engagement : ndarray, shape (n,)
    """
    fit = np.array([feature.group == "fit" for feature in catalogue.features])
    return parts[:, fit].sum(axis=1), parts[:, ~fit].sum(axis=1)
