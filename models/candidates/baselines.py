"""Baselines: a plain logistic regression, and LightGBM with its defaults."""

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadlight.features.catalogue import Catalogue

__all__ = ["convert_to_categorical", "fit_lightgbm_baseline", "fit_logistic_baseline"]


def fit_logistic_baseline(train: pd.DataFrame, won: np.ndarray, test: pd.DataFrame, catalogue: Catalogue) -> np.ndarray:
    """Fit scikit-learn's logistic regression on scaled numbers and one-hot categories.

    Parameters
    ----------
    train, test : pd.DataFrame
        Feature tables.
    won : ndarray of int, shape (len(train),)
        Labels.
    catalogue : Catalogue
        Features in order.

    Returns
    -------
    ndarray, shape (len(test),)
        Probabilities.
    """
    numbers = [f.name for f in catalogue.features if f.kind == "number" and train[f.name].notna().any()]
    categories = [f.name for f in catalogue.features if f.kind == "category"]
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    encoder = OneHotEncoder(handle_unknown="ignore", min_frequency=10)
    columns = make_column_transformer((scaled, numbers), (encoder, categories))
    model = make_pipeline(columns, LogisticRegression(solver="newton-cholesky", tol=1e-10, max_iter=200))
    filled = [frame.assign(**{c: frame[c].fillna("").astype(object) for c in categories}) for frame in (train, test)]
    probability: np.ndarray = model.fit(filled[0], won).predict_proba(filled[1])[:, 1]
    return probability


def fit_lightgbm_baseline(train: pd.DataFrame, won: np.ndarray, test: pd.DataFrame, catalogue: Catalogue) -> np.ndarray:
    """Fit LightGBM with its defaults and its categories; arguments as :func:`fit_logistic_baseline`."""
    frames = convert_to_categorical(train, test, catalogue)
    model = LGBMClassifier(random_state=0, n_jobs=1, deterministic=True, force_row_wise=True, verbosity=-1)
    probability: np.ndarray = np.asarray(model.fit(frames[0], won).predict_proba(frames[1]))[:, 1]
    return probability


def convert_to_categorical(
    train: pd.DataFrame, test: pd.DataFrame, catalogue: Catalogue, most: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Convert feature tables to pandas categories and plain column names.

    Parameters
    ----------
    train, test : pd.DataFrame
        Feature tables.
    catalogue : Catalogue
        Features in order.
    most : int, optional
        Most frequent categories kept per feature; left out, all.

    Returns
    -------
    train, test : pd.DataFrame
        Columns c0, c1, ... in the order of the catalogue. Categories not kept or not in training are
        missing.
    """
    kept = {
        f.name: sorted(train[f.name].value_counts().index[:most]) for f in catalogue.features if f.kind == "category"
    }
    names = [f"c{place}" for place in range(len(catalogue.features))]  # LightGBM refuses many characters
    before, after = (
        frame[catalogue.names]
        .assign(**{name: pd.Categorical(frame[name].where(frame[name].isin(k)), k) for name, k in kept.items()})
        .set_axis(names, axis=1)
        for frame in (train, test)
    )
    return before, after
