"""Rivals of the quality benchmark: trained on the same past, scored on the same test window."""

import importlib.util
import logging
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from leadlight.features.catalogue import Catalogue
from leadlight.models.candidates.baselines import convert_to_categorical, fit_lightgbm_baseline, fit_logistic_baseline

__all__ = ["RIVALS", "Answer", "Task", "automl", "calibrated_boosting", "naive_bayes"]

#: added to each count of wins and losses, as in Odoo
SMOOTHING = 0.1
#: bounds of naive Bayes probabilities, as in Odoo
MIN_PROBABILITY, MAX_PROBABILITY = 0.0001, 0.9999
#: quantile bins of numbers
BINS = 10
FOLDS = 5
#: most categories: scikit-learn's histograms have 255 bins, one of them for missing values
MAX_CATEGORIES = 250
#: package that each estimator of FLAML needs
PACKAGES = {"lgbm": "lightgbm", "xgboost": "xgboost", "xgb_limitdepth": "xgboost", "catboost": "catboost",
        "rf": "sklearn", "extra_tree": "sklearn", "histgb": "sklearn", "lrl1": "sklearn"}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """Task of a contestant.

    Parameters
    ----------
    train, test : pd.DataFrame
        Feature tables; duplicated rows count twice.
    won : ndarray of int, shape (len(train),)
        Labels of the training table.
    leads : ndarray, shape (len(train),)
        Lead of each training row, for grouped folds.
    catalogue : Catalogue
        Declared features in order.
    seconds : float
        Training and calibration time of Leadlight: the budget of a search.
    seed : int
        Seed.
    """

    train: pd.DataFrame
    won: np.ndarray
    leads: np.ndarray
    test: pd.DataFrame
    catalogue: Catalogue
    seconds: float
    seed: int


@dataclass(frozen=True)
class Answer:
    """Probabilities of the test table, and a note on the model."""

    probability: np.ndarray
    note: str = ""


def naive_bayes(task: Task, groups: tuple[str, ...] = ("fit", "engagement")) -> Answer:
    """Predict by naive Bayes, as in CRM systems.

    Follows Odoo's predictive lead scoring (addons/crm/models/crm_lead.py,
    ``_pls_get_naive_bayes_probabilities``): P(won) = S(won) / (S(won) + S(lost)), where S is the share of the
    class times, for each field, (count of the value in the class + 0.1) / (sum of these over all values).
    Missing fields and unseen values are skipped; the result is clipped to 0.01 and 99.99 percent. Odoo has
    categories only; here numbers are binned into ten quantiles.

    Parameters
    ----------
    task : Task
        Features and labels.
    groups : tuple of str
        Feature groups to use.
    """
    prior = np.log(task.won.mean()) - np.log1p(-task.won.mean())
    log_odds = np.full(len(task.test), prior)
    for feature in task.catalogue.features:
        if feature.group not in groups:
            continue
        before, after = task.train[feature.name], task.test[feature.name]
        if feature.kind == "number":
            before, after = _bin(before, after)
        counts = pd.crosstab(before, task.won).reindex(columns=[0, 1], fill_value=0) + SMOOTHING
        shares = np.log(counts / counts.sum())
        log_odds += after.map(shares[1] - shares[0]).astype(float).fillna(0.0).to_numpy()
    return Answer(np.clip(expit(log_odds), MIN_PROBABILITY, MAX_PROBABILITY))


def _bin(train: pd.Series, test: pd.Series) -> tuple[pd.Series, pd.Series]:
    known = train.dropna().to_numpy(dtype=float)
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else np.empty(0)
    before, after = (
        pd.Series(np.searchsorted(edges, side.to_numpy(dtype=float)), index=side.index).where(side.notna())
        for side in (train, test)
    )
    return before, after


def calibrated_boosting(task: Task) -> Answer:
    """Calibrate scikit-learn's histogram boosting with native categories; folds by lead."""
    before, after = convert_to_categorical(task.train, task.test, task.catalogue, MAX_CATEGORIES)
    folds = list(GroupKFold(FOLDS).split(before, task.won, task.leads))
    # scikit-learn 1.9 cannot bin a column that is empty in a fold
    known = [name for name in before if all(before[name].iloc[rows].notna().any() for rows, _ in folds)]
    before, after = before[known], after[known]
    boosting = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=task.seed)
    with threadpool_limits(1):  # its threads block each other on a busy machine
        model = CalibratedClassifierCV(boosting, cv=folds).fit(before, task.won)
    return Answer(model.predict_proba(after)[:, 1])


def automl(task: Task, rounds: int | None = None) -> Answer:
    """Run FLAML with log loss, folds by lead, and the training time of Leadlight as budget.

    Parameters
    ----------
    task : Task
        Features, labels and the budget.
    rounds : int, optional
        Limit of trials too. The order of learners still depends on the clock.
    """
    before, after = convert_to_categorical(task.train, task.test, task.catalogue)
    search = _import_automl()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(
            X_train=before,
            y_train=task.won,
            task="classification",
            metric="log_loss",
            estimator_list=[name for name, package in PACKAGES.items() if importlib.util.find_spec(package)],
            time_budget=task.seconds,
            max_iter=rounds,
            split_type="group",
            groups=pd.factorize(task.leads)[0],
            seed=task.seed,
            n_jobs=2,
            verbose=0,
            mlflow_logging=False,
        )
        probability = search.predict_proba(after)[:, 1]
    return Answer(np.asarray(probability, dtype=float), str(search.best_estimator))


def _import_automl() -> Any:
    """Import FLAML without XGBoost installed.

    FLAML refers to XGBoost at import (issue 1355 of microsoft/FLAML); a stub module replaces it meanwhile.
    """
    name = "xgboost"
    absent = importlib.util.find_spec(name) is None
    if absent:
        stub: Any = types.ModuleType(name)
        stub.__version__ = "0"
        stub.XGBRegressor, stub.XGBClassifier = DummyRegressor, DummyClassifier
        sys.modules[name] = stub
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from flaml.automl.automl import AutoML
    finally:
        if absent:
            del sys.modules[name]
    for logger in ("flaml", "flaml.automl", "flaml.automl.logger"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    return AutoML()


RIVALS: dict[str, Callable[[Task], Answer]] = {
    "constant": lambda t: Answer(np.full(len(t.test), t.won.mean())),
    "naive_bayes_fit": lambda t: naive_bayes(t, ("fit",)),
    "naive_bayes": naive_bayes,
    "plain_logistic": lambda t: Answer(fit_logistic_baseline(t.train, t.won, t.test, t.catalogue)),
    "default_lightgbm": lambda t: Answer(fit_lightgbm_baseline(t.train, t.won, t.test, t.catalogue)),
    "calibrated_boosting": calibrated_boosting,
    "automl": automl,
}
