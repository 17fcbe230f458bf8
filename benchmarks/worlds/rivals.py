"""Rivals on every matured snapshot: small bagged LightGBM, and a logistic regression on broken lines."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from lightgbm import Dataset, early_stopping
from lightgbm import train as fit_lightgbm
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from worlds.population import Floats

__all__ = ["RIVALS", "label_snapshots"]

SEEDS = 3
MIN_TREES, MAX_TREES = 20, 300
#: share of the snapshots, the newest, that decide how many trees are enough
VALIDATION = 0.2
#: knots of a broken line, at equal shares of the rows above the lowest value
KNOTS = 8
RIDGE = 25.0
MIN_CATEGORY = 300


def label_snapshots(
    snapshots: pd.DataFrame, deals: pd.DataFrame, night: str, horizon_days: int
) -> "pd.Series[bool | None]":
    """Label snapshots by the deals of the export: won within the horizon; missing where it has not ended."""
    horizon = pd.Timedelta(days=horizon_days)
    won = deals[deals["status"] == "won"].set_index("lead_id")["closed_at"]
    wins = snapshots["lead_id"].map(pd.to_datetime(won))
    label = (wins >= snapshots["as_of"]) & (wins < snapshots["as_of"] + horizon)
    return label.astype(object).where(snapshots["as_of"] + horizon <= pd.Timestamp(night))


def predict_with_lightgbm(train: pd.DataFrame, won: npt.NDArray[np.int8], night: pd.DataFrame) -> Floats:
    """Fit LightGBM with 7 leaves on bags of three seeds, and return the mean probability.

    The number of trees is that of the lowest log loss on the newest snapshots after fitting on the older ones.
    """
    train, night = _encode_categories(train, night)
    settings = {"objective": "binary", "num_leaves": 7, "learning_rate": 0.08, "min_data_in_leaf": 200, "max_bin": 127,
                "bagging_fraction": 0.7, "bagging_freq": 1, "feature_fraction": 0.5, "lambda_l2": 10.0,
                "num_threads": 1, "verbose": -1, "deterministic": True, "force_row_wise": True}  # fmt: skip
    as_of = train.pop("as_of").astype("int64").to_numpy()
    new = as_of >= np.quantile(as_of, 1 - VALIDATION)
    old_set = Dataset(train[~new], won[~new])
    new_set = Dataset(train[new], won[new], reference=old_set)
    stop = early_stopping(30, verbose=False)
    trial = fit_lightgbm(settings, old_set, MAX_TREES, valid_sets=[new_set], callbacks=[stop])
    trees, whole = max(trial.best_iteration, MIN_TREES), Dataset(train, won)
    models = [fit_lightgbm(settings | {"seed": seed}, whole, trees) for seed in range(SEEDS)]
    return np.mean([model.predict(night[train.columns]) for model in models], axis=0)


def predict_with_logistic(train: pd.DataFrame, won: npt.NDArray[np.int8], night: pd.DataFrame) -> Floats:
    """Fit a logistic regression on broken lines of numbers and indicators of categories, with a ridge on rises."""
    parts, parts_of_night = [], []
    for name in train.columns.drop("as_of"):
        encode = _encode_text if train[name].dtype.kind == "O" or train[name].dtype == "str" else _encode_number
        encoded, encoded_night = encode(train[name], night[name])
        parts.append(encoded)
        parts_of_night.append(encoded_night)
    X = np.hstack(parts)
    del parts
    model = LogisticRegression(C=1 / RIDGE, max_iter=400, tol=1e-4)
    with threadpool_limits(1):
        model.fit(X, won)
        return np.asarray(model.predict_proba(np.hstack(parts_of_night))[:, 1], dtype=np.float64)


def _encode_categories(train: pd.DataFrame, night: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    train, night = train.copy(), night.copy()
    for name in train.columns[[str(dtype) in {"str", "object"} for dtype in train.dtypes]]:
        train[name] = train[name].astype("category")
        night[name] = pd.Categorical(night[name], categories=train[name].cat.categories)
    return train, night


def _encode_number(train: "pd.Series[float]", night: "pd.Series[float]") -> tuple[npt.NDArray[np.float32], ...]:
    """Encode a number as its rises between knots, each from 0 to 1, and whether it is missing."""
    known = train.dropna().to_numpy(dtype=float)
    knots = np.unique(known)
    if len(knots) > KNOTS:
        # knots at shares of the values above the lowest one, of which counts have most
        above = known[known > knots[0]]
        knots = np.unique(np.append(knots[0], np.quantile(above, np.linspace(0, 1, KNOTS))))
    encoded = []
    for column in (train, night):
        values = column.to_numpy(dtype=float)
        lacks = np.isnan(values)
        filled = np.where(lacks, knots[0] if len(knots) else 0.0, values)
        rises = [np.clip((filled - a) / (b - a), 0, 1) for a, b in pairwise(knots)]
        encoded.append(np.column_stack([*rises, lacks]).astype(np.float32))
    return tuple(encoded)


def _encode_text(train: "pd.Series[str]", night: "pd.Series[str]") -> tuple[npt.NDArray[np.float32], ...]:
    counts = train.value_counts()
    levels = counts.index[counts >= MIN_CATEGORY]
    return tuple(
        np.column_stack([*((column == level).to_numpy() for level in levels), column.isna()]).astype(np.float32)
        for column in (train, night)
    )


RIVALS: dict[str, Callable[[pd.DataFrame, npt.NDArray[np.int8], pd.DataFrame], Floats]] = {
    "lightgbm": predict_with_lightgbm,
    "logistic": predict_with_logistic,
}
