"""The candidate ``sklearn``: a scikit-learn estimator or pipeline, made by a function of one's own.

In params: ``sklearn:my_package.my_module:make_pipeline``.
"""

import contextlib
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sklearn.base import clone

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import ParamsError
from leadlight.models.candidates.candidate import Words
from leadlight.models.candidates.sklearn_candidate import SklearnCandidate

__all__ = ["SklearnFunctionCandidate"]


class SklearnFunctionCandidate(SklearnCandidate):
    """The estimator that a function returns.

    Parameters
    ----------
    argument : str
        Module and function, separated by a colon. The function returns an estimator that is not fitted; where
        it has a parameter ``catalogue``, it gets the features. An estimator in place of a function is cloned.
    """

    takes_argument = "MODULE:FUNCTION"

    def __init__(self, argument: str = "") -> None:
        super().__init__(argument)
        self.label = Words(f"the scikit-learn model {argument}", f"dem scikit-learn-Modell {argument}")

    @property
    def name(self) -> str:
        """Name in params, for sentences."""
        return f"sklearn:{self.argument}"

    def make_estimator(self, catalogue: Catalogue) -> Any:
        """Call the function that the argument names.

        Raises
        ------
        ParamsError
            If it cannot be imported.
        """
        module, _, name = self.argument.partition(":")
        try:
            with _import_from_current_folder():
                found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise ParamsError(
                f"The candidate {self.name} must name a module and a function that can be imported. Got {error}."
            ) from None
        if not callable(found):  # an estimator itself
            return clone(found)
        wanted = inspect.signature(found).parameters
        return found(catalogue=catalogue) if "catalogue" in wanted else found()


@contextlib.contextmanager
def _import_from_current_folder() -> Iterator[None]:
    """Let modules beside params.yaml be imported, after those that are installed."""
    folder = str(Path.cwd())
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
