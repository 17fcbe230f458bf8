"""Write and read scikit-learn estimators without pickle, by skops; types that are not known to be safe are refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree._tree import Tree

from leadlight.features.errors import BundleError, ParamsError

__all__ = ["load_estimator", "refuse_unsafe_types", "save_estimator"]

#: trusted beside what skops trusts. A partial function is no safer than the function, which is checked as well.
#: Trees are trusted because their nodes are checked before the first prediction, which does not check them.
TRUSTED = (
    "functools.partial",
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.compose._column_transformer.make_column_selector",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils.validation.check_array",
)


def refuse_unsafe_types(estimator: Any, name: str) -> bytes:
    """Return an estimator as bytes.

    Raises
    ------
    ParamsError
        If it holds a type or function that could not be read again without trusting it.
    """
    content: bytes = skops.io.dumps(estimator)
    unsafe = sorted(set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED))
    if unsafe:
        raise ParamsError(
            f"The candidate {name} must consist of types of scikit-learn, NumPy and SciPy that can be saved "
            f"without pickle. Got {unsafe[0]}: leave it out, or write a candidate with its own save and load "
            "(docs/candidates.md)."
        )
    return content


def save_estimator(estimator: Any, path: Path, name: str) -> None:
    """Write an estimator; raises as :func:`refuse_unsafe_types`."""
    path.write_bytes(refuse_unsafe_types(estimator, name))


def load_estimator(path: Path) -> Any:
    """Read an estimator.

    Raises
    ------
    BundleError
        If the file is damaged, holds a type that is not trusted, or a tree that leads nowhere.
    """
    try:
        content = path.read_bytes()
        unsafe = sorted(set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED))
        if unsafe:
            raise BundleError(f"The estimator {path} must hold trusted types only. Got {unsafe[0]}.")
        estimator = skops.io.loads(content, trusted=list(TRUSTED))
    except BundleError:
        raise
    except Exception as error:  # skops has no class of its own for damaged files
        raise BundleError(f"The estimator {path} must be complete and readable. Got {error}.") from None
    if not all(_is_sound(tree) for tree in _find_trees(estimator, set())):
        raise BundleError(f"The trees of {path} must lead from each node to a later one. Got another order.")
    return estimator


def _find_trees(value: Any, seen: set[int]) -> Iterator[Tree | TreePredictor]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Tree | TreePredictor):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _find_trees(entry, seen)
    elif isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.dtype == object):
        for entry in value:
            yield from _find_trees(entry, seen)
    elif hasattr(value, "__dict__"):
        yield from _find_trees(vars(value), seen)


def _is_sound(tree: Tree | TreePredictor) -> bool:
    """Return whether children come after their parents and lie within the tree, and features are not negative."""
    if isinstance(tree, Tree):
        children = np.column_stack([tree.children_left, tree.children_right])
        inner, feature, width = tree.children_left != -1, tree.feature, tree.n_features
        bitsets = np.zeros(len(feature), dtype=int)
        sets = 1
    else:
        nodes = tree.nodes
        children = np.column_stack([nodes["left"], nodes["right"]]).astype(np.int64)
        inner, feature, width = nodes["is_leaf"] == 0, nodes["feature_idx"], np.inf
        bitsets, sets = (
            np.where(nodes["is_categorical"], nodes["bitset_idx"], 0),
            max(1, len(tree.raw_left_cat_bitsets)),
        )
    after = children > np.arange(len(children))[:, None]
    return bool(
        (after & (children < len(children)))[inner].all()
        and ((feature >= 0) & (feature < width))[inner].all()
        and (bitsets[inner] < sets).all()
    )
